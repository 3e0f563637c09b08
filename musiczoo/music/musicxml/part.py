"""One track as a part of MusicXML."""

from collections.abc import Sequence
import xml.etree.ElementTree as ET

import numpy as np

from musiczoo.music.midi.standard import FAMILIES
from musiczoo.music.musicxml import rhythm, spelling
from musiczoo.music.musicxml.bars import Bar
from musiczoo.music.musicxml.note import add, instrument, NoteWriter, Written
from musiczoo.music.musicxml.rhythm import PER_QUARTER, Value
from musiczoo.music.musicxml.staves import Staff, staves
from musiczoo.music.musicxml.voices import Chord
from musiczoo.music.score import PITCH, Track


class Part:
  """The part of one track: its entry in the list of parts, its measures.

  Args:
    index: of the track.
    track: the instrument.
    notes: those of the track, as in `Score.notes`.
    phrase_ends: ticks at which phrases end.
    ids: whether notes have ids, see `write.to_text`.
  """

  def __init__(
    self,
    index: int,
    track: Track,
    notes: np.ndarray,
    phrase_ends: Sequence[int],
    ids: bool,
  ):
    self.id = f'P{index + 1}'
    self._index, self._track = index, track
    self._drums = np.unique(notes[:, PITCH]).tolist() if track.drums else []
    self._staves = staves(track, notes)
    self._writer = NoteWriter(index, track, phrase_ends, ids)

  def header(self) -> ET.Element:
    """Its name and instruments."""
    track = self._track
    element = ET.Element('score-part', id=self.id)
    family = 'drums' if track.drums else FAMILIES[track.program // 8]
    name = ''.join(c for c in track.name if c.isprintable())
    add(element, 'part-name', name or family.capitalize())
    ids = [(instrument(self._index, p), p) for p in self._drums or [None]]
    for of_one, _ in ids:
      one = ET.SubElement(element, 'score-instrument', id=of_one)
      add(one, 'instrument-name', family)
    for of_one, pitch in ids:
      midi = ET.SubElement(element, 'midi-instrument', id=of_one)
      if track.drums:
        add(midi, 'midi-channel', 10)
      add(midi, 'midi-program', track.program + 1)
      if pitch is not None:
        add(midi, 'midi-unpitched', pitch + 1)
    return element

  def measure(self, bar: Bar, above: Sequence[ET.Element]) -> ET.Element:
    """One bar, with the elements that stand above it."""
    element = ET.Element('measure', number=str(bar.number))
    if bar.partial:
      element.set('implicit', 'yes')
    self._attributes(element, bar)
    element.extend(above)
    for staff in self._staves:
      first = min(staff.voices)
      written = {
        number: _written(voice, bar)
        for number, voice in staff.voices.items()
        if number == first or _inside(voice, bar)
      }
      signs = {} if self._track.drums else _signs(written, bar)
      for number, of_voice in written.items():
        if number > 1:
          backup = ET.SubElement(element, 'backup')
          add(backup, 'duration', bar.end - bar.start)
        place = number, *([staff.number] if len(self._staves) > 1 else [])
        self._voice(element, of_voice, place, bar, signs, number == first)
    return element

  def _attributes(self, element, bar):
    attributes = ET.Element('attributes')
    if bar.start == 0:
      add(attributes, 'divisions', PER_QUARTER)
    if bar.new_signature:
      key = ET.SubElement(attributes, 'key')
      add(key, 'fifths', 0 if self._track.drums else bar.signature.sharps)
      add(key, 'mode', 'minor' if bar.signature.minor else 'major')
    if bar.new_time:
      numerator, denominator, shown = bar.new_time
      time = ET.SubElement(attributes, 'time')
      if not shown:
        time.set('print-object', 'no')
      add(time, 'beats', numerator)
      add(time, 'beat-type', denominator)
    if bar.start == 0:
      if len(self._staves) > 1:
        add(attributes, 'staves', len(self._staves))
      for staff in self._staves:
        _clef(attributes, staff)
    if len(attributes):
      element.append(attributes)

  def _voice(self, element, written, place, bar, signs, first):
    if not any(w.chord for w in written) and not bar.partial:
      note = ET.SubElement(element, 'note')
      ET.SubElement(note, 'rest', measure='yes')
      add(note, 'duration', bar.end - bar.start)
      for tag, number in zip(('voice', 'staff'), place):
        add(note, tag, number)
      return
    for one in written:
      if one.chord is None:
        self._writer.rest(element, one, place, shown=first)
      else:
        found = {
          p: signs.get((place[0], one.start, p)) for p in one.chord.pitches
        }
        self._writer.chord(element, one, place, bar.signature, found)


def _clef(attributes, staff: Staff):
  element = ET.SubElement(attributes, 'clef', number=str(staff.number))
  add(element, 'sign', staff.clef.sign)
  if staff.clef.sign != 'percussion':
    add(element, 'line', staff.clef.line)
  if staff.clef.octaves:
    add(element, 'clef-octave-change', staff.clef.octaves)


def _inside(voice: list[Chord], bar: Bar) -> list[Chord]:
  """The chords of a voice that sound in a bar."""
  return [c for c in voice if c.start < bar.end and c.end > bar.start]


def _written(voice: list[Chord], bar: Bar) -> list[Written]:
  """The chords and rests of a voice in a bar, in order."""
  spans, at = [], bar.start
  for chord in _inside(voice, bar):
    start = max(chord.start, bar.start)
    spans += [(at, start, None)] if at < start else []
    at = min(chord.end, bar.end)
    spans.append((start, at, chord))
  spans += [(at, bar.end, None)] if at < bar.end else []
  shift = bar.offset - bar.start
  cuts = [tick + shift for start, end, _ in spans for tick in (start, end)]
  triplets = rhythm.triplets(cuts, bar.end + shift)
  found = [
    (value, chord)
    for start, end, chord in spans
    for value in rhythm.split(
      start + shift, end + shift, bar.meter, triplets, rest=chord is None
    )
  ]
  beams = rhythm.beams([v if chord else None for v, chord in found], bar.meter)
  brackets = _brackets([value for value, _ in found])
  return [
    Written(value, value.start - shift, value.end - shift, chord, *signs)
    for (value, chord), *signs in zip(found, beams, brackets)
  ]


def _signs(written: dict[int, list[Written]], bar: Bar) -> dict:
  """The accidental of each note of a staff, by voice, start and pitch."""
  accidentals, found = spelling.Accidentals(bar.signature.sharps), {}
  notes = sorted(
    (one.start, number, pitch, 'stop' in one.ties)
    for number, of_voice in written.items()
    for one in of_voice
    if one.chord
    for pitch in one.chord.pitches
  )
  for start, number, pitch, tied in notes:
    name = spelling.spell(pitch, bar.signature)
    found[number, start, pitch] = accidentals.needed(name, tied=tied)
  return found


def _brackets(values: list[Value]) -> list[list[str]]:
  """Whether the bracket of a triplet starts or stops at each value."""
  spans = [None, *(value.triplet for value in values), None]
  return [
    ['start'] * (span != before) + ['stop'] * (span != after) if span else []
    for before, span, after in zip(spans, spans[1:], spans[2:])
  ]
