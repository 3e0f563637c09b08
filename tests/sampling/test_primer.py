"""Primers: what is kept comes back, and what is lost is said."""

import logging

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.score import Score, Track
from musiczoo.representations import REPRESENTATIONS
from musiczoo.sampling.primer import encode_primer


def score(notes, **more):
  return Score(np.array(notes, np.int32), **{'resolution': 12} | more)


@pytest.mark.parametrize(
  'primer,words',
  [
    (score([(0, 12, 60, 80, 0)], tracks=(Track(52),)), None),
    (score([(4, 4, 60, 80, 0)]), 'moved to a grid of 4 steps'),
    (
      score([(0, 12, 60, 80, 0), (0, 12, 20, 80, 0)]),
      '1 of 2 notes kept',
    ),
  ],
)
def test_what_a_primer_loses_is_said(caplog, primer, words):
  voices = REPRESENTATIONS['voices']()
  with caplog.at_level(logging.WARNING):
    x = encode_primer(voices, primer, 'song.mid').x
  assert len(x) == (3 if primer.notes[0, 0] else 4)
  said = ' '.join(r.getMessage() for r in caplog.records)
  assert (words in said and 'song.mid' in said) if words else not said


def test_a_primer_of_nothing_is_refused():
  voices = REPRESENTATIONS['voices']()
  with pytest.raises(UserError, match='none of its 1 notes fits'):
    encode_primer(voices, score([(0, 12, 1, 80, 0)]), 'low.mid')


def test_a_primer_of_events_goes_on():
  events = REPRESENTATIONS['events']()
  x = encode_primer(events, score([(0, 12, 60, 80, 0)]), 'song.mid').x
  assert events.spec.end_token not in x
  assert len(events.decode(x).notes) == 1


@pytest.mark.parametrize(
  'length,steps',
  [(0, 60), (60 * 12 // 4, 60), (62 * 12 // 4, 62), (64 * 3, 64), (999, 64)],
)
@pytest.mark.parametrize('name', ['voices', 'pianoroll'])
def test_a_closing_rest_is_kept_up_to_the_bar_line(name, length, steps):
  representation = REPRESENTATIONS[name](steps_per_quarter=4)
  music = score([(12 * i, 12, 60, 80, 0) for i in range(15)])
  x = encode_primer(representation, music, 'song.mid', length).x
  assert len(x) == steps
  whole = representation.decode(representation.encode(music))
  assert np.array_equal(representation.decode(x).notes, whole.notes)
