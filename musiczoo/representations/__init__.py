"""Score <-> array, one file each: encode and decode stand side by side."""

from musiczoo.representations.melody import melody
from musiczoo.representations.pianoroll import pianoroll
from musiczoo.representations.representation import Representation
from musiczoo.representations.voices import voices

REPRESENTATIONS = {
    'melody': melody,
    'pianoroll': pianoroll,
    'voices': voices,
}

__all__ = ['REPRESENTATIONS', 'Representation']
