"""Synthesis of Scores as .wav files."""

from musiczoo.show.sound.player import find, Player
from musiczoo.show.sound.wav import write

__all__ = ['Player', 'find', 'write']
