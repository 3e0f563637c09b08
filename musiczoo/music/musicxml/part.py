"""One track as a part of MusicXML."""

from collections.abc import Sequence
import xml.etree.ElementTree as ET

import numpy as np

from musiczoo.music.midi.standard import FAMILIES
from musiczoo.music.musicxml import rhythm, spelling
from musiczoo.music.musicxml.bars import Bar
from musiczoo.music.musicxml.rhythm import PER_QUARTER, Value
from musiczoo.music.musicxml.voices import Chord, voices
from musiczoo.music.score import PITCH, Track

# Sign, line, octaves of transposition, and the pitch on the middle line.
_CLEFS = ('G', 2, 0, 71), ('F', 4, 0, 50), ('G', 2, -1, 59)
_TENOR_PENALTY = 3  # Semitones, so that few parts have the octave clef.
# Drums by their place on the staff; others are on its middle line.
_DRUM_LINES = {
  'F4': (35, 36),
  'A4': (41, 43, 45),
  'C5': (37, 38, 39, 40),
  'D5': (47, 48),
  'E5': (50,),
  'G5': (42, 44, 46),
  'F5': (51, 53, 59),
  'A5': (49, 52, 55, 57),
}
_LINES = {pitch: line for line, all in _DRUM_LINES.items() for pitch in all}


class Part:
  """The part of one track: its entry in the list of parts, its measures."""

  def __init__(
    self,
    index: int,
    track: Track,
    notes: np.ndarray,
    phrase_ends: Sequence[int],
    ids: bool,
  ):
    self.id = f'P{index + 1}'
    self._index, self._track, self._notes = index, track, notes
    self._voices = voices(notes)
    self._phrase_ends = frozenset(phrase_ends)
    self._count = 0 if ids else None

  def header(self) -> ET.Element:
    """Its name and instruments."""
    track = self._track
    element = ET.Element('score-part', id=self.id)
    family = 'drums' if track.drums else FAMILIES[track.program // 8]
    name = ''.join(c for c in track.name if c.isprintable())
    _add(element, 'part-name', name or family.capitalize())
    used = sorted({*self._notes[:, PITCH].tolist()}) if track.drums else [None]
    for pitch in used:
      of_pitch = ET.SubElement(
        element, 'score-instrument', id=self._instrument(pitch)
      )
      _add(of_pitch, 'instrument-name', family)
    for pitch in used:
      midi = ET.SubElement(
        element, 'midi-instrument', id=self._instrument(pitch)
      )
      if track.drums:
        _add(midi, 'midi-channel', 10)
      _add(midi, 'midi-program', track.program + 1)
      if track.drums:
        _add(midi, 'midi-unpitched', pitch + 1)
    return element

  def measure(self, bar: Bar, above: Sequence[ET.Element]) -> ET.Element:
    """One bar, with the elements that stand above it."""
    element = ET.Element('measure', number=str(bar.number))
    if bar.partial:
      element.set('implicit', 'yes')
    self._attributes(element, bar)
    element.extend(above)
    accidentals = spelling.Accidentals(bar.signature.sharps)
    written = [
      (number, self._written(voice, bar))
      for number, voice in enumerate(self._voices, 1)
    ]
    written = [(n, w) for n, w in written if n == 1 or _sounds(w)]
    signs = self._signs(written, bar, accidentals)
    for number, of_voice in written:
      if number > 1:
        backup = ET.SubElement(element, 'backup')
        _add(backup, 'duration', bar.end - bar.start)
      self._voice(element, number, of_voice, bar, signs)
    return element

  def _attributes(self, element, bar):
    attributes = ET.Element('attributes')
    if bar.start == 0:
      _add(attributes, 'divisions', PER_QUARTER)
    if bar.new_signature and not self._track.drums:
      key = ET.SubElement(attributes, 'key')
      _add(key, 'fifths', bar.signature.sharps)
      _add(key, 'mode', 'minor' if bar.signature.minor else 'major')
    if bar.new_time:
      numerator, denominator, shown = bar.new_time
      time = ET.SubElement(attributes, 'time')
      if not shown:
        time.set('print-object', 'no')
      _add(time, 'beats', numerator)
      _add(time, 'beat-type', denominator)
    if bar.start == 0:
      self._clef(ET.SubElement(attributes, 'clef'))
    if len(attributes):
      element.append(attributes)

  def _clef(self, element):
    if self._track.drums:
      _add(element, 'sign', 'percussion')
      return
    sign, line, octaves, _ = clef(self._notes[:, PITCH])
    _add(element, 'sign', sign)
    _add(element, 'line', line)
    if octaves:
      _add(element, 'clef-octave-change', octaves)

  def _written(self, voice: list[Chord], bar: Bar):
    """(value, chord or None for a rest) of a voice in a bar, in order."""
    inside = [c for c in voice if c.start < bar.end and c.end > bar.start]
    shift = bar.offset - bar.start
    first, last = bar.offset, bar.end + shift
    spans, at = [], first
    for chord in inside:
      start = max(chord.start + shift, first)
      spans += [(at, start, None)] if at < start else []
      at = min(chord.end + shift, last)
      spans.append((start, at, chord))
    spans += [(at, last, None)] if at < last else []
    cuts = [tick for start, end, _ in spans for tick in (start, end)]
    triplets = rhythm.triplets(cuts, last)
    return [
      (value, chord)
      for start, end, chord in spans
      for value in rhythm.split(
        start, end, bar.meter, triplets, rest=chord is None
      )
    ]

  def _signs(self, written, bar, accidentals):
    """The accidental of each note of a bar, by voice, start and pitch."""
    found, shift = {}, bar.start - bar.offset
    notes = sorted(
      (value.start, number, pitch, value.start + shift > chord.start)
      for number, of_voice in written
      for value, chord in of_voice
      if chord and not self._track.drums
      for pitch in chord.pitches
    )
    for start, number, pitch, tied in notes:
      name = spelling.spell(pitch, bar.signature)
      found[number, start, pitch] = accidentals.needed(name, tied=tied)
    return found

  def _voice(self, element, number, written, bar, signs):
    if not _sounds(written) and not bar.partial:
      self._whole_rest(element, bar)
      return
    sounding = [value if chord else None for value, chord in written]
    beams = rhythm.beams(sounding, bar.meter)
    triplets = _brackets([value for value, _ in written])
    shift = bar.start - bar.offset
    for (value, chord), of_value, brackets in zip(written, beams, triplets):
      start, end = value.start + shift, value.end + shift
      for i, pitch in enumerate(chord.pitches if chord else [None]):
        note = ET.SubElement(element, 'note')
        if chord is None:
          if number > 1:
            note.set('print-object', 'no')
          ET.SubElement(note, 'rest')
          ties = []
        else:
          self._pitch(note, pitch, bar, start, end, chord=i > 0)
          ties = ['stop'] * (start > chord.start)
          ties += ['start'] * (end < chord.end)
        _add(note, 'duration', end - start)
        for tie in ties:
          ET.SubElement(note, 'tie', type=tie)
        if chord and self._track.drums:
          ET.SubElement(note, 'instrument', id=self._instrument(pitch))
        _value(note, value, number, signs.get((number, value.start, pitch)))
        for level, beam in enumerate(of_value if i == 0 else [], 1):
          _add(note, 'beam', beam).set('number', str(level))
        ended = chord and end == chord.end and end in self._phrase_ends
        _notations(note, ties, brackets if i == 0 else [], ended and i == 0)

  def _whole_rest(self, element, bar):
    note = ET.SubElement(element, 'note')
    ET.SubElement(note, 'rest', measure='yes')
    _add(note, 'duration', bar.end - bar.start)
    _add(note, 'voice', 1)

  def _pitch(self, note, pitch, bar, start, end, *, chord):
    if self._count is not None:
      self._count += 1
      note.set('id', f'n{self._index}-{start}-{end}-{self._count}')
    if chord:
      ET.SubElement(note, 'chord')
    if self._track.drums:
      step, octave = _LINES.get(pitch, 'B4')
      place = ET.SubElement(note, 'unpitched')
      _add(place, 'display-step', step)
      _add(place, 'display-octave', octave)
      return
    name = spelling.spell(pitch, bar.signature)
    element = ET.SubElement(note, 'pitch')
    _add(element, 'step', name.step)
    if name.alter:
      _add(element, 'alter', name.alter)
    _add(element, 'octave', name.octave)

  def _instrument(self, pitch):
    return f'{self.id}-I{1 if pitch is None else pitch + 1}'


def clef(pitches: np.ndarray) -> tuple[str, int, int, int]:
  """The clef whose middle line is nearest to the mean of the pitches.

  Returns:
    Sign, line, octaves of transposition, the pitch on the middle line.
  """
  mean = pitches.mean() if len(pitches) else _CLEFS[0][3]
  return min(
    _CLEFS, key=lambda c: abs(mean - c[3]) + _TENOR_PENALTY * (c[2] != 0)
  )


def _sounds(written):
  return any(chord for _, chord in written)


def _value(note, value, voice, accidental):
  _add(note, 'voice', voice)
  _add(note, 'type', value.type)
  for _ in range(value.dots):
    ET.SubElement(note, 'dot')
  if accidental:
    _add(note, 'accidental', accidental)
  if value.triplet:
    ratio = ET.SubElement(note, 'time-modification')
    _add(ratio, 'actual-notes', 3)
    _add(ratio, 'normal-notes', 2)


def _notations(note, ties, brackets, fermata):
  if not (ties or brackets or fermata):
    return
  notations = ET.SubElement(note, 'notations')
  for tie in ties:
    ET.SubElement(notations, 'tied', type=tie)
  for bracket in brackets:
    ET.SubElement(notations, 'tuplet', type=bracket)
  if fermata:
    ET.SubElement(notations, 'fermata', type='upright')


def _brackets(values: list[Value]) -> list[list[str]]:
  """Whether the bracket of a triplet starts or stops at each value."""
  spans = [None, *(value.triplet for value in values), None]
  return [
    ['start'] * (span != before) + ['stop'] * (span != after) if span else []
    for before, span, after in zip(spans, spans[1:], spans[2:])
  ]


def _add(parent, tag, value):
  element = ET.SubElement(parent, tag)
  element.text = str(value)
  return element
