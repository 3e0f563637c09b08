"""The highest line against a loop over all notes and steps."""

from hypothesis import given, settings
import numpy as np

from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score
from musiczoo.representations import REPRESENTATIONS
from tests.strategies import scores


@settings(max_examples=60, deadline=None)
@given(scores(max_notes=8, max_onset=60))
def test_the_highest_note_of_each_step(score):
  melody = REPRESENTATIONS['melody'](steps_per_quarter=2)
  score = quantize(score, 2)
  notes = [
    (onset, onset + duration, pitch)
    for onset, duration, pitch, _, track in score.notes.tolist()
    if not score.tracks[track].drums and 21 <= pitch <= 108
  ]
  x, before = melody.encode(score), 0
  assert len(x) == max((end for _, end, _ in notes), default=0)
  for step, token in enumerate(x.tolist()):
    sounding = [n for n in notes if n[0] <= step < n[1]]
    pitch = max((pitch for _, _, pitch in sounding), default=20)
    symbol = pitch - 20
    is_onset = symbol != before or (step, pitch) in [
      (onset, pitch) for onset, _, pitch in sounding
    ]
    assert token == 2 * symbol + is_onset
    before = symbol


def test_repeated_and_held_notes_differ():
  melody = REPRESENTATIONS['melody'](steps_per_quarter=1)
  notes = np.array(
    [
      [0, 2, 60, 90, 0],
      [1, 1, 55, 90, 0],  # A note below doesn't strike the one above.
      [2, 1, 60, 90, 0],
      [4, 1, 62, 90, 0],
    ]
  )
  x = melody.encode(Score(notes, resolution=1))
  c, d = 2 * (60 - 20), 2 * (62 - 20)
  assert x.tolist() == [c + 1, c, c + 1, 1, d + 1]
