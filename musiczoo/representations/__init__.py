"""Score or Sound <-> array, one file each: encode and decode stand side by side."""

from musiczoo.representations import (
    events,
    melody,
    pianoroll,
    spectrogram,
    tracks,
    voices,
)
from musiczoo.representations.representation import Representation

REPRESENTATIONS = {
    'events': events.events,
    'melody': melody.melody,
    'pianoroll': pianoroll.pianoroll,
    'spectrogram': spectrogram.spectrogram,
    'tracks': tracks.tracks,
    'voices': voices.voices,
}

__all__ = ['REPRESENTATIONS', 'Representation']
