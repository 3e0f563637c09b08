"""`benchmarks.recombine`: many distinct songs from a handful.

And `benchmarks.at_scale`, what they cost.
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from musiczoo.data import prepare
from musiczoo.music import midi
from musiczoo.music.score import Score, Track

ROOT = pathlib.Path(__file__).parents[1]


def song(seed, bars=10):
  """Quarter notes on two tracks, in 4/4."""
  rng = np.random.default_rng(seed)
  notes = [
    (480 * i, 480, int(rng.integers(40, 80)), 80, track)
    for i in range(4 * bars)
    for track in range(2)
  ]
  return Score(
    np.array(notes, np.int32),
    (Track(program=seed), Track(drums=True)),
    tempi=np.array([(0, 400_000 + seed)], np.int32),
    meters=np.array([(0, 4, 4)], np.int32),
  )


def recombine(songs, output, *flags):
  return subprocess.run(
    [
      *(sys.executable, '-m', 'benchmarks.recombine'),
      *(f'--input={songs}', f'--output={output}', *flags),
    ],
    cwd=ROOT,
    capture_output=True,
    text=True,
  )


@pytest.fixture(scope='module')
def songs(tmp_path_factory):
  folder = tmp_path_factory.mktemp('songs')
  for seed in range(5):
    midi.write(song(seed), folder / f'{seed}.mid')
  return folder


@pytest.fixture(scope='module')
def made(songs, tmp_path_factory):
  output = tmp_path_factory.mktemp('made') / 'files'
  done = recombine(songs, output, '--num_files=1001', '--workers=1')
  assert done.returncode == 0, done.stderr
  return output


def test_no_folder_has_more_than_a_thousand_files(made):
  assert {p.name: len([*p.iterdir()]) for p in made.iterdir()} == {
    '0000': 1000,
    '0001': 1,
  }


def test_files_are_distinct_pieces(made, tmp_path):
  few = tmp_path / 'few'
  few.mkdir()
  for path in sorted(made.rglob('*.mid'))[:100]:
    (few / path.name).write_bytes(path.read_bytes())
  report = prepare.prepare(few, tmp_path / 'dataset')
  assert report['files'] == report['kept'] == 100
  assert report['pieces'] >= 95


def test_tracks_are_cuts_of_tracks_of_the_songs(made):
  scores = [song(seed) for seed in range(5)]
  pitches = [
    [s.notes[s.notes[:, 4] == track, 2].tolist() for track in range(2)]
    for s in scores
  ]
  tempi = {int(s.tempi[0, 1]) for s in scores}
  for path in sorted(made.rglob('*.mid'))[:50]:
    score = midi.read(path)
    assert int(score.tempi[0, 1]) in tempi
    assert score.meters.tolist() == [[0, 4, 4]]
    assert 2 <= len(score.tracks) <= 4
    for index, track in enumerate(score.tracks):
      notes = score.notes[score.notes[:, 4] == index]
      own = slice(track.program, track.program + 1)
      source = pitches if track.drums else pitches[own]
      found = notes[:, 2].tolist()
      assert any(
        of[track.drums][4 * bar :][: len(found)] == found
        for of in source
        for bar in range(10)
      )


def test_a_file_depends_on_its_number_and_the_seed_alone(songs, made, tmp_path):
  recombine(songs, tmp_path / 'a', '--num_files=60', '--workers=2')
  for path in (tmp_path / 'a').rglob('*.mid'):
    same = made / path.relative_to(tmp_path / 'a')
    assert path.read_bytes() == same.read_bytes()
  recombine(songs, tmp_path / 'b', '--num_files=1', '--seed=1')
  name = '0000/000000.mid'
  assert (tmp_path / 'b' / name).read_bytes() != (made / name).read_bytes()


def test_what_cannot_be_done_is_named(songs, tmp_path):
  short = tmp_path / 'short'
  short.mkdir()
  midi.write(song(0, bars=7), short / 'a.mid')
  done = recombine(short, tmp_path / 'o')
  assert done.returncode == 2
  assert 'no song has 8 bars' in done.stderr
  assert len(done.stderr.splitlines()) == 1
  done = recombine(songs, songs, '--num_files=1')
  assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
  assert 'is there already' in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='memory is read in /proc')
def test_time_and_memory_of_many_files_are_measured(songs, tmp_path):
  done = subprocess.run(
    [
      *(sys.executable, '-m', 'benchmarks.at_scale', f'--input={songs}'),
      *(f'--scratch={tmp_path / "scratch"}', f'--json={tmp_path / "r.json"}'),
      *('--num_files=60', '--steps=1'),
    ],
    cwd=ROOT,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr
  figures = json.loads((tmp_path / 'r.json').read_text())['figures']
  assert figures['files'] == 60
  assert figures['pieces'] >= 57
  for stage in ('recombine', 'prepare', 'train'):
    measured = figures[stage]
    # An interpreter with NumPy takes more than 20 MB, none of this 2 GB.
    assert 20 < measured['peak_mb_anonymous'] <= measured['peak_mb'] < 2000
    assert measured['seconds'] > 0
