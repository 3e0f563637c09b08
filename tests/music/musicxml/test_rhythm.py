"""Durations as written values, triplets and beams."""

from musiczoo.music.musicxml import rhythm

COMMON, WALTZ, JIG = (rhythm.meter(*m) for m in ((4, 4), (3, 4), (6, 8)))


def written(start, end, meter=COMMON, *, rest=False):
  """Types with dots, in sixteenths."""
  values = rhythm.split(12 * start, 12 * end, meter, [], rest=rest)
  return [v.type + '.' * v.dots for v in values]


def test_one_value_where_the_beat_stays_visible():
  assert written(0, 16) == ['whole']
  assert written(0, 6) == ['quarter.']
  assert written(2, 6) == ['quarter']
  assert written(4, 12) == ['half']
  assert written(4, 16) == ['half.']
  assert written(0, 12, WALTZ) == ['half.']
  assert written(0, 6, JIG) == ['quarter.']
  assert written(0, 12, JIG) == ['half.']


def test_ties_where_it_would_be_hidden():
  assert written(6, 10) == ['eighth', 'eighth']
  assert written(4, 10) == ['quarter', 'eighth']
  assert written(0, 10) == ['half', 'eighth']
  assert written(0, 5) == ['quarter', '16th']
  assert written(2, 10, WALTZ) == ['quarter.', 'eighth']
  assert written(0, 8, JIG) == ['quarter.', 'eighth']


def test_rests_do_not_cross_a_beat_half_way():
  assert written(2, 6, rest=True) == ['eighth', 'eighth']
  assert written(4, 12, rest=True) == ['quarter', 'quarter']
  assert written(8, 16, rest=True) == ['half']


def test_triplets_of_quarters_eighths_and_sixteenths():
  assert rhythm.triplets([0, 32, 64, 96], 192) == [(0, 96)]
  assert rhythm.triplets([0, 16, 32, 48, 96], 192) == [(0, 48)]
  assert rhythm.triplets([48, 72, 80, 88, 96], 192) == [(72, 96)]
  assert rhythm.triplets([0, 12, 24, 36, 48], 192) == []
  spans = [(0, 48)]
  (value,) = rhythm.split(0, 32, COMMON, spans)
  assert value == rhythm.Value(0, 32, 'quarter', 0, (0, 48))
  tied = rhythm.split(16, 96, COMMON, spans)
  assert [(v.start, v.end, v.type) for v in tied] == [
    (16, 48, 'quarter'),
    (48, 96, 'quarter'),
  ]


def test_any_length_can_be_written():
  for end in range(1, 97):
    spans = rhythm.triplets([0, end], 192)
    values = rhythm.split(0, end, COMMON, spans)
    assert values[-1].end == end
    for v in values:
      units = 192 / {'breve': 0.5, 'whole': 1, 'half': 2, 'quarter': 4}.get(
        v.type, int(v.type[:-2]) if v.type[0].isdigit() else 8
      )
      assert v.end - v.start == units * (1.5 if v.dots else 1) * (
        2 / 3 if v.triplet else 1
      )


def test_beams_join_what_is_shorter_than_a_quarter_within_a_beat():
  spans = [(0, 24), (24, 36), (36, 48), (48, 72), (72, 96), (96, 144)]
  values = [v for s, e in spans for v in rhythm.split(s, e, COMMON, [])]
  assert rhythm.beams(values, COMMON) == [
    ['begin'],
    ['continue', 'begin'],
    ['end', 'end'],
    ['begin'],
    ['end'],
    [],
  ]
  values[1] = None  # A rest.
  assert rhythm.beams(values[:3], COMMON) == [[], [], []]
  dotted = [
    v for s in ((0, 36), (36, 48)) for v in rhythm.split(*s, COMMON, [])
  ]
  assert rhythm.beams(dotted, COMMON) == [['begin'], ['end', 'backward hook']]
