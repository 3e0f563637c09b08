"""Copies planted and counted by hand, and the real sets' known shares."""

import os
import pathlib

import numpy as np
import pytest

from musiczoo.data import corpora
from musiczoo.evaluation import novelty
from musiczoo.evaluation.novelty import copies


def notes(*pitches: int) -> np.ndarray:
  """A roll of one key a frame; -1 is silence."""
  x = np.zeros((len(pitches), 88), np.uint8)
  for frame, pitch in enumerate(pitches):
    if pitch >= 0:
      x[frame, pitch] = 1
  return x


def noise(seed: int, steps: int) -> np.ndarray:
  """Frames of up to four keys that never occur twice, at least ten from the ends."""
  keys = np.random.default_rng(seed).integers(10, 78, (steps, 4))
  x = np.zeros((steps, 88), np.uint8)
  np.put_along_axis(x, keys, 1, axis=1)
  return x


def report(train, pieces):
  return novelty.find_copies(train, new=pieces)['new']


def test_a_planted_copy_is_found_and_named():
  train = [noise(i, 100 + i) for i in range(5)]
  new = [noise(10, 64), noise(11, 64)]
  new[1][20:43] = train[3][50:73]
  found = report(train, new)
  copy = {
    'frames': 23,
    'piece': 1,
    'start': 20,
    'source': 3,
    'source_start': 50,
    'semitones': 0,
  }
  assert found['longest_verbatim'] == found['longest_transposed'] == copy
  assert found['verbatim_4'] == 20 / (2 * 61)
  assert found['verbatim_8'] == 16 / (2 * 57)
  assert found['transposed_16'] == 8 / (2 * 49)
  # Of two pieces drawn anew, both may be the one without a copy, or that with it.
  assert found['transposed_16_interval'] == [0, 8 / 49]


@pytest.mark.parametrize('semitones', [-5, 7])
def test_a_transposed_copy_is_found_with_its_shift(semitones):
  train, new = [noise(0, 90), noise(1, 90)], [noise(2, 40)]
  source = train[1][11:41]
  source[3] = 0  # A rest stays a rest.
  new[0][5:35] = np.roll(source, semitones, axis=1)
  found = report(train, new)
  assert found['longest_transposed'] == {
    'frames': 30,
    'piece': 0,
    'start': 5,
    'source': 1,
    'source_start': 11,
    'semitones': semitones,
  }
  assert found['transposed_16'] == 15 / 25
  assert found['verbatim_4'] == 0
  assert found['longest_verbatim'] is None


def test_the_frames_of_a_transposed_copy_share_one_shift():
  # Both halves are in train, at shifts that differ.
  found = report([notes(40, 42, 44, 45)], [notes(50, 52, 55, 56)])
  assert found['longest_transposed']['frames'] == 2
  assert found['transposed_4'] == 0


def test_silence_never_counts():
  silence = notes(*[-1] * 20)
  found = report([silence], [silence])
  assert found['verbatim_8'] == found['transposed_8'] == 0
  assert found['longest_verbatim'] is found['longest_transposed'] is None
  # Of the windows of four, three have the note, and the first is new.
  train, new = notes(*[-1] * 9, 50, -1, -1), notes(50, *[-1] * 3, 50, -1, -1)
  found = report([train], [new])
  assert found['verbatim_4'] == 3 / 4


def test_no_window_runs_from_one_piece_into_the_next():
  halves = [notes(40, 41), notes(42, 43)]
  whole = [notes(40, 41, 42, 43)]
  assert report(halves, whole)['longest_verbatim']['frames'] == 2
  assert report(whole, halves)['verbatim_4'] == 0


def test_pieces_shorter_than_a_window_or_empty():
  found = report([notes(), notes(40)], [notes(), notes(40, 41)])
  assert found['verbatim_4'] == 0
  span = found['longest_verbatim']
  assert (span['source'], span['piece'], span['frames']) == (1, 1, 1)
  assert report([notes(40)], [notes()])['longest_verbatim'] is None


def small_pieces(rng) -> list[np.ndarray]:
  """A few short pieces of few distinct frames, so that many windows meet."""
  pieces = []
  for steps in rng.integers(0, 24, rng.integers(1, 4)):
    # Frames are held and come back, as in music.
    when = np.sort(rng.integers(0, max(steps, 1), steps)) % 16
    x = np.pad(rng.integers(0, 2, (steps, 3), np.uint8), [(0, 0), (80, 5)])
    pieces.append(x[when])
  return pieces


def spans(x: np.ndarray, k: int, transposed: bool) -> list:
  """The windows of k frames that sound, as tuples, lowest pitch first."""
  frames = [tuple(np.flatnonzero(row).tolist()) for row in x]
  found = []
  for i in range(len(frames) - k + 1):
    window = frames[i : i + k]
    pitches = [p for frame in window for p in frame]
    if pitches:
      low = min(pitches) if transposed else 0
      found.append(tuple(tuple(p - low for p in frame) for frame in window))
  return found


@pytest.mark.parametrize('seed', range(20))
def test_equal_to_comparing_windows_one_by_one(seed):
  compare_one_by_one(seed)


@pytest.mark.parametrize('seed', range(20))
def test_the_same_if_training_pieces_come_in_blocks(seed, monkeypatch):
  whole = compare_one_by_one(seed)
  monkeypatch.setattr(copies, '_BLOCK', 1)
  assert compare_one_by_one(seed) == whole


def test_training_pieces_are_taken_one_after_another(monkeypatch):
  monkeypatch.setattr(copies, '_BLOCK', 100)
  taken = []

  def train():
    for i in range(20):
      taken.append(noise(i, 60))
      yield taken[-1]

  looked_at, search = [], copies._search

  def count(known, *more):
    looked_at.append(len(taken))
    return search(known, *more)

  monkeypatch.setattr(copies, '_search', count)
  found = novelty.find_copies(train(), a=[noise(3, 60)], b=[noise(18, 60)])
  assert looked_at == [n for n in range(2, 21, 2) for _ in range(4)]
  for name, source in ('a', 3), ('b', 18):
    assert found[name]['verbatim_8'] == 1
    assert found[name]['longest_verbatim']['source'] == source


def compare_one_by_one(seed):
  rng = np.random.default_rng(seed)
  train, new = small_pieces(rng), small_pieces(rng)
  found = report(train, new)
  for kind in 'verbatim', 'transposed':
    longest = 0
    for k in range(1, 25):
      known = {w for x in train for w in spans(x, k, kind == 'transposed')}
      windows = [w for x in new for w in spans(x, k, kind == 'transposed')]
      copied = [w in known for w in windows]
      longest = k if any(copied) else longest
      if k in novelty.WINDOWS:
        share = np.mean(copied) if copied else 0
        assert found[f'{kind}_{k}'] == share
    span = found[f'longest_{kind}']
    assert (span['frames'] if span else 0) == longest
    if span:
      new_span = new[span['piece']][span['start'] :][:longest]
      source = train[span['source']][span['source_start'] :][:longest]
      transposed = kind == 'transposed'
      assert spans(new_span, longest, transposed) == spans(
        source, longest, transposed
      )
  return found


@pytest.mark.skipif(
  'MUSICZOO_DATA' not in os.environ,
  reason='MUSICZOO_DATA names no folder with benchmarks/*.npz',
)
@pytest.mark.parametrize(
  'name, k8, k16',
  [('jsb_quarter', 0.0115, 0.0006), ('nottingham_roll', 0.140, 0.028)],
)
def test_the_real_test_splits(name, k8, k16):
  folder = pathlib.Path(os.environ['MUSICZOO_DATA'])
  splits = corpora.load(str(folder / 'benchmarks' / f'{name}.npz'))
  train, test = ([p.x for p in splits[s]] for s in ('train', 'test'))
  found = report(train, test)
  assert found['verbatim_8'] == pytest.approx(k8, rel=0.02)
  assert found['verbatim_16'] == pytest.approx(k16, rel=0.1)
