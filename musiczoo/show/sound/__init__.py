"""A Score walks in; what it sounds like, a .wav file, walks out."""

from musiczoo.show.sound.player import find, Player
from musiczoo.show.sound.wav import write

__all__ = ['Player', 'find', 'write']
