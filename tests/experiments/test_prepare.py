"""`experiments.prepare` as a user meets it."""

import importlib.util
import os
import signal
import sys
import time

import numpy as np
import pytest

from musiczoo.data import prepare
from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.score import Score
from tests.experiments.commands import run, start


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """Twelve songs, and a file that is no music inside."""
  folder = tmp_path_factory.mktemp('in') / 'music'
  folder.mkdir()
  rng = np.random.default_rng(0)
  for i in range(12):
    notes = [(9 * j, 9, int(rng.integers(40, 80)), 80, 0) for j in range(9)]
    midi.write(Score(np.array(notes, np.int32)), folder / f'{i}.mid')
  (folder / 'noise.mid').write_bytes(b'noise')
  return folder


def test_it_says_what_it_did_and_what_to_type_next(folder, tmp_path):
  answer = run('prepare', f'--input={folder}', f'--output={tmp_path / "d"}')
  assert answer.returncode == 0, answer.stderr
  assert answer.stderr == ''
  said = dict(line.split(None, 1) for line in answer.stdout.splitlines()[1:])
  assert (said['kept'], said['repaired'], said['rejected']) == ('12', '0', '1')
  assert said['reasons'] == '1 not_midi'
  assert said['pieces'].startswith('12: ')
  # Nine ticks of 480 to a quarter are on none of the grids.
  assert said['grid'] == 'none fits'
  assert said['steps'] == 'none: no piece fits a grid'
  assert said['free'] == (
    '12 pieces that fit no grid, as if played freely: 0.mid, 1.mid, 10.mid, ...'
  )
  assert f'--config.corpus={tmp_path / "d"} ' in said['next']


def test_the_summary_names_the_grid_and_its_flag(tmp_path):
  notes = [(160 * i, 100, 60 + i % 5, 80, 0) for i in range(60)]
  midi.write(Score(np.array(notes, np.int32)), tmp_path / 'a.mid')
  answer = run(
    'prepare', f'--input={tmp_path / "a.mid"}', f'--output={tmp_path / "d"}'
  )
  assert answer.returncode == 0, answer.stderr
  said = dict(line.split(None, 1) for line in answer.stdout.splitlines()[1:])
  assert said['steps'] == (
    '--config.representation.steps_per_quarter=12 keeps the onsets '
    '(33.3% at 4, 100.0% at 12, 100.0% at 24)'
  )


@pytest.mark.parametrize(
  'arguments,message',
  [
    ([], '--input is missing'),
    (['--input=absent', '--output=d'], 'absent: no such folder'),
    (['--input=README.md', '--output=d'], 'README.md: is no sound zip'),
    (['--input=musiczoo', '--output=d'], 'files is music'),
    (['--input=IN', '--output=tests'], 'holds something else'),
    (['--input=IN', '--output=d', '--max_bytes=9'], '[bytes]'),
    (['--input=IN', '--output=d', '--engine=x'], 'local|ray'),
    (['--input=IN', '--output=d', '--workers=0'], '--workers'),
  ],
)
def test_a_slip_is_answered_in_one_line(folder, tmp_path, arguments, message):
  arguments = [
    a.replace('IN', str(folder)).replace('=d', f'={tmp_path}/d')
    for a in arguments
  ]
  answer = run('prepare', *arguments)
  assert answer.returncode == 2
  assert answer.stdout == ''
  assert len(answer.stderr.splitlines()) == 1, answer.stderr
  assert message in answer.stderr
  assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing(tmp_path, number):
  source = tmp_path / 'in'
  source.mkdir()
  data = midi.to_bytes(
    Score(np.full((20000, 5), 1, np.int32) * [(9, 1, 60, 80, 0)])
  )
  for i in range(400):
    (source / f'{i}.mid').write_bytes(data)
  process = start(
    'prepare',
    f'--input={source}',
    f'--output={tmp_path / "d"}',
    start_new_session=True,
  )
  deadline = time.monotonic() + 60
  while not list(tmp_path.glob('.d.*')) and time.monotonic() < deadline:
    time.sleep(0.01)
  time.sleep(0.1)  # Its children are starting.
  os.killpg(process.pid, number)  # As a terminal does: its children, too.
  _, errors = process.communicate(timeout=60)
  assert process.returncode == 128 + number, errors
  assert errors == 'stopped: nothing was written\n'
  assert [path.name for path in tmp_path.iterdir()] == ['in']


@pytest.mark.skipif(
  not importlib.util.find_spec('ray'), reason='the extra ray is missing'
)
def test_ray_gives_the_same_bytes(folder, tmp_path):
  for engine in ('local', 'ray'):
    answer = run(
      'prepare',
      f'--input={folder}',
      f'--output={tmp_path / engine}',
      f'--engine={engine}',
    )
    assert answer.returncode == 0, answer.stderr
  for path in sorted((tmp_path / 'local').iterdir()):
    assert path.read_bytes() == (tmp_path / 'ray' / path.name).read_bytes()


def test_ray_is_imported_for_no_one_else(folder, tmp_path):
  before = 'ray' in sys.modules
  prepare.prepare(folder, tmp_path / 'd')
  assert ('ray' in sys.modules) == before


def test_without_ray_the_extra_is_named(folder, tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'ray', None)
  with pytest.raises(UserError, match="the extra 'ray'"):
    prepare.prepare(folder, tmp_path / 'd', engine='ray')
  assert not list(tmp_path.iterdir())
