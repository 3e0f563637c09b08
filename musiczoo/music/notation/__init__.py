"""Reading of MusicXML, ABC and kern to a canonical Score, with music21."""

from musiczoo.music.notation.abc import tunes
from musiczoo.music.notation.read import (
  FORMATS,
  NotationError,
  read_report,
  REJECTED,
  REPAIRED,
  suffix,
)

__all__ = [
  'FORMATS',
  'NotationError',
  'read_report',
  'REJECTED',
  'REPAIRED',
  'suffix',
  'tunes',
]
