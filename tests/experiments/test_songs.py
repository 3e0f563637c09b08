"""A folder of songs from end to end: train, evaluate, write, fill in, accompany."""

import json

import numpy as np
import pytest

from musiczoo.music import midi
from musiczoo.music.score import ONSET, Score, TRACK, Track
from tests.experiments.commands import run

TINY = (
  '--config.steps=4',
  '--config.batch_size=2',
  '--config.window=64',
  '--config.model.hidden=8',
  '--config.head.hidden=8',
  '--config.head.features=8',
  '--config.eval_every=4',
  '--config.checkpoint_every=4',
)


def song(seed):
  rng = np.random.default_rng(seed)
  notes = []
  for bar in range(6):
    start = 1920 * bar
    notes += [(start + 480 * i, 400, 40 + seed + i, 80, 0) for i in range(4)]
    notes += [(start + 960 * i, 60, 36, 90, 1) for i in range(2)]
    notes += [
      (start + 480 * i, 460, 60 + int(rng.integers(12)), 77, 2)
      for i in range(4)
    ]
  tracks = Track(33, name='Low'), Track(0, drums=True), Track(73, name='Flute')
  return Score(np.array(notes, np.int32), tracks)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
  folder = tmp_path_factory.mktemp('songs')
  for seed in range(6):
    song(seed).write(folder / f'{seed}.mid')
  workdir = folder / 'run'
  answer = run(
    'train',
    '--config=experiments/configs/tracks.py:gru_compound',
    f'--config.corpus={folder}',
    f'--workdir={workdir}',
    *TINY,
  )
  assert answer.returncode == 0, answer.stderr
  return folder, workdir


@pytest.mark.slow
def test_songs_from_a_folder(trained, tmp_path):
  folder, workdir = trained
  figures = tmp_path / 'figures.json'
  answer = run('evaluate', f'--workdir={workdir}', f'--json={figures}')
  assert answer.returncode == 0, answer.stderr
  found = json.loads(figures.read_text())
  ratio = found['rows_per_note']
  assert found['nll_per_note'] == pytest.approx(ratio * found['nll_per_row'])
  answer = run(
    'generate',
    f'--workdir={workdir}',
    f'--output_dir={tmp_path / "new"}',
    '--instruments=drums,piano',
    '--num_outputs=2',
    '--num_steps=96',
  )
  assert answer.returncode == 0, answer.stderr
  for path in (tmp_path / 'new').glob('*.mid'):
    for track in midi.read(path.read_bytes()).tracks:
      assert track.drums or track.program == 0


@pytest.mark.slow
def test_bars_are_filled_in_and_the_rest_stays(trained, tmp_path):
  folder, workdir = trained
  answer = run(
    'generate',
    f'--workdir={workdir}',
    f'--output_dir={tmp_path}',
    f'--infill_midi={folder / "0.mid"}',
    '--infill_bars=2:3',
    '--infill_tracks=Flute',
    '--num_outputs=1',
  )
  assert answer.returncode == 0, answer.stderr
  given, made = (
    Score.read(path) for path in (folder / '0.mid', tmp_path / '000.mid')
  )
  new = (made.notes[:, ONSET] >= 1920) & (made.notes[:, ONSET] < 3 * 1920)
  flute = [track.name for track in made.tracks].index('Flute')
  kept = made.notes[~(new & (made.notes[:, TRACK] == flute))]
  old = (given.notes[:, ONSET] >= 1920) & (given.notes[:, ONSET] < 3 * 1920)
  flute = [track.name for track in given.tracks].index('Flute')
  expected = given.notes[~(old & (given.notes[:, TRACK] == flute))]
  np.testing.assert_array_equal(kept[:, :4], expected[:, :4])


@pytest.mark.slow
@pytest.mark.parametrize(
  'arguments, message',
  [
    (['--infill_tracks=Flute'], 'belongs to --infill_midi'),
    (['--instruments=kazoo'], "no instrument 'kazoo'"),
    (['--forbid=parallels'], 'cannot be used'),
  ],
)
def test_what_is_asked_for_in_vain(trained, tmp_path, arguments, message):
  _, workdir = trained
  answer = run(
    'generate', f'--workdir={workdir}', f'--output_dir={tmp_path}', *arguments
  )
  assert answer.returncode == 2
  assert message in answer.stderr and answer.stderr.count('\n') == 1


@pytest.mark.slow
def test_an_export_is_refused_in_a_line(trained, tmp_path):
  _, workdir = trained
  answer = run('export', f'--workdir={workdir}', f'--output_dir={tmp_path}')
  assert answer.returncode == 2
  assert 'cannot be exported' in answer.stderr
