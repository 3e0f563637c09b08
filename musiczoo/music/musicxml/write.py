"""Writing of Scores as MusicXML 4.0."""

import os
import xml.etree.ElementTree as ET

import numpy as np

from musiczoo.music import files
from musiczoo.music.musicxml import bars as bars_lib, marks
from musiczoo.music.musicxml.part import Part
from musiczoo.music.musicxml.rhythm import PER_QUARTER
from musiczoo.music.musicxml.staves import staves
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, DURATION, ONSET, Score, TRACK, Track

_COARSE = 12  # Steps a quarter note of music that lies on no finer grid.
_HEAD = (
  '<?xml version="1.0" encoding="UTF-8"?>\n'
  '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
  'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


def to_text(score: Score, *, chords: bool = False, ids: bool = False) -> str:
  """A Score as MusicXML: one part for each track, drums unpitched.

  Notes that lie on a grid of 48 steps a quarter note are kept as they are;
  other music, such as a performance, moves to the nearest of 12. Velocities
  are not written. The key is estimated where the Score has none.

  Args:
    score: with meters, keys, tempi and ends of phrases, if it has them; the
      latter are written as fermatas.
    chords: whether the names of `harmony.chords` stand above the first part.
    ids: whether each note has an id, `n`TRACK`-`START`-`END`-`NUMBER, of its
      written start and end in 48ths of a quarter note.
  """
  root = ET.Element('score-partwise', version='4.0')
  score = on_grid(score)
  encoding = ET.SubElement(ET.SubElement(root, 'identification'), 'encoding')
  ET.SubElement(encoding, 'software').text = 'musiczoo'
  names = ET.SubElement(root, 'part-list')
  bars = bars_lib.bars(score)
  for i, track in enumerate(score.tracks or (Track(),)):
    notes = score.notes[score.notes[:, TRACK] == i]
    part = Part(i, track, notes, score.phrase_ends.tolist(), ids)
    names.append(part.header())
    above = marks.above(score, bars, chords) if i == 0 else [[] for _ in bars]
    element = ET.SubElement(root, 'part', id=part.id)
    for bar, of_bar in zip(bars, above):
      element.append(part.measure(bar, of_bar))
    marks.close(element[-1])
  ET.indent(root, ' ')
  return _HEAD + ET.tostring(root, encoding='unicode') + '\n'


def write(score: Score, path: str | os.PathLike, **options) -> None:
  """Writes `to_text`, whole or not at all."""
  files.write_atomic(path, to_text(score, **options))


def bar_lines(score: Score) -> list[int]:
  """Where the written bars begin, and the last ends, in 48ths of a quarter."""
  bars = bars_lib.bars(on_grid(score))
  return [*(bar.start for bar in bars), bars[-1].end]


def staff_counts(score: Score) -> list[int]:
  """How many staves each track is written in: 1 or 2."""
  tracks = enumerate(score.tracks)
  return [
    len(staves(track, score.notes[score.notes[:, TRACK] == i]))
    for i, track in tracks
  ]


def is_exact(score: Score) -> bool:
  """Whether all notes begin and end on the 48 steps of a quarter note."""
  onset, duration = score.notes[:, ONSET], score.notes[:, DURATION]
  ticks = np.concatenate([onset, onset + duration]).astype(np.int64)
  return not (ticks * PER_QUARTER % score.resolution).any()


def on_grid(score: Score) -> Score:
  """The Score as it is written: `PER_QUARTER` ticks to a quarter note."""
  if not is_exact(score):
    score = quantize(score, _COARSE)
  return quantize(canonical(score), PER_QUARTER)
