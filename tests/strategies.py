"""Hypothesis strategies of canonical Scores, by their size."""

from hypothesis import strategies as st
import numpy as np

from musiczoo.music.score import canonical, Score, Track

METERS = ((4, 4), (3, 4), (6, 8), (5, 8), (2, 2), (12, 8), (7, 16), (1, 1))

resolutions = st.integers(1, 32767) | st.sampled_from(
  (1, 4, 24, 96, 120, 220, 480, 960)
)

tracks = st.builds(
  Track,
  program=st.integers(0, 127),
  drums=st.booleans(),
  name=st.text(max_size=6),
)


@st.composite
def scores(
  draw,
  max_notes: int = 24,
  max_tracks: int = 20,
  max_onset: int = 4000,
  resolutions: st.SearchStrategy[int] = resolutions,
) -> Score:
  """Any canonical Score: many tracks, drums, overlaps of one pitch, changes.

  Args:
    draw: hypothesis' own.
    max_notes: notes beyond the one that each track has to have.
    max_tracks: tracks; more than 15 need a second port.
    max_onset: the last tick of an onset or of a change.
    resolutions: a strategy for ticks per quarter note.
  """
  ensemble = draw(st.lists(tracks, max_size=max_tracks))
  # Few pitches and onsets, so that notes of one pitch meet and overlap.
  pitches = draw(st.lists(st.integers(0, 127), min_size=1, max_size=4))
  times = st.integers(0, 12) | st.integers(0, max_onset)

  def note(track):
    return st.tuples(
      times,
      st.integers(1, 12) | st.integers(1, max_onset),
      st.sampled_from(pitches),
      st.integers(1, 127),
      track,
    )

  notes = [draw(note(st.just(i))) for i in range(len(ensemble))]
  if ensemble:
    track = st.integers(0, len(ensemble) - 1)
    notes += draw(st.lists(note(track), max_size=max_notes))

  def changes(*values):
    return draw(st.lists(st.tuples(times, *values), max_size=3))

  meters = [(tick, *meter) for tick, meter in changes(st.sampled_from(METERS))]
  return canonical(
    Score(
      notes=np.array(notes, np.int32).reshape(-1, 5),
      tracks=tuple(ensemble),
      tempi=np.array(changes(st.integers(1, 2**24 - 1)), np.int32).reshape(
        -1, 2
      ),
      meters=np.array(meters, np.int32).reshape(-1, 3),
      keys=np.array(
        changes(st.integers(-7, 7), st.integers(0, 1)), np.int32
      ).reshape(-1, 3),
      resolution=draw(resolutions),
    )
  )
