"""The four-part chorales of Bach, read from the music21 package."""

from collections.abc import Iterator
from fractions import Fraction
import pathlib
import warnings

import numpy as np

from musiczoo.data.corpora import packaged
from musiczoo.data.corpus import Piece
from musiczoo.music.score import canonical, Score
from musiczoo.representations.representation import VELOCITY
from musiczoo.representations.voices import NAMES, TRACKS

_TEMPO = 750_000  # Microseconds per quarter note: 80 to the minute.
_RESOLUTION = 24  # Thirty-seconds (the shortest notes) and triplets fit.

# Pairs of which one shares, transposed or not, half or more of its windows of
# four quarter notes with the other. They belong in one split.
NEAR_DUPLICATES = {
  'bwv177.4': 'bwv117.4',
  'bwv18.5-w': 'bwv18.5-lz',
  'bwv20.7': 'bwv20.11',
  'bwv227.11': 'bwv227.1',
  'bwv244.17': 'bwv244.15',
  'bwv279': 'bwv158.4',
  'bwv280': 'bwv176.6',
  'bwv324': 'bwv10.7',
  'bwv398': 'bwv197.7-a',  # Note for note.
  'bwv414': 'bwv253',
  'bwv62.6': 'bwv274',
}


def load() -> list[Piece]:
  """All chorales in four parts, in the order of their names.

  Takes about 20 s of two cores the first time. They are then kept as a dataset
  in the user's cache folder; a line on stderr reports one that is damaged, and
  is made anew, or one that can't be written.

  Raises:
    UserError: music21 is not installed.
  """
  files = _files()
  # This very file is part of the key: another way to parse, another cache.
  splits = packaged.cached(
    'chorales',
    [pathlib.Path(__file__), *files],
    lambda left_out: {'train': _parse_all(files)},
  )
  return [_with_names(piece) for piece in splits['train']]


def _with_names(piece):
  """A piece with the names of its tracks, which a dataset does not keep."""
  return piece._replace(score=piece.score._replace(tracks=TRACKS))


def parse(file: pathlib.Path) -> Piece | None:
  """One MusicXML file as a Piece; None if it isn't in four parts, S A T B.

  Phrases end with the notes of the soprano under a fermata.
  """
  with warnings.catch_warnings():
    warnings.simplefilter('ignore')  # Of files that can't be repaired here.
    import music21  # Here: it takes a second, and the cache does without.

    stream = music21.converter.parse(file, forceSource=True)
  if tuple(part.id for part in stream.parts) != NAMES:
    return None
  notes = [
    (onset, duration, pitch, VELOCITY, track)
    for track, part in enumerate(stream.parts)
    for onset, duration, pitch in _notes(part)
  ]
  upper = stream.parts[0]
  score = Score(
    np.array(notes, np.int32),
    TRACKS,
    tempi=np.array([[0, _TEMPO]]),
    meters=np.array(list(_meters(upper))),
    keys=np.array(list(_keys(upper))),
    resolution=_RESOLUTION,
    phrase_ends=np.array(list(_phrase_ends(upper)), np.int32),
  )
  return Piece(file.stem, canonical(score))


def _files():
  return packaged.files('chorales', 'bach', '.mxl')


def _parse_all(files) -> list[Piece]:
  found = packaged.parsed(parse, files, 'reading Bach, once')
  return list(filter(None, found))


def _notes(part) -> Iterator[tuple[int, int, int]]:
  """Onset, duration and pitch of each note, ties merged, graces left out."""
  onset, duration, pitch = 0, 0, None
  for note in part.flatten().notes:
    if note.duration.isGrace:
      continue
    start, length = _ticks(note.offset), _ticks(note.quarterLength)
    tied = note.tie is not None and note.tie.type in ('continue', 'stop')
    if tied and note.pitch.midi == pitch and start == onset + duration:
      duration += length
      continue
    if pitch is not None:
      yield onset, duration, pitch
    onset, duration, pitch = start, length, note.pitch.midi
  yield onset, duration, pitch


def _phrase_ends(part) -> Iterator[int]:
  """The ends of the notes and rests under a fermata."""
  for note in part.flatten().notesAndRests:
    if any(type(mark).__name__ == 'Fermata' for mark in note.expressions):
      yield _ticks(note.offset) + _ticks(note.quarterLength)


def _meters(part) -> Iterator[tuple[int, int, int]]:
  """Tick, numerator and denominator wherever the length of the bars changes.

  A short bar (a pick-up, or what a repeat sign cuts off) gets a meter of its
  own, so that all bar lines fall right; two short ones that make up a whole
  are one bar. The last bar may end early.
  """
  bars = []  # Onset, length, the length of a whole bar, meter.
  for measure in part.getElementsByClass('Measure'):
    onset, length = _ticks(measure.offset), _ticks(measure.quarterLength)
    if measure.timeSignature is not None:
      signature = measure.timeSignature
    meter = signature.numerator, signature.denominator
    whole = _ticks(signature.barDuration.quarterLength)
    if bars and bars[-1][1] + length == whole:
      bars[-1][1] = whole
    else:
      bars.append([onset, length, whole, meter])
  before = None
  for onset, length, whole, meter in bars:
    is_last = onset == bars[-1][0]
    if length % whole and not (is_last and length < whole):
      beats = Fraction(length * meter[1], 4 * _RESOLUTION)
      meter = beats.numerator, meter[1] * beats.denominator
    if meter != before:
      yield onset, *meter
    before = meter


def _keys(part) -> Iterator[tuple[int, int, int]]:
  """Tick, sharps and minor; a mode that isn't known counts as major."""
  for key in part.flatten().getElementsByClass('KeySignature'):
    mode = getattr(key, 'mode', None)
    yield _ticks(key.offset), key.sharps, int(mode == 'minor')


def _ticks(quarters) -> int:
  ticks = Fraction(quarters) * _RESOLUTION
  if ticks.denominator > 1:
    raise ValueError(f'{quarters} quarters are no whole number of ticks')
  return int(ticks)
