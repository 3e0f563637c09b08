"""Sound files <-> Sound: guarded on the way in, the same bytes on the way out."""

from musiczoo.music.audio.guard import AudioError, LIMITS, Limits, REJECTED
from musiczoo.music.audio.read import examine, Examined, needed, read, SUFFIXES
from musiczoo.music.audio.sound import Sound
from musiczoo.music.audio.write import write

__all__ = [
  'AudioError',
  'Examined',
  'LIMITS',
  'Limits',
  'REJECTED',
  'SUFFIXES',
  'Sound',
  'examine',
  'needed',
  'read',
  'write',
]
