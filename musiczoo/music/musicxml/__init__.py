"""Writing of MusicXML, the format of notation programs."""

from musiczoo.music.musicxml.write import (
  bar_lines,
  is_exact,
  staff_counts,
  to_text,
  write,
)

__all__ = ['bar_lines', 'is_exact', 'staff_counts', 'to_text', 'write']
