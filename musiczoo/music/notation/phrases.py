"""The ends of phrases, which fermatas mark."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from music21.expressions import Fermata
from music21.note import GeneralNote
from music21.stream import Measure


def ends(measures: Iterable[tuple[Fraction, Measure]]) -> Iterator[Fraction]:
  """Where the notes and rests under a fermata end, of the upper voice.

  The fermata of a note that is tied on counts where the last of these ends.

  Args:
    measures: of a part, each with its onset, in the order in which they are
      played.

  Yields:
    times in quarter notes.
  """
  is_held = False
  for onset, measure in measures:
    for offset, element in _upper(measure):
      if element.duration.isGrace:
        continue
      is_held |= any(isinstance(e, Fermata) for e in element.expressions)
      tie = element.tie.type if element.tie else ''
      if is_held and tie not in ('start', 'continue'):
        yield onset + offset + Fraction(element.quarterLength)
        is_held = False


def _upper(measure):
  """(Offset, element) of the notes and rests of the upper voice."""
  voice = next(iter(measure.voices), measure)
  start = 0 if voice is measure else measure.elementOffset(voice)
  for element in voice.getElementsByClass(GeneralNote):
    yield Fraction(start + voice.elementOffset(element)), element
