"""A run goes on where its dataset has moved, and nowhere else."""

import dataclasses
import types

import numpy as np
import pytest

from musiczoo.data import dataset
from musiczoo.data.corpus import Piece
from musiczoo.errors import UserError
from musiczoo.music.score import Score
from musiczoo.runs import provenance, workdir
from tests import configs


def make_dataset(path, pitch):
  with dataset.creating(path) as (writer, _):
    notes = np.array([[0, 480, pitch, 80, 0]], np.int32)
    writer.add(Piece('a', Score(notes)), 'train')


def test_a_dataset_may_move_but_not_change(tmp_path, monkeypatch):
  make_dataset(tmp_path / 'before', 60)
  make_dataset(tmp_path / 'other', 61)
  run = tmp_path / 'run'
  (workdir.checkpoints(run) / '000000001').mkdir(parents=True)
  monkeypatch.setattr(workdir.checkpoint, 'steps', lambda folder: [1])
  config = configs.load(
    'tracks.py:lstm_events', [('corpus', str(tmp_path / 'before'))]
  )
  workdir.write_config(run, config)
  state = types.SimpleNamespace(params={'w': np.zeros(1)})
  provenance.note(run, 0, None, state, config.corpus)
  (tmp_path / 'before').rename(tmp_path / 'after')
  moved = dataclasses.replace(config, corpus=str(tmp_path / 'after'))
  workdir.check_same(run, moved)
  for other in (
    dataclasses.replace(config, corpus=str(tmp_path / 'other')),
    dataclasses.replace(config, corpus='chorales'),
    dataclasses.replace(moved, seed=1),
  ):
    with pytest.raises(UserError, match='holds another run'):
      workdir.check_same(run, other)
