"""Figures of voice-leading and form, on pieces counted by hand."""

import numpy as np
import pytest

from musiczoo.evaluation.metrics import cadences, form, keys, sonorities
from musiczoo.evaluation.metrics.parts import parts
from musiczoo.evaluation.metrics.voice_leading import (
  rates,
  VOICE_LEADING,
  voice_leading,
)
from tests.evaluation.metrics.chorales import PHRASES, voices, walk


def of(*scores):
  """The rate of each figure."""
  return {k: v[0] for k, v in rates(voice_leading(scores)).items()}


def test_amounts():
  found = of(voices('60 62:2 62:2 -:4 67:4', '60:16', '55:16', '48:16'))
  assert found['quarters_per_piece'] == 4
  assert found['notes_per_quarter'] == 7 / 4
  # To D, and over the rest to G; the repeated D changes nothing.
  assert found['chord_changes_per_bar'] == 2
  assert found['stepwise_moves_share'] == 1 / 2
  assert found['repeated_notes_share'] == 1 / 2
  assert found['rests_share'] == 4 / 64


def test_shares_of_steps():
  found = of(voices('67:4 64:12', '62:4 66:8 60:4', '55:8 47:8', '48:16'))
  # Alto over soprano for eight steps, tenor under bass for eight: twelve.
  assert found['crossed_steps_share'] == 12 / 16
  assert found['wide_steps_share'] == 8 / 16
  assert found['out_of_range_notes_share'] == 1 / 8


def test_beats():
  lines = '72 74 72 -:4', '64 65 66 65', '60 59 61 62', '48 55 60 -:4'
  found = of(voices(*lines))
  # C; G7; C, C sharp, F sharp: a beat of two voices does not count.
  assert found['beats_no_triad_share'] == 2 / 3
  assert found['beats_no_triad_or_seventh_share'] == 1 / 3
  assert sonorities.IN_TRIAD.sum() < sonorities.IN_CHORD.sum() < 4096


def test_beats_follow_the_sixteenth_on_which_most_notes_begin():
  score = voices('72:1 71 69 71', '67:1 67 65 67', '60:1 62 60 62', '48:13')
  assert sonorities.beat_phase(parts(score)) == 1


def test_keys():
  scale = 60, 62, 64, 65, 67, 69, 71, 72
  lines = [' '.join(f'{p + shift}:2' for p in scale) for shift in (12, 0)]
  in_c = parts(voices(*lines))
  chroma = keys.chroma(in_c, [0, 0], [16, 4])
  assert chroma[1].tolist() == [4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  assert keys.keys(chroma)[0].tolist() == [0, 0]
  assert keys.in_scale(chroma).tolist() == [1, 1]
  minor = keys.chroma(parts(voices('69:8 72:4 76:4', '57:16')), [0], [16])
  assert keys.keys(minor).tolist() == [[9, 1]]
  # A minor has the scale of C; from C to F sharp it is six fifths.
  of_keys = np.array([[9, 1], [6, 0], [7, 0]])
  to_c = keys.fifths_apart(np.array([[0, 0]] * 3), of_keys)
  assert to_c.tolist() == [0, 6, 1]


def test_key_drift_and_diatonic_share():
  chords = '72:16 ', '67:16 ', '64:16 ', '48:16 '
  c = [line * 4 for line in chords]
  d = [' '.join([f'{int(line[:2]) + 1}:16'] * 4) for line in chords]
  found = of(voices(*(a + b for a, b in zip(c, d))))
  assert found['key_drift_fifths_per_four_bars'] == 5
  assert found['notes_in_key_of_four_bars_share'] == 1
  assert found['notes_in_key_of_piece_share'] < 1


def closes(*lines):
  """Of a piece after three bars of C: root triad, tonic, cadence."""
  tonic = 72, 64, 55, 48
  score = voices(*(f'{t}:48 {line}' for t, line in zip(tonic, lines)))
  found = of(score)
  return tuple(
    found[f'ends_on_{name}_share']
    for name in ('root_triad', 'tonic', 'cadence')
  )


def test_closes():
  v_i = '74:4 71:4 72:8', '67:8 64:8', '59:4 62:4 60:8', '55:8 48:8'
  assert closes(*v_i) == (1, 1, 1)
  # The leading note was left three sixteenths before; four is too early.
  late = '71:1 69:3 72:8', '62:4 64:8', '60:1 62:3 60:8', '55:4 48:8'
  assert closes(*late) == (1, 1, 1)
  early = '71:1 69:4 72:8', '62:5 64:8', '60:1 62:4 60:8', '55:5 48:8'
  assert closes(*early) == (1, 1, 0)
  plagal = '72:4 72:8', '65:4 64:8', '57:4 55:8', '53:4 48:8'
  assert closes(*plagal) == (1, 1, 0)
  half = '72:4 71:8', '67:4 67:8', '60:4 62:8', '48:4 43:8'
  assert closes(*half) == (1, 0, 0)
  inverted = '71:4 72:8', '62:4 67:8', '55:4 60:8', '55:4 52:8'
  assert closes(*inverted) == (0, 0, 0)
  no_third = '71:4 72:8', '62:4 67:8', '55:4 60:8', '55:4 48:8'
  assert closes(*no_third) == (0, 0, 0)


def test_ends_of_phrases():
  found = parts(PHRASES)
  assert cadences.inner_ends(found).tolist() == [32]
  assert cadences.closes_on_cadence(found, [32, 64]).tolist() == [True, True]
  figures = of(PHRASES)
  assert figures['phrases_end_on_cadence_share'] == 1
  assert figures['phrases_end_on_tonic_share'] == 1
  # The end of the piece is no inner end, and other steps are no cadences.
  wrong = of(PHRASES._replace(phrase_ends=np.array([8, 64])))
  assert wrong['phrases_end_on_cadence_share'] == 0
  none = voice_leading([PHRASES._replace(phrase_ends=np.zeros(0, np.int32))])
  assert none['phrases_end_on_cadence_share'].tolist() == [[0, 0]]


def test_begins():
  found = of(PHRASES)
  assert found['begins_on_root_triad_share'] == 1
  assert found['begins_on_tonic_share'] == 1
  # A pick-up of the soprano alone is no chord.
  tonic = '67:4 72:16', '-:4 64:16', '-:4 55:16', '-:4 48:16'
  assert of(voices(*tonic))['begins_on_tonic_share'] == 1
  sixth = '72:16', '67:16', '60:16', '52:16'
  assert of(voices(*sixth))['begins_on_root_triad_share'] == 0


def test_half_note_cadence():
  score = voices(*(['60:40'] * 3), '48:40')
  assert not cadences.half_note_cadence(parts(score))
  # Two bars and a cadence, and then a bar and a half of something else.
  lines = '72:32 71 72:8 ', '64:32 67 67:8 ', '55:32 62 64:8 ', '48:32 55 48:8 '
  after = '74:6', '65:6', '57:6', '50:6'

  def has(length):
    score = voices(*(a + (b + ' ') * length for a, b in zip(lines, after)))
    return cadences.half_note_cadence(parts(score))

  assert has(0) and has(2) and has(15)
  assert not has(16)  # Six bars later.


def test_rhythm():
  found = of(voices('60:2 62:1 64:1 65:4', '60:8', '55:8', '48:8'))
  assert found['onsets_on_quarters_share'] == 5 / 7
  assert found['onsets_on_eighths_share'] == 1 / 7
  assert found['onsets_on_sixteenths_share'] == 1 / 7


def test_a_piece_loses_the_beat():
  quarters = ' '.join(['60:4'] * 16)
  steady = voices(*[f'{quarters} {quarters}'] * 4)
  late = voices(*[f'{quarters} 60:1 {quarters} 60:3'] * 4)
  assert of(steady)['pieces_losing_beat_share'] == 0
  assert of(late)['pieces_losing_beat_share'] == 1
  assert of(steady, late)['pieces_losing_beat_share'] == 1 / 2


def test_long_chords():
  found = of(voices('60:6 62:4 64:6', '60:16', '55:16', '48:5 50:11'))
  # 0, 5, 6, 10: one of the four lasts six steps; the piece is a quarter of four bars.
  assert found['long_chords_per_four_bars'] == 4


def test_bars_like_earlier_ones():
  a, b, c = '60 62 64 65', '67:16', '60 62 64 67'
  similar = form.similarity(parts(voices(f'{a} {b} {a} {c} {b}', '48:80')))
  # The bar just before does not count: c is like a but for its last quarter.
  assert similar.tolist() == [1, 3 / 4, 1]
  assert not len(form.similarity(parts(voices(a))))


def test_rates_are_sums_over_sums_and_have_intervals():
  loud = voices('67 69 71 72', '64:16', '55:16', '48 50 52 55')
  still = voices('67:16 67:16', '64:32', '55:32', '48:32')
  found = rates(voice_leading([loud, still, still]))
  rate, low, high = found['parallel_fifths_per_100_changes']
  assert rate == 100 * 2 / 3
  assert low <= rate <= high
  assert found['notes_per_quarter'][0] == (10 + 5 + 5) / 20
  assert np.isnan(found['phrases_end_on_cadence_share']).all()


def test_silence_has_no_figures():
  found = voice_leading([voices('', '', '', '')])
  assert set(found) == set(VOICE_LEADING)
  assert not np.concatenate(list(found.values())).any()


# Of `PHRASES` and five random walks, by a script of its own that shares no code
# with this package.
SCRIPT = {
  'quarters_per_piece': 49.33333333,
  'notes_per_quarter': 4.054054054,
  'stepwise_moves_share': 0.1777188329,
  'repeated_notes_share': 0.07427055703,
  'rests_share': 0.04222972973,
  'parallel_fifths_per_100_changes': 0.1689189189,
  'parallel_octaves_per_100_changes': 0.6756756757,
  'leaps_over_octave_per_1000_moves': 121.1317418,
  'sevenths_per_1000_moves': 75.15473033,
  'tritones_per_1000_moves': 31.83023873,
  'augmented_seconds_per_1000_moves': 0.884173298,
  'crossed_steps_share': 0.53125,
  'wide_steps_share': 0.4223790323,
  'out_of_range_notes_share': 0.01416666667,
  'beats_no_triad_share': 0.7210884354,
  'beats_no_triad_or_seventh_share': 0.4319727891,
  'notes_in_key_of_four_bars_share': 0.9344100123,
  'notes_in_key_of_piece_share': 0.9414682852,
  'key_drift_fifths_per_four_bars': 0.2307692308,
  'begins_on_root_triad_share': 0.1666666667,
  'begins_on_tonic_share': 0.1666666667,
  'ends_on_root_triad_share': 0.1666666667,
  'ends_on_tonic_share': 0.1666666667,
  'ends_on_cadence_share': 0.1666666667,
  'half_note_cadence_late_share': 0.1666666667,
  'long_chords_per_four_bars': 0.1081081081,
  'soprano_bars_like_earlier_share': 0.2368951613,
  'onsets_on_quarters_share': 0.345,
  'onsets_on_eighths_share': 0.2475,
  'onsets_on_sixteenths_share': 0.4075,
  'pieces_losing_beat_share': 0.8333333333,
}


@pytest.mark.parametrize('name', SCRIPT)
def test_figures_agree_with_an_independent_script(name):
  found = of(PHRASES, *(walk(12 + seed, seed) for seed in range(5)))
  assert found[name] == pytest.approx(SCRIPT[name], rel=1e-6)
