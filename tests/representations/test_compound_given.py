"""Music that is completed: what is given stays, whatever is added."""

import collections

from hypothesis import given, settings, strategies as st
import numpy as np

from musiczoo.music.compound_rows import Layout
from musiczoo.music.score import canonical, Score, to_notes, Track
from musiczoo.representations import compound_given
from musiczoo.representations.compound import compound

GRID = 4
REPRESENTATION = compound(steps_per_quarter=GRID)
TRACKS = Track(33), Track(0), Track(0, drums=True)


@st.composite
def songs(draw):
  """Three tracks on few pitches, so that many notes overlap."""
  notes = st.tuples(
    st.integers(0, 79),
    st.integers(1, 40),
    st.integers(60, 62),
    st.integers(0, 2),
  )
  table = np.array(draw(st.lists(notes, min_size=12, max_size=40)))
  onset, duration, pitch, track = table.T
  notes = to_notes(onset, duration, pitch, 80, track)
  return canonical(Score(notes, TRACKS, resolution=GRID))


def counted(score, chosen):
  tracks = [score.tracks[number] for number in score.notes[chosen, 4]]
  rows = map(tuple, score.notes[chosen, :4].tolist())
  return collections.Counter(zip(rows, tracks))


@given(songs(), songs(), st.data())
@settings(deadline=None, max_examples=100)
def test_given_notes_stay_as_they_are(song, other, data):
  bars = int(song.notes[:, 0].max()) // (4 * GRID) + 1
  first = data.draw(st.integers(0, bars - 1))
  last = data.draw(st.integers(first, bars - 1))
  numbers = data.draw(
    st.sets(st.sampled_from(range(len(song.tracks))), min_size=1)
  )
  hole = slice(first, last + 1)
  found = compound_given.given(song, Layout(GRID), hole, sorted(numbers))
  # Any rows that a model might add.
  made = found.complete(REPRESENTATION.encode(other))
  kept = counted(song, ~found.is_free())
  assert kept <= counted(made, slice(None))
  assert canonical(made).notes.tolist() == made.notes.tolist()


def test_a_new_note_ends_where_a_given_one_begins():
  def of(*notes):
    onset, duration = np.array(notes).T
    notes = to_notes(onset, duration, 60, 80, 0)
    return canonical(Score(notes, TRACKS[:1], resolution=GRID))

  # The second bar is written anew: the first note sounds into it.
  song, other = of((0, 20), (32, 4)), of((18, 2), (24, 12))
  found = compound_given.given(song, Layout(GRID), slice(1, 2), [0])
  made = found.complete(REPRESENTATION.encode(other))
  assert made.notes[:, :2].tolist() == [[0, 20], [24, 8], [32, 4]]
