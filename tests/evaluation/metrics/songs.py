"""Small songs for tests, as rows of notes."""

import numpy as np

from musiczoo.music.score import Score, to_notes, Track

PIANO, BASS, DRUMS = Track(0), Track(33), Track(0, drums=True)


def song(rows, tracks=(PIANO, BASS, DRUMS), resolution=12, **changes) -> Score:
  """Rows are onset, duration, pitch and track."""
  columns = np.array(rows).reshape(-1, 4).T
  onset, duration, pitch, track = columns
  notes = to_notes(onset, duration, pitch, 80, track)
  changes = {name: np.array(of, np.int32) for name, of in changes.items()}
  return Score(notes, tracks, resolution=resolution, **changes)
