"""A run goes on where its dataset has moved, and nowhere else."""

import dataclasses

import pytest

from musiczoo.errors import UserError
from musiczoo.runs import workdir
from tests import configs


def test_a_dataset_may_move_but_not_change(tmp_path):
  run = tmp_path / 'run'
  (workdir.checkpoints(run) / '000000001').mkdir(parents=True)
  config = configs.load(
    'tracks.py:lstm_events', [('corpus', str(tmp_path / 'before'))]
  )
  pieces = {'train': 'a' * 64}
  name = workdir.run_id(config, pieces)
  workdir.write_config(run, config, name, pieces)
  moved = dataclasses.replace(config, corpus=str(tmp_path / 'after'))
  assert workdir.check_same(run, moved, pieces) == name
  with pytest.raises(UserError, match='holds another run'):
    workdir.check_same(run, dataclasses.replace(moved, seed=1), pieces)
  for other in moved, config:
    with pytest.raises(UserError, match='holds another run|other pieces'):
      workdir.check_same(run, other, {'train': 'b' * 64})
