"""Rows of the table of numbers: their order, sections and labels."""

from collections.abc import Iterable

_CHANGES, _PIECES = ', per 100 changes of chord', ', share of pieces'
# What a musician reads first stands first. The names are those of `numbers`.
_SECTIONS = {
  'Voice leading': {
    'parallel fifths per 100 changes': 'parallel fifths' + _CHANGES,
    'parallel octaves per 100 changes': 'parallel octaves' + _CHANGES,
    'hard violations per 100 changes': 'broken hard rules' + _CHANGES,
    'doubled leading tones per 100 changes': 'doubled leading tones' + _CHANGES,
    'leaps over octave per 1000 moves': 'leaps beyond an octave, per 1,000 '
    'moves of a voice',
    'grade': 'grade, distance from the training pieces',
  },
  'Cadences': {
    'phrases end on cadence share': 'phrases that end with a cadence, share',
    'half note cadence late share': 'a cadence onto a long chord near the end'
    + _PIECES,
    'final cadence divergence bits': 'divergence of final cadences, bits',
  },
  'Key and chords': {
    'notes in key of four bars share': 'notes in the key of their four bars, '
    'share',
    'pitch in scale rate': 'notes in the scale of the key, share',
    'scale consistency': 'notes in the scale that fits best, share',
    'beats no triad or seventh share': 'beats without a triad or seventh '
    'chord, share',
    'chord changes per bar': 'changes of chord, per bar',
    'chord bigram divergence bits': 'divergence of pairs of chords, bits',
  },
  'Beginnings and endings': {
    'begins on tonic share': 'begins on the tonic' + _PIECES,
    'begins on root triad share': 'begins on a triad in root position'
    + _PIECES,
    'ends on tonic share': 'ends on the tonic' + _PIECES,
    'ends on cadence share': 'ends with a cadence' + _PIECES,
  },
  'Rhythm and form': {
    'notes per quarter': 'notes, per quarter note',
    'onsets on sixteenths share': 'notes that begin on a sixteenth, share',
    'pieces losing beat share': 'the beat moves' + _PIECES,
    'long chords per four bars': 'long chords, per four bars',
    'soprano bars like earlier share': 'bars of the soprano like an earlier '
    'one, share',
    'groove consistency': 'likeness of the rhythm of neighbouring bars',
    'empty beat rate': 'silent beats, share',
    'drum in pattern rate': 'drums on regular parts of the beat, share',
  },
  'Pitches': {
    'pitch range': 'range in semitones',
    'pitches used': 'different pitches',
    'pitch classes used': 'different pitch classes',
    'pitch class entropy': 'entropy of pitch classes, bits',
    'polyphony': 'notes at once',
  },
  'Size': {'notes': 'notes', 'tracks': 'tracks'},
  'Other numbers': {},
  'Likelihood': {},
  'Copying': {},
}
_PLACES = {
  name: (section, label)
  for section, labels in _SECTIONS.items()
  for name, label in labels.items()
}


def rows(names: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
  """The sections of a table of some numbers: heading, [(name, label), ...].

  A name such as 'polyphony, all windows' is labelled and placed as 'polyphony'.
  Names that are not known keep their order in the section of other numbers.
  """
  found: dict[str, list] = {section: [] for section in _SECTIONS}
  for name in dict.fromkeys(names):
    section, label = _place(name)
    found[section].append((name, label))
  for section, labels in _SECTIONS.items():
    order = list(labels)
    if order:
      found[section].sort(key=lambda row: order.index(_base(row[0])))
  return [(section, of) for section, of in found.items() if of]


def _place(name):
  """The section and the label of a number."""
  base = _base(name)
  if base in _PLACES:
    section, label = _PLACES[base]
    return section, label + name.removeprefix(base)
  if base.split(' ')[0] == 'nats':
    return 'Likelihood', name
  if base.startswith(('copied,', 'longest copy')):
    return 'Copying', name
  return 'Other numbers', name


def _base(name):
  return name.partition(', all ')[0]
