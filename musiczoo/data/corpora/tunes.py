"""Dance tunes and folk songs in ABC, read from the music21 package."""

from collections import Counter
from collections.abc import Mapping, Sequence
import logging
import pathlib
import re
from typing import NamedTuple

from musiczoo.data.corpora import packaged, variants
from musiczoo.data.corpus import Piece
from musiczoo.data.splits import split_of, SPLITS
from musiczoo.music import notation
from musiczoo.music.midi import Limits, MidiError
from musiczoo.music.notation import NotationError
from musiczoo.music.score import end

log = logging.getLogger(__name__)

BOOKS = 'oneills1850', 'ryansMammoth', 'airdsAirs'
# Words of a header or title -> style, the first that is found.
_STYLES = {
  r'slip ?jig': 'slipjig',
  r'jigg?': 'jig',
  r'reel': 'reel',
  r'hornpipe': 'hornpipe',
  r'strathspey': 'strathspey',
  r'(highland )?fling': 'fling',
  r'clog': 'clog',
  r'slide': 'slide',
  r'walk-? ?around': 'walkaround',
  r'quick ?-?step': 'quickstep',
  r'march': 'march',
  r'minuet': 'minuet',
  r'waltz': 'waltz',
  r'air': 'air',
}
# O'Neill's sections: the number of their first tune -> style.
_SECTIONS = {
  1: 'air',
  701: 'jig',
  1116: 'slipjig',
  1176: 'reel',
  1556: 'hornpipe',
  1781: 'longdance',
  1801: '',  # Marches and miscellaneous.
}
_METERS = {
  **dict.fromkeys(('6/8', '12/8', '6/4'), 'jig'),
  '9/8': 'slipjig',
  **dict.fromkeys(('2/4', '4/4', '2/2', 'C', 'C|'), 'reel'),
}
# Of `tunes`, in the order in which a config lists them.
STYLES = (*dict.fromkeys(_STYLES.values()), 'longdance')

_MODES = {
  **{'': 'major', 'maj': 'major', 'ion': 'major', 'm': 'minor'},
  **{'min': 'minor', 'aeo': 'minor', 'dor': 'dorian', 'mix': 'mixolydian'},
  **{'phr': 'phrygian', 'lyd': 'lydian', 'loc': 'locrian'},
}
_KEY = re.compile(r'([A-G])([#b]?)\s*(maj|ion|min|aeo|dor|mix|phr|lyd|loc|m|)')


class Tune(NamedTuple):
  """A tune as it is written.

  Attributes:
    book: the folder of music21's corpus.
    place: the file without its suffix, and the tune's number in it if it has
      several.
    data: the ABC.
  """

  book: str
  place: str
  data: bytes


def load_tunes() -> Mapping[str, Sequence[Piece]]:
  """The tunes of O'Neill's, Ryan's and Aird's books, in three splits.

  The name of a piece is STYLE/KEY/BOOK/FILE#NUMBER TITLE, such as
  'jig/A-major/oneills1850/1001-1031#2 Buttermilk Mary': see `style`, `key`.
  Variants are in one split, see `variants.groups`. The first time takes some
  three minutes of two cores; the cache is as of `packaged.cached`.
  """
  return _load('tunes', BOOKS, style)


def load_essen() -> Mapping[str, Sequence[Piece]]:
  """The folk songs of the Essen collection, in three splits.

  Names are as of `load_tunes`; the style is the collection of the song, the
  name of its file without digits, such as 'han' for China.
  """
  log.warning(
    "corpus 'essen': this data is for non-commercial use; see essenFolksong/"
    "license.txt in music21's corpus"
  )
  return _load('essen', ['essenFolksong'], _collection)


def _load(corpus, books, style_of):
  files = {
    book: packaged.files(corpus, book, '.abc')  # One line a book.
    for book in books
  }
  code = pathlib.Path(__file__).parent
  room = pathlib.Path(notation.__file__).parent
  depends_on = [
    pathlib.Path(__file__),
    code / 'variants.py',
    *sorted(room.glob('*.py')),
    *(file for book in books for file in files[book]),
  ]

  def make(left_out):
    found = [t for book in books for t in tunes_of(book, files[book])]
    parsed = packaged.parsed(parse, found, f'reading {corpus}, once', 'tunes')
    return _split(corpus, zip(found, parsed), style_of, left_out)

  return packaged.cached(corpus, depends_on, make)


def tunes_of(book: str, files: Sequence[pathlib.Path]) -> list[Tune]:
  """The tunes of a book's files, in order."""
  found = []
  for file in files:
    tunes = notation.tunes(file.read_bytes())
    for number, data in enumerate(tunes, 1):
      place = f'{file.stem}#{number}' if len(tunes) > 1 else file.stem
      found.append(Tune(book, place, data))
  return found


def parse(tune: Tune) -> tuple[Piece, dict[str, int]] | str:
  """The tune under the name of its place, what was repaired; or why it can't be.

  Repeats are played.
  """
  where = f'{tune.book}/{tune.place}'
  try:
    score, repairs = notation.read_report('tune.abc', tune.data, Limits())
  except NotationError as error:
    return f'{where} {notation.REJECTED[error.code]}'
  except MidiError as error:
    return f'{where}: {error}'
  if not end(score):
    return f'{where} has no notes'
  return Piece(where, score), repairs


def _split(corpus, parsed, style_of, left_out):
  pieces, repaired = [], Counter()
  for tune, found in parsed:
    if isinstance(found, str):
      left_out.append(found)
      continue
    piece, repairs = found
    repaired.update(repairs.keys())
    name = f'{style_of(tune)}/{key(tune)}/{piece.name}{_title(tune)}'
    pieces.append(piece._replace(name=name))
  for code, count in repaired.items():
    log.warning(
      "corpus '%s': in %d tunes %s", corpus, count, notation.REPAIRED[code]
    )
  groups = variants.groups([piece.score for piece in pieces])
  log.warning(
    "corpus '%s': %d tunes, with their variants %d",
    *(corpus, len(pieces), len(set(groups))),
  )
  splits = {split: [] for split in SPLITS}
  for piece, group in zip(pieces, groups):
    splits[split_of(group)].append(piece)
  return splits


def style(tune: Tune) -> str:
  """The style of a dance tune: one of STYLES.

  By the header R:; else by the section of O'Neill's book that its number is in;
  else by a word of its title; else by the metre: jigs in 6/8, slip jigs in 9/8,
  reels in two or four, airs otherwise.
  """
  header = _fields(tune)
  number = re.match(r'\d+', header['X'])
  section = ''
  if tune.book == 'oneills1850' and number:
    first = max((n for n in _SECTIONS if n <= int(number[0])), default=1)
    section = _SECTIONS[first]
  return (
    _named(header['R'])
    or section
    or _named(header['T'])
    or _METERS.get(header['M'], 'air')
  )


def key(tune: Tune) -> str:
  """The key of a tune and its mode, such as 'A-dorian'; 'unknown' otherwise.

  Score.keys has the same signature, as major where the mode isn't minor.
  """
  header = _fields(tune)['K']
  found = _KEY.match(header[:1] + header[1:].lower())
  if found is None:
    return 'unknown'
  return f'{found[1]}{found[2]}-{_MODES[found[3]]}'


def _collection(tune):
  return tune.place.partition('#')[0].rstrip('0123456789')


def _named(text):
  """The style that a text names; '' if it names none."""
  return next(
    (s for word, s in _STYLES.items() if re.search(rf'\b{word}\b', text, re.I)),
    '',
  )


def _title(tune):
  title = _fields(tune)['T'].replace('/', ' ')
  return f' {title}' if title else ''


def _fields(tune):
  """The first of each field of the head, '' for others."""
  try:
    text = tune.data.decode()
  except UnicodeDecodeError:
    text = tune.data.decode('latin-1')
  found = re.findall(r'(?m)^([A-Z]):([^%\r\n]*)', text)
  fields = dict(reversed(found))  # The first of each.
  return {name: fields.get(name, '').strip() for name in 'XRTMK'}
