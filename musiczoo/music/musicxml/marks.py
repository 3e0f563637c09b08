"""Tempi and names of chords above the first part, and the last bar line."""

import xml.etree.ElementTree as ET

from musiczoo.music import harmony
from musiczoo.music.chord_names import NO_CHORD, QUALITIES
from musiczoo.music.musicxml import spelling
from musiczoo.music.musicxml.bars import Bar
from musiczoo.music.score import Score

# MusicXML's names of the chords in `QUALITIES`, in their order.
_KINDS = (
  'none,major,minor,diminished,augmented,dominant,major-seventh,'
  'minor-seventh,half-diminished,diminished-seventh'
).split(',')


def above(
  score: Score, bars: list[Bar], chords: bool
) -> list[list[ET.Element]]:
  """The elements that stand above each bar.

  Args:
    score: on the grid of `rhythm`.
    bars: of the Score.
    chords: whether chords are named, at each change and in each bar.
  """
  found = [[] for _ in bars]
  tempi, named = score.tempi.tolist(), _named(score) if chords else []
  for bar, of_bar in zip(bars, found):
    for tick, microseconds in tempi:
      if bar.start <= tick < bar.end:
        of_bar.append(_tempo(60e6 / microseconds, tick - bar.start))
    last = None
    for tick, *chord in named:
      if bar.start <= tick < bar.end and chord != last:
        last = chord
        if chord[1] != NO_CHORD:
          of_bar.append(_harmony(*chord, bar, tick - bar.start))
  return found


def close(measure: ET.Element) -> None:
  """Ends the last measure of a part with a final bar line."""
  line = ET.SubElement(measure, 'barline', location='right')
  ET.SubElement(line, 'bar-style').text = 'light-heavy'


def _named(score):
  return harmony.chords(score).tolist()


def _tempo(quarters, offset):
  direction = ET.Element('direction', placement='above')
  metronome = ET.SubElement(
    ET.SubElement(direction, 'direction-type'), 'metronome'
  )
  text = f'{quarters:.2f}'.rstrip('0').rstrip('.')
  ET.SubElement(metronome, 'beat-unit').text = 'quarter'
  ET.SubElement(metronome, 'per-minute').text = text
  _offset(direction, offset)
  ET.SubElement(direction, 'sound', tempo=text)
  return direction


def _harmony(root, quality, bar, offset):
  element = ET.Element('harmony')
  name = spelling.spell(root, bar.signature)
  of_root = ET.SubElement(element, 'root')
  ET.SubElement(of_root, 'root-step').text = name.step
  if name.alter:
    ET.SubElement(of_root, 'root-alter').text = str(name.alter)
  symbol = list(QUALITIES)[quality]
  ET.SubElement(element, 'kind', text=symbol).text = _KINDS[quality]
  _offset(element, offset)
  return element


def _offset(element, offset):
  if offset:
    ET.SubElement(element, 'offset').text = str(offset)
