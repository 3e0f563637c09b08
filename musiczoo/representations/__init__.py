"""Representations: Score or Sound <-> array, each with encode and decode."""

from musiczoo.representations import (
  compound,
  events,
  melody,
  pianoroll,
  spectrogram,
  tracks,
  voices,
)
from musiczoo.representations.representation import Representation

OF_SCORES = {
  'compound': compound.compound,
  'events': events.events,
  'melody': melody.melody,
  'pianoroll': pianoroll.pianoroll,
  'tracks': tracks.tracks,
  'voices': voices.voices,
}
OF_SOUNDS = {'spectrogram': spectrogram.spectrogram}
REPRESENTATIONS = OF_SCORES | OF_SOUNDS

__all__ = ['OF_SCORES', 'OF_SOUNDS', 'REPRESENTATIONS', 'Representation']
