"""A Score walks in; what it sounds like, a .wav file, walks out."""

from musiczoo.sound.player import find, Player
from musiczoo.sound.wav import write

__all__ = ['Player', 'find', 'write']
