"""A workdir becomes a folder, and the folder becomes music, by itself."""

import os
import subprocess
import sys

import jax
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.export import weights
from musiczoo.export.files import files
from musiczoo.music import midi
from musiczoo.runs import workdir
from musiczoo.sampling import generate
from musiczoo.sampling.checks import check_controls
from musiczoo.show import outputs
from musiczoo.training import checkpoint
from musiczoo.training.step import TrainState
from tests.experiments.commands import ROOT, run
from tests.export.models import build_tiny

RUN = ['--num_outputs=2', '--num_steps=24', '--seed=5']


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
  """(folder, config, system, params) of a tiny model, exported by command."""
  config, pipeline, params = build_tiny('chorales.py:lstm_events')
  folder = tmp_path_factory.mktemp('exported')
  zero = np.array(7, np.int32)
  state = TrainState(zero, params, None, {'none': zero}, np.zeros(2, np.uint32))
  metrics = {'monitored': 1.5, 'valid_nll_per_event': 1.5}
  checkpoint.save(
    workdir.checkpoints(folder / 'run'), state, config.to_dict(), metrics
  )
  answer = run(
    'export', f'--workdir={folder / "run"}', f'--output_dir={folder / "out"}'
  )
  assert answer.returncode == 0, answer.stderr
  return folder / 'out', config, pipeline, params


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
  """A place from which musiczoo and flax can't be imported."""
  folder = tmp_path_factory.mktemp('alone')
  for name in 'musiczoo', 'flax', 'optax', 'orbax', 'safetensors':
    (folder / f'{name}.py').write_text('raise ImportError(__name__)\n')
  return folder


def play(folder, alone, *arguments):
  return subprocess.run(
    [sys.executable, str(folder / 'play.py'), *arguments],
    cwd=alone,
    env=os.environ | {'PYTHONPATH': str(alone)},
    capture_output=True,
    text=True,
    timeout=300,
  )


def test_play_writes_the_music_of_generate(exported, alone, tmp_path):
  folder, _, pipeline, params = exported
  answer = play(
    folder, alone, *RUN, f'--output_dir={tmp_path / "play"}', '--top_k=40'
  )
  assert answer.returncode == 0, answer.stderr
  controls = check_controls(
    pipeline, temperature=1.0, top_k=40, top_p=1.0, min_p=0.0
  )
  written = generate.generate(
    pipeline, params, num_outputs=2, num_steps=24, seed=5, controls=controls
  )
  outputs.write_scores(written.scores, tmp_path, title='')
  assert any(len(score.notes) for score in written.scores)
  for name in '000.mid', '001.mid':
    ours, theirs = (midi.read(p / name) for p in (tmp_path / 'play', tmp_path))
    np.testing.assert_array_equal(ours.notes, theirs.notes)
    assert ours.tracks == theirs.tracks
    np.testing.assert_array_equal(ours.tempi, theirs.tempi)


def test_the_same_bytes_again(exported):
  """Here, in another process, with all that JAX knew forgotten."""
  folder, config, pipeline, params = exported
  jax.clear_caches()
  made = files(
    config, pipeline, params, step=7, figures={'valid_nll_per_event': 1.5}
  )
  assert sorted(made) == sorted(p.name for p in folder.iterdir())
  for name, content in made.items():
    assert (folder / name).read_bytes() == content, name
    assert str(ROOT).encode() not in content, name


def test_a_flipped_byte_is_caught(exported, alone, tmp_path):
  folder, *_ = exported
  names = [p.name for p in folder.iterdir() if p.name != 'play.py']
  for name in names:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 4
    damaged = tmp_path / name
    damaged.mkdir()
    for file in folder.iterdir():
      (damaged / file.name).symlink_to(file)
    (damaged / 'play.py').unlink()
    (damaged / 'play.py').write_bytes((folder / 'play.py').read_bytes())
    (damaged / name).unlink()
    (damaged / name).write_bytes(content)
    answer = play(damaged, alone, *RUN, f'--output_dir={tmp_path / "no"}')
    assert answer.returncode == 2, name
    assert len(answer.stderr.splitlines()) == 1
    assert 'damaged: copy the folder once more' in answer.stderr
  assert not (tmp_path / 'no').exists()


@pytest.mark.parametrize(
  'arguments,message',
  [
    (['--output_dir=x', '--num_steps=0'], '--num_steps=0: give 1 to 65536'),
    (['--output_dir=x', '--top_p=1.5'], '--top_p=1.5: give'),
    (['--output_dir=x', '--temperature=warm'], "invalid float value: 'warm'"),
    ([], '--output_dir'),
    (['--output_dir=/dev/null/x'], '/dev/null/x'),
  ],
)
def test_play_refuses_in_one_line(exported, alone, arguments, message):
  answer = play(exported[0], alone, *arguments)
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1
  assert message in answer.stderr


def test_an_earlier_export_is_replaced_as_a_whole(exported, tmp_path):
  for path in exported[0].iterdir():
    (tmp_path / path.name).write_bytes(path.read_bytes())
  (tmp_path / 'notes.txt').write_text('of the user')
  answer = run(
    'export',
    f'--workdir={exported[0].parent / "run"}',
    f'--output_dir={tmp_path}',
    '--noonnx',
  )
  assert answer.returncode == 0, answer.stderr
  before = {path.name for path in exported[0].iterdir()}
  now = {path.name for path in tmp_path.iterdir()}
  assert 'model.onnx' in before
  assert now == before - {'model.onnx'} | {'notes.txt'}


def test_play_names_what_is_not_installed(exported, tmp_path):
  (tmp_path / 'mido.py').write_text(
    'raise ImportError("No module named mido")\n'
  )
  answer = play(exported[0], tmp_path, '--output_dir=x')
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1
  assert 'No module named mido' in answer.stderr


@pytest.mark.parametrize(
  'arguments,message',
  [
    ([], '--workdir is missing'),
    (['--workdir=x'], '--output_dir is missing'),
    (['--workdir=/dev/null/x', '--output_dir=/dev/null/y'], 'another folder'),
  ],
)
def test_export_refuses_in_one_line(arguments, message):
  answer = run('export', *arguments)
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1
  assert message in answer.stderr


def test_a_missing_extra_is_named(monkeypatch):
  monkeypatch.setitem(sys.modules, 'safetensors', None)
  with pytest.raises(UserError, match=r"pip install 'musiczoo\[export\]'"):
    weights.to_bytes({})
