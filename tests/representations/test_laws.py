"""What holds for every representation, over Scores and arrays of any sort."""

import inspect

from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as npst
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.quantize import quantize
from musiczoo.music.score import (
  canonical,
  DURATION,
  equal,
  ONSET,
  PITCH,
  pitched,
  VELOCITY,
)
from musiczoo.music.transform import transpose
from musiczoo.representations import OF_SCORES, pianoroll
from tests.strategies import scores

everyone = pytest.mark.parametrize('name', OF_SCORES)
grids = st.sampled_from([1, 3, 4, 12])
quick = settings(max_examples=60, deadline=None)


def build(name, grid=4):
  return OF_SCORES[name](steps_per_quarter=grid)


def arrays(representation):
  """Any integers of the right shape, most of them within the depth."""
  depth = {'voices': 2 * representation.spec.depth, 'bits': 2}.get(
    representation.spec.kind, representation.spec.depth
  )
  dtype = representation.spec.dtype
  limits = np.iinfo(dtype)
  elements = st.integers(0, depth - 1) | st.integers(limits.min, limits.max)
  shapes = st.integers(0, 60).map(lambda t: (t, *representation.spec.shape))
  # Half of the cells are copies of one, or nothing would ever be held.
  return npst.arrays(dtype, shapes, elements=elements, fill=elements)


@everyone
@quick
@given(data=st.data(), score=scores(max_onset=400), grid=grids)
def test_decoding_gives_what_projection_says(name, data, score, grid):
  r = build(name, grid)
  there_and_back = r.decode(r.encode(score))
  projected = r.project(quantize(score, grid))
  assert equal(there_and_back, projected)
  assert equal(r.project(projected), projected)
  assert projected.resolution == grid


@pytest.mark.parametrize('name', ['voices', 'pianoroll', 'tracks'])
@quick
@given(score=scores(max_onset=100))
def test_sounding_pitches_are_those_of_the_score(name, score):
  r = build(name)
  options = inspect.signature(OF_SCORES[name]).parameters
  low = options['low'].default if 'low' in options else pianoroll.LOW
  x = np.asarray(r.encode(score))
  notes = r.decode(x)
  notes = notes.notes[pitched(notes)]
  sounds = np.zeros((len(x), 128), bool)
  for onset, pitch, duration in notes[:, [ONSET, PITCH, DURATION]]:
    sounds[onset : onset + duration, pitch - low] = True
  found = r.spec.sounds(x)
  np.testing.assert_array_equal(found, sounds[:, : found.shape[1]])
  assert not sounds[:, found.shape[1] :].any()


@everyone
@quick
@given(score=scores(max_onset=400), grid=grids)
def test_codes_are_as_described(name, score, grid):
  r = build(name, grid)
  stored = r.encode(score)
  x = np.asarray(stored)  # Which may have been sparse.
  assert x.dtype == stored.dtype == r.spec.dtype
  assert x.shape == stored.shape == (len(stored), *r.spec.shape)
  symbols = {
    'bits': 1,
    'tokens': r.spec.depth - 1,
    'compound': r.spec.depth - 1,
    'voices': 2 * r.spec.depth - 1,
  }
  first = x[:, 0] if r.spec.kind == 'compound' else x  # The places of rows.
  assert np.all(x >= 0) and np.all(first <= symbols[r.spec.kind])


@everyone
@quick
@given(score=scores(max_onset=400), grid=grids)
def test_canonical_arrays_come_back(name, score, grid):
  r = build(name, grid)
  x = r.encode(score)
  np.testing.assert_array_equal(r.encode(r.decode(x)), x)


@everyone
@quick
@given(data=st.data())
def test_any_array_is_a_legal_score(name, data):
  r = build(name)
  x = data.draw(arrays(r))
  score = r.decode(x)
  assert equal(canonical(score), score)
  onset, duration, pitch, velocity, track = score.notes.T
  assert np.all(onset >= 0) and np.all(duration >= 1)
  assert np.all((pitch >= 0) & (pitch <= 127))
  assert np.all((velocity >= 1) & (velocity <= 127))
  assert set(track) == set(range(len(score.tracks)))
  # What is illegal in some other way, the writer refuses.
  assert equal(midi.read(midi.to_bytes(score), pedal=False), score)
  np.testing.assert_array_equal(
    r.encode(r.decode(r.encode(score))), r.encode(score)
  )


@everyone
@quick
@given(score=scores(max_onset=100), part=st.floats(0, 1))
def test_transposition_of_arrays_is_that_of_scores(name, score, part):
  r = build(name)
  x = r.encode(score)
  down, up = r.transpose_range(x)
  assert down >= 0 and up >= 0
  for semitones in (-down, up, int(part * up)):
    moved = r.transpose(x, semitones)
    assert moved.dtype == x.dtype
    assert equal(r.decode(moved), transpose(r.decode(x), semitones))


@everyone
@quick
@given(score=scores(max_onset=100))
def test_there_is_no_more_room_than_that(name, score):
  r = build(name)
  x = r.encode(score)
  kept = r.decode(x)
  down, up = r.transpose_range(x)
  if (down, up) == (0, 0):
    return
  for semitones in (-down - 1, up + 1):
    try:
      beyond = transpose(kept, semitones)
    except ValueError:
      continue
    assert len(r.decode(r.encode(beyond)).notes) < len(kept.notes)


@pytest.mark.parametrize('name', [n for n in OF_SCORES if n != 'compound'])
@quick
@given(
  score=scores(max_onset=100),
  tempo=st.floats(0.1, 10),
  velocity=st.integers(-40, 40),
)
def test_varied_music_is_played_otherwise_and_else_the_same(
  name, score, tempo, velocity
):
  r = build(name)
  x = r.encode(score)
  kept = r.decode(x)
  if r.augment_performance is None:
    # There is nothing to vary.
    assert not len(kept.tempi) and len(set(kept.notes[:, VELOCITY])) <= 1
    return
  np.testing.assert_array_equal(r.augment_performance(x, 1.0, 0), x)
  varied = r.augment_performance(x, tempo, velocity)
  assert varied.dtype == x.dtype and len(varied) == len(x)
  np.testing.assert_array_equal(x, r.encode(score))  # As it was.
  new = r.decode(varied)
  np.testing.assert_array_equal(r.encode(new), varied)
  before, after = kept.notes[:, VELOCITY], new.notes[:, VELOCITY]
  tempi = np.clip(np.rint(kept.tempi[:, 1] * tempo), 1, 2**24 - 1)
  np.testing.assert_array_equal(new.tempi[:, 1], tempi)
  if len(before):
    moved = after.astype(int) - before
    room = 1 - before.min(), 127 - before.max()
    assert set(moved) == {np.clip(velocity, *room)}
  # With what has changed put back, it is the same Score.
  notes, changes = new.notes.copy(), new.tempi.copy()
  notes[:, VELOCITY], changes[:, 1] = before, kept.tempi[:, 1]
  assert equal(new._replace(notes=notes, tempi=changes), kept)


@everyone
@pytest.mark.parametrize('grid', [0, -1, 1.5, 40_000])
def test_an_impossible_grid_is_said(name, grid):
  with pytest.raises(UserError, match='steps_per_quarter'):
    build(name, grid)
