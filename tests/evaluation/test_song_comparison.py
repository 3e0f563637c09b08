"""New songs beside real ones: which are compared, and what comes out."""

import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.evaluation import song_comparison
from musiczoo.evaluation.metrics import METRICS, SONG_MEASURES
from musiczoo.evaluation.metrics.openings import opening
from musiczoo.music.score import Score, to_notes, Track

ROOT = pathlib.Path(__file__).parents[2]


def song(quarters, pitch=60):
  onset = 480 * np.arange(quarters)
  return Score(to_notes(onset, 480, pitch + onset % 7, 80, 0), (Track(0),))


def test_only_songs_with_an_opening_are_compared():
  found = song_comparison.real_openings([song(8), song(4), song(12)], bars=2)
  assert [len(score.notes) for score in found] == [8, 8]
  assert {score.resolution for score in found} == {12}


def test_too_few_real_songs_are_refused():
  with pytest.raises(UserError, match='^1 of the real songs'):
    song_comparison.real_openings([song(8), song(4)], bars=2)


def test_the_tables_have_all_figures_and_equal_songs_no_gap():
  songs = song_comparison.real_openings([song(8), song(8, 62)], bars=2)
  found = song_comparison.compare(songs, songs, bars=2)
  assert list(found) == ['songs', 'muspy', 'musegan']
  assert list(found['songs'].figures) == list(SONG_MEASURES)
  assert [*found['muspy'].figures, *found['musegan'].figures] == list(METRICS)
  assert len(found['muspy'].figures) == 14
  for gaps in found.values():
    assert gaps.mean == 0
    assert gaps.num_large == 0


def test_a_note_beyond_the_last_bar_is_cut_for_the_other_metrics():
  real = song_comparison.real_openings([song(8), song(8, 62)], bars=2)
  notes = to_notes([0, 0], [480 * 400, 480], [60, 64], 80, 0)
  long = opening(Score(notes, (Track(0),)), 2)
  found = song_comparison.compare(real, [long], bars=2)
  # Of eight quarters two pitches sound in one.
  assert found['muspy'].figures['polyphony'][1] == 9 / 8
  # Silence counts up to the last bar.
  short = Score(to_notes([0], 480, 60, 80, 0), (Track(0),))
  found = song_comparison.compare(real, [opening(short, 2)], bars=2)
  assert found['muspy'].figures['empty_measure_rate'][1] == 1 / 2


def test_the_summary_is_of_defined_gaps():
  gaps = song_comparison.Gaps(
    {'a': (0, 0, 1), 'b': (0, 0, 2), 'c': (0, 0, 3), 'd': (0, 0, math.nan)}
  )
  assert gaps.mean == 2
  assert gaps.num_large == 1  # More than two.
  assert math.isnan(song_comparison.Gaps({'d': (0, 0, math.nan)}).mean)


def benchmark(*arguments):
  return subprocess.run(
    [sys.executable, '-m', 'benchmarks.songs', *map(str, arguments)],
    cwd=ROOT,
    env=os.environ | {'PYTHONPATH': str(ROOT)},
    capture_output=True,
    text=True,
  )


def test_copies_are_of_what_the_model_was_trained_on(tmp_path):
  rng = np.random.default_rng(0)
  for folder, songs in ('real', 4), ('new', 2):
    (tmp_path / folder).mkdir()
    for number in range(songs):
      pitch = rng.integers(40, 80, 32 * 8)
      notes = to_notes(240 * np.arange(len(pitch)), 240, pitch, 80, 0)
      Score(notes).write(tmp_path / folder / f'{number}.mid')
  sides = f'--real={tmp_path}/real', f'--generated={tmp_path}/new'
  shares = []
  for train in (), (f'--train={tmp_path}/new',):
    file = tmp_path / 'songs.json'
    done = benchmark(*sides, *train, f'--json={file}')
    assert done.returncode == 0, done.stderr
    copies = json.loads(file.read_text())['figures']['new']['bar_copies']
    shares.append(copies['generated'][0])
  assert shares[0] < 0.1 and shares[1] == 1


def test_the_benchmark_of_small_songs(tmp_path):
  done = benchmark('--tiny', f'--json={tmp_path}/songs.json')
  assert (done.returncode, done.stderr) == (0, '')
  receipt = json.loads((tmp_path / 'songs.json').read_text())
  assert receipt['command'].startswith('python -m benchmarks.songs --tiny')
  figures = receipt['figures']
  assert figures['songs'] == 12
  assert figures['longest_note'] == 0.5
  found = figures['generated']
  assert found['pieces'] == 4
  assert found['safety']['hanging_notes'] == 0
  assert found['safety']['most_tracks'] == 3
  assert found['safety']['other_instruments'] == {}
  assert set(found['bar_copies']) == {'generated', 'held_out'}
  assert found['songs']['figures']['notes_per_bar'] == {
    'real': 24,
    'generated': 24,
    'gap': 0,
  }
  assert 'mean gap' in done.stdout


def test_the_benchmark_refuses_what_it_cannot_do(tmp_path):
  done = benchmark(f'--real={tmp_path}')
  assert done.returncode == 2
  assert 'give --real=SONGS and --generated=FOLDERS, or --tiny' in done.stderr
