"""Names of files in a zip that does not say how they are encoded."""

import re
import zipfile

_UTF8 = 0x800  # The flag of a name in UTF-8.
# Of code page 437, the letters: what else it has above ASCII are frames and signs.
_CP437 = re.compile(rb'[\x00-\x7f\x80-\x9a\xa0-\xa5]*')
_C1 = re.compile(
  rb'[\x80-\x9f]'
)  # Controls in Latin-1, of which none is a name.
_JAPANESE = re.compile('[\u3005-\u9fff]')
_JAPANESE_WORD = re.compile('[\u3000-\u9fff]{2}')


def name_of(info: zipfile.ZipInfo) -> str:
  """The name of a member, which a zip without the flag has as mere bytes.

  It is in UTF-8, as macOS writes it, or else in Shift-JIS, in code page 437 (the
  standard's) or in Windows-1252, of which Latin-1 has the letters: in the first
  in which it is words. Any bytes have a name.
  """
  if info.flag_bits & _UTF8:
    return info.filename
  data = info.filename.encode('cp437')  # As it was decoded.
  if text := _decoded(data, 'utf-8'):
    return text
  japanese = _decoded(data, 'shift_jis')
  if _JAPANESE_WORD.search(japanese):
    return japanese
  if _CP437.fullmatch(data):
    return info.filename
  if _C1.search(data) and _JAPANESE.search(japanese):
    return japanese
  return _decoded(data, 'cp1252') or info.filename


def _decoded(data, encoding):
  """The text, or '' if it is in another encoding."""
  try:
    return data.decode(encoding)
  except UnicodeDecodeError:
    return ''
