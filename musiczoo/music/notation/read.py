"""Reading of a file of notation as it would be played, repeats and all."""

import codecs
from collections import Counter
import contextlib
import gc
import io
import os
import warnings
import zipfile

from musiczoo.music.midi import guard, Limits, MidiError
from musiczoo.music.midi.read import check_ticks
from musiczoo.music.notation import abc
from musiczoo.music.score import canonical, Score
from musiczoo.music.tempo import length_seconds

FORMATS = {
  '.abc': 'abc',
  '.krn': 'humdrum',
  '.musicxml': 'musicxml',
  '.mxl': 'musicxml',
  '.xml': 'musicxml',
}

# Why a file can't be read: code -> the reason.
REJECTED = {
  'music21': "is notation, which needs the extra 'corpora': pip install music21",
  'notation': 'is no MusicXML, ABC or kern that music21 can read',
}
# What is repaired and counted: code -> what was done.
REPAIRED = {
  'grace': 'a grace note, which has no length of its own, was left out',
  'chord_symbol': 'a chord symbol, which is not to be played, was left out',
  'repeats': 'repeats that contradict each other were read as written, once',
  'tempo': 'a tempo without a number, or an impossible one, was ignored',
  'key': guard.REPAIRED['key'],
  'zero_length': guard.REPAIRED['zero_length'],
}


class NotationError(Exception):
  """Notation that can't be read; `code` is of REJECTED."""

  def __init__(self, code: str):
    super().__init__(code)
    self.code = code


def suffix(name: str) -> str:
  return os.path.splitext(name)[1].lower()


def read_report(
  name: str, data: bytes, limits: Limits
) -> tuple[Score, dict[str, int]]:
  """Reads one piece of notation as a canonical Score.

  Pitches are those that sound. Notes that are tied are one note. Every part
  is a track; of a part on two staves, each staff. Phrases end with the notes
  and rests under a fermata in the upper voice of the first part.

  Args:
    name: of the file; its suffix is a key of FORMATS.
    data: the file; of ABC a single tune.
    limits: the most it may hold, also when unpacked.

  Returns:
    the Score, and how often each code of REPAIRED was needed; codes that were
    not are left out.

  Raises:
    NotationError: 'music21' if that is not installed, 'notation' if it can't
      read the file.
    MidiError: a limit is exceeded.
  """
  try:
    import music21  # noqa: F401  Here: it takes a second, most files do without.
  except ImportError:
    raise NotationError('music21') from None
  repairs = Counter()
  try:
    limits.check('bytes', len(data))
    if suffix(name) == '.mxl':
      data = _unpack(data, limits)
    with _quiet(), _uncollected():
      raw = _score(_text(data), FORMATS[suffix(name)], limits, repairs)
  except (MemoryError, MidiError):
    raise
  except Exception as error:  # music21 can raise anything.
    raise NotationError('notation') from error
  check_ticks(raw, limits)
  score = canonical(raw)
  limits.check('seconds', length_seconds(score))
  return score, {code: repairs[code] for code in REPAIRED if repairs[code]}


def _score(text, form, limits, repairs):
  from musiczoo.music.notation import parsed  # It imports music21.

  if form == 'abc':
    text = abc.plain(text, repairs)
  return parsed.to_score(text, form, limits, repairs)


@contextlib.contextmanager
def _quiet():
  """Hides music21's warnings: of files that can't be repaired here."""
  with warnings.catch_warnings(), open(os.devnull, 'w') as nowhere:
    warnings.simplefilter('ignore')
    with contextlib.redirect_stderr(nowhere):
      yield


@contextlib.contextmanager
def _uncollected():
  """Without garbage collection, a third of the time that music21 takes."""
  enabled = gc.isenabled()
  gc.disable()
  try:
    yield
  finally:
    if enabled:
      gc.enable()


def _text(data):
  """What isn't in UTF leaves marks in words only: notes are plain ASCII."""
  wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
  return data.decode('utf-16' if wide else 'utf-8-sig', 'replace')


def _unpack(data, limits):
  """The score of a compressed MusicXML file, which is a zip."""
  with zipfile.ZipFile(io.BytesIO(data)) as archive:
    names = [
      n
      for n in archive.namelist()
      if not n.startswith('META-INF') and suffix(n) in ('.xml', '.musicxml')
    ]
    with archive.open(names[0]) as file:
      data = file.read(limits.bytes + 1)
  limits.check('bytes', len(data))
  return data
