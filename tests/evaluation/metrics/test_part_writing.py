"""Each rule of part-writing, broken by hand a known number of times."""

from hypothesis import given, settings
import numpy as np
import pytest

from musiczoo.evaluation.metrics.part_writing import RULES, violations
from musiczoo.evaluation.metrics.parts import parts
from tests.evaluation.metrics.chorales import PHRASES, voices, walk
from tests.strategies import scores


def broken(kind, score):
  """(step, voices) of each place where a rule is broken."""
  found = violations(score)
  unit = score.resolution // 4
  return [(v.tick // unit, v.voices) for v in found if v.kind == kind]


INNER = '64:16', '55:16'


@pytest.mark.parametrize(
  'kind,lines,places',
  [
    # Soprano and bass a fifth apart move up together, then in contrary motion.
    ('parallel_fifths', ('67 69 67', *INNER, '48 50 60'), [(4, (0, 3))]),
    # A repeated fifth is none.
    ('parallel_fifths', ('67 67', '64 65', '55:8', '48 48'), []),
    # Not across a rest of another voice, where the chord is not whole.
    ('parallel_fifths', ('67 69', '-:4 64', '55:8', '48 50'), []),
    # Between all voices: two pairs at once.
    (
      'parallel_fifths',
      ('74 76', '67 69', '59:8', '48 50'),
      [(4, (0, 1)), (4, (1, 3))],
    ),
    ('parallel_octaves', ('72 74 72', *INNER, '48 50 60'), [(4, (0, 3))]),
    # Unisons too.
    ('parallel_octaves', ('72:8', '60 62', '60 62', '48:8'), [(4, (1, 2))]),
    # Contrary motion from octave to octave is allowed.
    ('parallel_octaves', ('72 67', *INNER, '48 55'), []),
    # The soprano leaps up into a fifth, while the bass rises by a step.
    ('direct_fifths', ('64 69', '60:8', '55:8', '48 50'), [(4, (0, 3))]),
    # It steps, or the voices are not the outer ones, or move contrarily.
    ('direct_fifths', ('67 69', '60:8', '55:8', '45 50'), []),
    ('direct_fifths', ('72:8', '64 69', '55:8', '48 50'), []),
    ('direct_fifths', ('64 69', '60:8', '55:8', '52 50'), []),
    ('direct_octaves', ('64 74', '60:8', '55:8', '48 50'), [(4, (0, 3))]),
    # Parallel octaves are no direct ones.
    ('direct_octaves', ('72 76', '60:8', '55:8', '48 52'), []),
    # The alto is above the soprano for two quarters: counted once.
    (
      'crossings',
      ('67 64 64 67', '62 66 66 64', '55:16', '48:16'),
      [(4, (0, 1))],
    ),
    ('crossings', ('67:8', '60:8', '55 47', '50:8'), [(4, (2, 3))]),
    # The alto rises above where the soprano was, which rises further.
    ('overlaps', ('67 72', '64 69', '55:8', '48:8'), [(4, (0, 1))]),
    # The bass falls, and the tenor falls below where it was.
    ('overlaps', ('72:8', '64:8', '57 50', '53 48'), [(4, (2, 3))]),
    # A crossing is no overlap.
    ('overlaps', ('67 67', '64 69', '55:8', '48:8'), []),
    # Soprano to alto and alto to tenor, but tenor to bass may be further apart.
    (
      'wide_spacings',
      ('72 74 77:8', '64 64 64:8', '50 52 52:8', '36:16'),
      [(0, (1, 2)), (8, (0, 1))],
    ),
    # Too high, too low, and a held note counts once.
    (
      'out_of_range',
      ('82:8', '65:4 52:4', '60:8', '36:4 35:4'),
      [(0, (0,)), (4, (1,)), (4, (3,))],
    ),
    ('leaps_over_octave', ('60 73 61', '60 72', '55:8', '48:8'), [(4, (0,))]),
    # Over a rest there is no move.
    ('leaps_over_octave', ('60 -:4 79', '60:12', '55:12', '48:12'), []),
    (
      'sevenths',
      ('60 70 81', '60:12', '55:12', '48:12'),
      [(4, (0,)), (8, (0,))],
    ),
    (
      'tritones',
      ('60 66 60', '60:12', '55:12', '48 53 47'),
      [(4, (0,)), (8, (0,)), (8, (3,))],
    ),
  ],
)
def test_a_rule_is_broken_where_it_should_be(kind, lines, places):
  assert broken(kind, voices(*lines)) == places
  assert broken(kind, voices(*lines, resolution=480)) == places


def test_an_augmented_second_is_one_in_minor_only():
  # A minor: F to G sharp in the alto.
  minor = (
    '72:8 71:8 69:8',
    '64:8 65 68 69:8',
    '57:8 62 64 60:8',
    '45:8 50 52 45:8',
  )
  assert broken('augmented_seconds', voices(*minor)) == [(12, (1,))]
  # The same three semitones between other degrees.
  major = (
    '72:8 71:8 72:8',
    '64:8 62 65 64:8',
    '55:8 55:8 55:8',
    '48:8 43:8 48:8',
  )
  assert broken('augmented_seconds', voices(*major)) == []


def test_a_leading_tone_is_doubled_in_a_dominant_only():
  def in_c(*chord):
    """C, a chord and C again, in C major."""
    tonic = 72, 64, 55, 48
    return voices(*(f'{t}:16 {c} {t}:16' for t, c in zip(tonic, chord)))

  assert broken('doubled_leading_tones', in_c(71, 67, 59, 43)) == [(16, (0, 2))]
  assert broken('doubled_leading_tones', in_c(71, 67, 62, 43)) == []
  # E minor, in which B is no leading note.
  assert broken('doubled_leading_tones', in_c(71, 67, 59, 52)) == []


def test_a_chorale_by_the_rules_breaks_few():
  kinds = {v.kind for v in violations(PHRASES)}
  assert not kinds & {'parallel_fifths', 'parallel_octaves', 'tritones'}


def test_violations_are_in_order_and_of_known_kinds():
  found = violations(walk(8, seed=0))
  assert found and {v.kind for v in found} <= set(RULES)
  assert [v.tick for v in found] == sorted(v.tick for v in found)


def test_parallels_by_a_plain_loop():
  total = 0
  for seed in range(24):
    score = walk(16, seed)
    pitch, chords = parts(score).pitch, parts(score).chords
    expected = []
    for i, j in zip(chords[:-1], chords[1:]):
      if (pitch[[i, j]] < 0).any():
        continue
      for u in range(4):
        for v in range(u + 1, 4):
          du, dv = pitch[j, u] - pitch[i, u], pitch[j, v] - pitch[i, v]
          same = (du > 0 and dv > 0) or (du < 0 and dv < 0)
          fifths = [abs(pitch[t, u] - pitch[t, v]) % 12 for t in (i, j)]
          if same and fifths == [7, 7]:
            expected.append((int(j), (u, v)))
    assert broken('parallel_fifths', score) == expected
    total += len(expected)
  assert total > 3


@given(scores())
@settings(max_examples=30, deadline=None)
def test_any_tracks_are_voices_or_refused(score):
  try:
    found = violations(score)
  except ValueError as e:
    assert 'two notes at once' in str(e)
  else:
    assert all(isinstance(v.tick, int) for v in found)


def test_a_voice_without_notes_is_none():
  fifths = '67 69', '', '', '48 50'
  assert broken('parallel_fifths', voices(*fifths)) == [(4, (0, 1))]
  assert broken('out_of_range', voices('90', '', '', '48')) == []


def test_no_music_breaks_no_rule():
  assert violations(voices('', '', '', '')) == []
  assert violations(voices('60:4')) == []
  assert np.size(violations(voices('60:4', '', '', '48:4'))) == 0
