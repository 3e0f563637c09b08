"""Score <-> array, one file each: encode and decode stand side by side."""

from musiczoo.representations import (
    events,
    melody,
    pianoroll,
    tracks,
    voices,
)
from musiczoo.representations.representation import Representation

REPRESENTATIONS = {
    'events': events.events,
    'melody': melody.melody,
    'pianoroll': pianoroll.pianoroll,
    'tracks': tracks.tracks,
    'voices': voices.voices,
}

__all__ = ['REPRESENTATIONS', 'Representation']
