"""MusicXML without what bears on no note, which music21 reads in half the time."""

import xml.etree.ElementTree as ET

# How music looks, and how it is played where that changes no note.
_OF_NOTES = {'beam', 'lyric', 'notehead', 'notehead-text', 'play', 'stem'}
_NOTATIONS = {
  'accidental-mark',
  'arpeggiate',
  'glissando',
  'non-arpeggiate',
  'ornaments',
  'slide',
  'slur',
  'technical',
}
_DIRECTIONS = {'bracket', 'dashes', 'pedal', 'wedge'}
_LAYOUT = {
  *('default-x', 'default-y', 'relative-x', 'relative-y', 'placement'),
  *('color', 'font-family', 'font-size', 'font-style', 'font-weight'),
}


def plain(text: str) -> ET.Element:
  """The root of a file of MusicXML, with less in it.

  Raises:
    xml.etree.ElementTree.ParseError: the text is no XML.
    ValueError: it is no score of parts.
  """
  root = ET.fromstring(text)
  if root.tag != 'score-partwise':
    raise ValueError(root.tag)
  for element in root.iter():
    for name in _LAYOUT & element.attrib.keys():
      del element.attrib[name]
  for measure in root.iter('measure'):
    _remove(measure, {'print'})
    for direction in measure.findall('direction'):
      for kind in direction.findall('direction-type'):
        _remove(kind, _DIRECTIONS)
        if not len(kind):
          direction.remove(kind)
      if direction.find('direction-type') is direction.find('sound') is None:
        measure.remove(direction)
  for note in root.iter('note'):
    _remove(note, _OF_NOTES)
    for notations in note.findall('notations'):
      _remove(notations, _NOTATIONS)
  return root


def _remove(element, tags):
  for child in [child for child in element if child.tag in tags]:
    element.remove(child)
