"""Masses of Palestrina in kern, read from the music21 package."""

from collections.abc import Mapping, Sequence
import logging
import pathlib
import re

from musiczoo.data.corpora import packaged
from musiczoo.data.corpus import Piece
from musiczoo.data.splits import split_of, SPLITS
from musiczoo.music import notation
from musiczoo.music.midi import Limits, MidiError
from musiczoo.music.notation import NotationError
from musiczoo.music.score import end

log = logging.getLogger(__name__)

VOICES = 4


def load() -> Mapping[str, Sequence[Piece]]:
  """The movements of all masses, in three splits; each voice is a track.

  The name of a piece is MASS/FILE. The movements of a mass are made of the same
  melodies, so they are in one split, as are masses of one title. The first time
  takes some four minutes of two cores; the cache is as of `packaged.cached`. A
  line on stderr says what the terms are, and how many movements are not in four
  voices.
  """
  log.warning(
    "corpus 'palestrina': rights to all derivative electronic formats are "
    "reserved; see the end of each file in music21's corpus/palestrina"
  )
  files = packaged.files('palestrina', 'palestrina', '.krn')
  room = pathlib.Path(notation.__file__).parent
  code = [pathlib.Path(__file__), *sorted(room.glob('*.py'))]
  splits = packaged.cached(
    'palestrina', [*code, *files], lambda left_out: _make(files, left_out)
  )
  tracks = [len(p.score.tracks) for split in SPLITS for p in splits[split]]
  others = sum(number != VOICES for number in tracks)
  log.warning(
    "corpus 'palestrina': %d of %d movements are not in four voices; the "
    'representation voices keeps the highest, the lowest and two between',
    *(others, len(tracks)),
  )
  return splits


def parse(file: pathlib.Path) -> Piece | str:
  """One movement; or why it can't be read."""
  data = file.read_bytes()
  try:
    score, _ = notation.read_report(file.name, data, Limits())
  except NotationError as error:
    return f'{file.name} {notation.REJECTED[error.code]}'
  except MidiError as error:
    return f'{file.name}: {error}'
  if not end(score):
    return f'{file.name} has no notes'
  found = re.search(rb'(?m)^!!!OPR:[ \t]*([^\r\n]+)', data)
  mass = found[1].decode('utf-8', 'replace').strip() if found else file.stem
  return Piece(f'{mass.replace("/", " ")}/{file.stem}', score)


def _make(files, left_out):
  splits = {split: [] for split in SPLITS}
  for found in packaged.parsed(parse, files, 'reading Palestrina, once'):
    if isinstance(found, str):
      left_out.append(found)
    else:
      splits[split_of(mass_of(found.name))].append(found)
  return splits


def mass_of(name: str) -> str:
  """The title of the mass that a piece is of, without number or year."""
  return re.sub(r'\s*\([^)]*\)$', '', name.split('/')[0])
