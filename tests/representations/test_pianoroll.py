"""The roll against a loop over all notes and steps."""

from hypothesis import given, settings
import numpy as np

from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score, Track
from musiczoo.representations import REPRESENTATIONS
from tests.strategies import scores


@settings(max_examples=60, deadline=None)
@given(scores(max_notes=8, max_onset=60))
def test_every_sounding_key_and_no_other(score):
  roll = REPRESENTATIONS['pianoroll'](steps_per_quarter=2)
  score = quantize(score, 2)
  sounding = {
    (step, pitch - 21)
    for onset, duration, pitch, _, track in score.notes.tolist()
    if not score.tracks[track].drums and 21 <= pitch <= 108
    for step in range(onset, onset + duration)
  }
  x = roll.encode(score)
  assert set(zip(*(i.tolist() for i in np.nonzero(x)))) == sounding
  assert len(x) == max((step + 1 for step, _ in sounding), default=0)


def test_a_repeated_note_is_one():
  roll = REPRESENTATIONS['pianoroll'](steps_per_quarter=1)
  notes = np.array([[0, 2, 60, 90, 0], [2, 1, 60, 90, 1], [1, 1, 64, 90, 0]])
  score = Score(notes, (Track(5), Track(9)), resolution=1)
  kept = roll.project(quantize(score, 1))
  assert kept.notes[:, :3].tolist() == [[0, 3, 60], [1, 1, 64]]
  assert kept.tracks == (Track(),)
