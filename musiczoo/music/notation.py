"""Conversion of MusicXML and ABC to MIDI, by music21."""

import codecs
import contextlib
import io
import os
import warnings
import zipfile

from musiczoo.music.midi import Limits, MidiError

FORMATS = {
  '.abc': 'abc',
  '.musicxml': 'musicxml',
  '.mxl': 'musicxml',
  '.xml': 'musicxml',
}


class NotationError(Exception):
  """Notation that can't be read; `code` is the reason."""

  def __init__(self, code: str):
    super().__init__(code)
    self.code = code


def suffix(name: str) -> str:
  return os.path.splitext(name)[1].lower()


def to_midi(name: str, data: bytes, limits: Limits) -> bytes:
  """Reads notation with music21 as it would be played, repeats and all.

  Args:
    name: of the file; its suffix is a key of FORMATS.
    data: the file.
    limits: the cap on its bytes, also when unpacked.

  Raises:
    NotationError: 'music21' if that is not installed, 'notation' if it can't
      read the file.
    MidiError: 'bytes'.
  """
  try:
    import music21  # Here: it takes a second, and most files do without.
  except ImportError:
    raise NotationError('music21') from None
  try:
    limits.check('bytes', len(data))
    if suffix(name) == '.mxl':
      data = _unpack(data, limits)
    # Its warnings are of files that can't be repaired here.
    with warnings.catch_warnings(), open(os.devnull, 'w') as nowhere:
      warnings.simplefilter('ignore')
      with contextlib.redirect_stderr(nowhere):
        music = music21.converter.parseData(
          _text(data), format=FORMATS[suffix(name)]
        )
        return music21.midi.translate.streamToMidiFile(music).writestr()
  except (MemoryError, MidiError):
    raise
  except Exception as error:  # music21 can raise anything.
    raise NotationError('notation') from error


def tunes(data: bytes) -> list[bytes]:
  """The tunes of an ABC file, each with the lines before the first."""
  header, tunes = [], []
  for line in io.BytesIO(data):
    if line.startswith(b'X:'):
      tunes.append([])
    (tunes[-1] if tunes else header).append(line)
  return [b''.join(header + tune) for tune in tunes] or [data]


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
