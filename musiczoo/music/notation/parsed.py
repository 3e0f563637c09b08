"""A Score from the stream of music21. Apart, as it imports music21."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import music21
from music21.dynamics import Dynamic
from music21.instrument import Instrument
from music21.key import KeySignature
from music21.musicxml.xmlToM21 import MusicXMLImporter
from music21.note import NotRest
from music21.stream import Measure, Part, Stream
from music21.tempo import MetronomeMark
import numpy as np

from musiczoo.music.midi import Limits
from musiczoo.music.notation import musicxml, phrases, repeats
from musiczoo.music.notation.bars import Bar, meters
from musiczoo.music.notation.tracks import PartReader, RESOLUTION, ticks
from musiczoo.music.score import Score

# What is in force until the next of its kind.
_STANDING = KeySignature, MetronomeMark, Dynamic, Instrument
_MOST_SHARPS = 7
_SLOWEST = 2**24 - 1  # Microseconds per quarter note, in MIDI.


class Played(NamedTuple):
  """A part as it is played; times in quarter notes.

  Attributes:
    events: (onset, element) of what is played or in force, in order.
    bars: in order.
    phrase_ends: where phrases end.
  """

  events: list[tuple[Fraction, music21.base.Music21Object]]
  bars: list[Bar]
  phrase_ends: list[Fraction]


def to_score(text: str, form: str, limits: Limits, repairs: Counter) -> Score:
  """Reads one piece.

  Args:
    text: of the file.
    form: a value of `notation.FORMATS`.
    limits: the caps on tracks and notes.
    repairs: counts by code, added to in place.

  Raises:
    Exception: of any kind, from music21.
    MidiError: 'tracks' or 'notes'.
  """
  music = _parse(text, form)
  music.toSoundingPitch(inPlace=True)
  parts = list(music.parts) or [music]
  limits.check('tracks', len(parts))
  orders = _orders(parts, repairs)
  played = [_play(part, order, repairs) for part, order in zip(parts, orders)]
  notes, tracks = [], []
  for part, of_part in zip(parts, played):
    reader = PartReader(getattr(part, 'partName', None) or '', len(tracks))
    reader.read(of_part.events)
    notes += reader.notes
    tracks += reader.tracks
    limits.check('notes', len(notes))
  return Score(
    np.array(notes, np.int64).reshape(-1, 5),
    tuple(tracks),
    tempi=_rows(_distinct(_tempi(played, repairs)), 2),
    meters=_rows(meters(played[0].bars), 3),
    keys=_rows(_distinct(_keys(played, repairs)), 3),
    resolution=RESOLUTION,
    phrase_ends=np.array(list(map(ticks, played[0].phrase_ends)), np.int64),
  )


def _parse(text, form):
  if form == 'musicxml':
    importer = MusicXMLImporter()
    importer.xmlRootToScore(musicxml.plain(text), importer.stream)
    return importer.stream
  music = music21.converter.parseData(text, format=form)
  return music.scores[0] if isinstance(music, music21.stream.Opus) else music


def _orders(parts, repairs):
  """Of each part the order of its measures, or None: as they are written."""
  try:
    return [repeats.order(part) for part in parts]
  except Exception:  # music21 can raise anything.
    repairs['repeats'] += 1
    return [None] * len(parts)


def _play(part: Part, order: list[int] | None, repairs: Counter) -> Played:
  """What a part is, measure by measure in their order."""
  measures = list(part.getElementsByClass(Measure))
  starts = [Fraction(part.elementOffset(m)) for m in measures]
  contents = [list(_contents(m, repairs)) for m in measures]
  loose = list(_contents(part, repairs))
  standing, signatures = _in_force(measures, contents, loose)
  events, bars, onset, before = loose, [], Fraction(0), -1
  in_order = []
  for place in range(len(measures)) if order is None else order:
    length = Fraction(measures[place].quarterLength)
    if order is None:
      onset = starts[place]
    if place != before + 1:
      events += [(onset, element) for element in standing[place]]
    events += [(onset + at, element) for at, element in contents[place]]
    bars.append(Bar(onset, length, signatures[place]))
    in_order.append((onset, measures[place]))
    onset, before = onset + length, place
  if not measures and (signature := part.timeSignature):
    whole = Fraction(signature.barDuration.quarterLength)
    bars = [Bar(onset, whole, _meter(signature))]
  events.sort(key=lambda event: (event[0], isinstance(event[1], NotRest)))
  return Played(events, bars, list(phrases.ends(in_order)))


def _contents(stream: Stream, repairs: Counter) -> Iterator:
  """(Offset, element) of what is played or in force, measures left out."""
  for element in stream.elements:
    offset = Fraction(stream.elementOffset(element))
    if isinstance(element, music21.harmony.Harmony):
      repairs['chord_symbol'] += 1
    elif isinstance(element, NotRest):
      if element.duration.isGrace:
        repairs['grace'] += len(getattr(element, 'notes', [element]))
      else:
        repairs['zero_length'] += element.quarterLength == 0
        yield offset, element
    elif isinstance(element, _STANDING):
      yield offset, element
    elif isinstance(element, Stream) and not isinstance(element, Measure):
      for at, inner in _contents(element, repairs):
        yield offset + at, inner


def _in_force(measures, contents, loose):
  """What is in force where each measure begins: elements, and the meter."""
  standing, signatures, meter = [], [], None
  now = {_kind(e): e for _, e in loose if isinstance(e, _STANDING)}
  for measure, content in zip(measures, contents):
    standing.append(list(now.values()))
    now |= {_kind(e): e for _, e in content if isinstance(e, _STANDING)}
    signature = measure.timeSignature
    if signature is not None:
      meter = _meter(signature)
    signatures.append(meter)
  return standing, signatures


def _meter(signature):
  return signature.numerator, signature.denominator


def _kind(element):
  return next(kind for kind in _STANDING if isinstance(element, kind))


def _tempi(played, repairs):
  """Onset and microseconds per quarter note, of all parts."""
  found = {}
  for onset, mark in (e for part in played for e in part.events):
    if isinstance(mark, MetronomeMark):
      quarters = mark.getQuarterBPM()
      if quarters is None:
        continue  # A word that has no tempo.
      tempo = round(60e6 / quarters) if quarters > 0 else 0
      if 0 < tempo <= _SLOWEST:
        found.setdefault(onset, tempo)
      else:
        repairs['tempo'] += 1
  yield from sorted(found.items())


def _keys(played, repairs):
  """Onset, sharps and minor, of the first part that has any."""
  signatures = (
    [e for e in part.events if isinstance(e[1], KeySignature)]
    for part in played
  )
  for onset, key in next(filter(None, signatures), []):
    if key.sharps is None or abs(key.sharps) > _MOST_SHARPS:
      repairs['key'] += 1
    else:
      yield onset, key.sharps, int(getattr(key, 'mode', None) == 'minor')


def _distinct(changes):
  """The changes that change something."""
  before = None
  for onset, *values in changes:
    if values != before:
      yield onset, *values
    before = values


def _rows(changes, width):
  """Rows of a table of the Score, from changes at quarter notes."""
  rows = [(ticks(onset), *values) for onset, *values in changes]
  return np.array(rows, np.int64).reshape(-1, width)
