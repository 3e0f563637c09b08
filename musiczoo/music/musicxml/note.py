"""The notes and rests of a part as elements of MusicXML."""

from collections.abc import Sequence
from typing import NamedTuple
import xml.etree.ElementTree as ET

from musiczoo.music.musicxml import spelling
from musiczoo.music.musicxml.rhythm import Value
from musiczoo.music.musicxml.voices import Chord
from musiczoo.music.score import Track

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


class Written(NamedTuple):
  """A chord, or a rest, as it is written in a voice.

  Attributes:
    value: its type and its place in the bar.
    start, end: ticks; a tie joins it to what the chord lasts beyond them.
    chord: None for a rest.
    beams: from the outermost on.
    brackets: 'start' or 'stop' of its triplet.
  """

  value: Value
  start: int
  end: int
  chord: Chord | None
  beams: Sequence[str]
  brackets: Sequence[str]

  @property
  def ties(self) -> list[str]:
    """'stop' and 'start' of ties to what is written before and after."""
    if self.chord is None:
      return []
    before, after = self.start > self.chord.start, self.end < self.chord.end
    return ['stop'] * before + ['start'] * after


class NoteWriter:
  """Writes the notes of one part.

  Args:
    index: of the part.
    track: its instrument.
    phrase_ends: ticks; notes that end there have fermatas.
    ids: whether notes have ids, see `write.to_text`.
  """

  def __init__(
    self, index: int, track: Track, phrase_ends: Sequence[int], ids: bool
  ):
    self._index, self._track = index, track
    self._phrase_ends = frozenset(phrase_ends)
    self._count = 0 if ids else None

  def rest(
    self, measure: ET.Element, written: Written, voice, *, shown: bool
  ) -> None:
    """Adds a rest, which takes its place even if it is not shown."""
    note = ET.SubElement(measure, 'note')
    if not shown:
      note.set('print-object', 'no')
    ET.SubElement(note, 'rest')
    add(note, 'duration', written.end - written.start)
    _value(note, written.value, voice, None)
    _notations(note, [], written.brackets, False)

  def chord(
    self, measure: ET.Element, written: Written, voice, signature, accidentals
  ) -> None:
    """Adds the notes of a chord.

    Args:
      measure: the element that they are added to.
      written: the chord.
      voice: number of the voice, and of the staff where there are two.
      signature: the key.
      accidentals: of pitches that need one, as MusicXML names it.
    """
    ended = written.end == written.chord.end
    ended = ended and written.end in self._phrase_ends
    for i, pitch in enumerate(written.chord.pitches):
      note = ET.SubElement(measure, 'note')
      if self._count is not None:
        self._count += 1
        place = f'{written.start}-{written.end}-{self._count}'
        note.set('id', f'n{self._index}-{place}')
      if i:
        ET.SubElement(note, 'chord')
      self._pitch(note, pitch, signature)
      add(note, 'duration', written.end - written.start)
      for tie in written.ties:
        ET.SubElement(note, 'tie', type=tie)
      if self._track.drums:
        ET.SubElement(note, 'instrument', id=instrument(self._index, pitch))
      _value(note, written.value, voice, accidentals.get(pitch))
      for level, beam in enumerate([] if i else written.beams, 1):
        add(note, 'beam', beam).set('number', str(level))
      brackets = [] if i else written.brackets
      _notations(note, written.ties, brackets, ended and not i)

  def _pitch(self, note, pitch, signature):
    if self._track.drums:
      step, octave = _LINES.get(pitch, 'B4')
      place = ET.SubElement(note, 'unpitched')
      add(place, 'display-step', step)
      add(place, 'display-octave', octave)
      return
    name = spelling.spell(pitch, signature)
    element = ET.SubElement(note, 'pitch')
    add(element, 'step', name.step)
    if name.alter:
      add(element, 'alter', name.alter)
    add(element, 'octave', name.octave)


def instrument(index: int, pitch: int | None) -> str:
  """The id of the instrument of a part, or of one of its drums."""
  return f'P{index + 1}-I{1 if pitch is None else pitch + 1}'


def add(parent: ET.Element, tag: str, value) -> ET.Element:
  """Adds an element with a text."""
  element = ET.SubElement(parent, tag)
  element.text = str(value)
  return element


def _value(note, value, voice, accidental):
  number, *staff = voice
  add(note, 'voice', number)
  add(note, 'type', value.type)
  for _ in range(value.dots):
    ET.SubElement(note, 'dot')
  if accidental:
    add(note, 'accidental', accidental)
  if value.triplet:
    ratio = ET.SubElement(note, 'time-modification')
    add(ratio, 'actual-notes', 3)
    add(ratio, 'normal-notes', 2)
  for of_staff in staff:
    add(note, 'staff', of_staff)


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
