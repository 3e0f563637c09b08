"""Writing of MusicXML, the format of notation programs."""

from musiczoo.music.musicxml.write import to_text, write

__all__ = ['to_text', 'write']
