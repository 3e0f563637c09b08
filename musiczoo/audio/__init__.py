"""Sound files <-> Sound: guarded on the way in, the same bytes on the way out."""

from musiczoo.audio.guard import AudioError, LIMITS, Limits, REJECTED
from musiczoo.audio.read import examine, Examined, needed, read, SUFFIXES
from musiczoo.audio.sound import Sound
from musiczoo.audio.write import write

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
