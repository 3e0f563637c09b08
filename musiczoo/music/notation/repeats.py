"""The order in which the measures of a part are played."""

import copy
import itertools

import music21
from music21.bar import Repeat
from music21.repeat import Expander, RepeatExpression
from music21.spanner import RepeatBracket
from music21.stream import Measure


def order(part: music21.stream.Part) -> list[int] | None:
  """The measures of a part as they are played, repeats and all.

  music21 expands repeats by copies of measures. These are empty ones here, one
  for each run of measures without marks: the same order at less cost.

  Returns:
    places among the measures, in order; None if nothing is repeated.

  Raises:
    Exception: of any kind, from music21: the marks contradict each other.
  """
  measures = list(part.getElementsByClass(Measure))
  brackets = list(part.getElementsByClass(RepeatBracket))
  marked = {id(m) for b in brackets for m in b.getSpannedElements()}
  marked |= {id(m) for m in measures if _bars(m) or _expressions(m)}
  if not marked:
    return None
  outline, empty_of, runs = music21.stream.Part(), {}, []
  for is_marked, run in itertools.groupby(
    range(len(measures)), lambda i: id(measures[i]) in marked
  ):
    for places in ([i] for i in run) if is_marked else [list(run)]:
      first = measures[places[0]]
      empty_of[id(first)] = _empty(first, len(runs))
      outline.append(empty_of[id(first)])
      runs.append(places)
  for bracket in brackets:
    spanned = [empty_of[id(m)] for m in bracket.getSpannedElements()]
    copied = RepeatBracket(spanned, number=bracket.numberRange)
    outline.insert(0, copied)
  played = Expander(outline).process().getElementsByClass(Measure)
  places = [i for measure in played for i in runs[int(measure.id)]]
  return None if places == list(range(len(measures))) else places


def _empty(measure, number):
  """A measure with the marks of another; `number` is its id."""
  empty = Measure(id=str(number))
  # All last equally long, or they would be at one place.
  empty.append(music21.note.Rest())
  for side, bar in _bars(measure).items():
    setattr(empty, side, Repeat(direction=bar.direction, times=bar.times))
  for expression in _expressions(measure):
    empty.insert(0, copy.deepcopy(expression))
  return empty


def _bars(measure):
  """The repeat signs of a measure, by the side that they are on."""
  sides = {
    side: getattr(measure, side) for side in ('leftBarline', 'rightBarline')
  }
  return {side: bar for side, bar in sides.items() if isinstance(bar, Repeat)}


def _expressions(measure):
  return list(measure.getElementsByClass(RepeatExpression))
