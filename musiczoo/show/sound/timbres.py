"""Timbres of instruments and drums, for the synthesizer and the page.

Both synthesizers, that in NumPy (`synth`) and that of the page in JavaScript,
read these tables, so that a piece sounds alike in both.
"""

from typing import NamedTuple


class Timbre(NamedTuple):
  """The timbre of a family of instruments. Times are in seconds.

  Attributes:
    harmonics: the amplitude of the fundamental, of twice its pitch, and so on.
    attack: time to the peak.
    decay: time constant of the decay to `sustain`.
    sustain: level while the note is held, as a share of the peak.
    release: time to silence after the end of the note.
    detune: cents between two oscillators; 0: there is one.
    level: volume relative to others.
  """

  harmonics: tuple[float, ...]
  attack: float
  decay: float
  sustain: float
  release: float
  detune: float = 0
  level: float = 1.0


class Drum(NamedTuple):
  """The timbre of a drum: a falling tone, and noise. Times are in seconds.

  Attributes:
    tone: Hz of the tone at the onset.
    bend: Hz that it falls to.
    body: volume of the tone.
    noise: volume of the noise.
    bright: cutoff of the noise's high-pass filter in Hz.
    decay: time constant of both.
  """

  tone: float
  bend: float
  body: float
  noise: float
  bright: float
  decay: float


# Of eight General MIDI programs each, in their order.
FAMILIES = (
    # Piano.
    Timbre((1, .5, .28, .16, .1, .07, .04, .02), .004, .9, .05, .25, 2, .9),
    # Chromatic percussion.
    Timbre((1, .05, 0, .45, 0, 0, .12, 0, .06), .002, .5, 0, .5, 0, .8),
    # Organ.
    Timbre((.8, .7, .35, .4, 0, .2, 0, .2), .02, 1, 1, .08, 0, .55),
    # Guitar.
    Timbre((1, .7, .45, .25, .2, .12, .08), .003, .55, .03, .15, 0, .85),
    # Bass.
    Timbre((1, .6, .25, .12, .05), .006, .8, .25, .1, 0, 1.1),
    # Strings.
    Timbre((1, .5, .33, .25, .2, .16, .12, .08), .07, .6, .8, .25, 9, .5),
    # Ensemble, with the choirs of chorales.
    Timbre((1, .55, .3, .1, .06, .03), .06, .8, .8, .3, 11, .6),
    # Brass.
    Timbre((.8, 1, .8, .6, .4, .28, .18, .1), .035, .5, .75, .12, 0, .45),
    # Reed.
    Timbre((1, .12, .6, .1, .35, .06, .18), .03, .5, .8, .12, 0, .5),
    # Pipe.
    Timbre((1, .16, .06, .02), .05, .5, .85, .15, 4, .7),
    # Synth lead.
    Timbre((1, .5, .33, .25, .2, .16, .14, .12, .1), .01, .4, .6, .12, 6, .4),
    # Synth pad.
    Timbre((1, .4, .2, .14, .05), .2, 1, .9, .6, 14, .5),
    # Synth effects.
    Timbre((1, .2, .35, .1, .2), .12, 1, .7, .6, 17, .45),
    # Ethnic.
    Timbre((1, .8, .5, .4, .25, .2, .1), .003, .35, .02, .15, 5, .75),
    # Percussive.
    Timbre((1, .1, .25, .08), .002, .18, 0, .15, 0, .9),
    # Sound effects.
    Timbre((1, .3, .3, .3, .3), .1, .5, .4, .4, 30, .3),
)

_TICK = Drum(800, 700, .4, .3, 2000, .05)
_SHAKER = Drum(0, 0, 0, .4, 5000, .05)
_HAT, _OPEN = Drum(0, 0, 0, .5, 7000, .035), Drum(0, 0, 0, .5, 6500, .2)
_SNARE = Drum(220, 170, .45, .7, 1200, .11)
_CRASH, _RIDE = Drum(0, 0, 0, .55, 4000, .7), Drum(520, 520, .08, .35, 6000, .4)
_KICK = Drum(150, 46, 1.2, .08, 1500, .16)


def _tom(hertz):
  return Drum(1.6 * hertz, hertz, .9, .1, 800, .2)


# By pitch in General MIDI's drum kit; `OTHER` is for all others.
DRUMS = {
    35: _KICK, 36: _KICK, 37: _TICK, 38: _SNARE, 40: _SNARE,
    39: Drum(0, 0, 0, .8, 900, .09),
    41: _tom(80), 43: _tom(95), 45: _tom(115), 47: _tom(135), 48: _tom(160),
    50: _tom(190), 42: _HAT, 44: _HAT, 46: _OPEN, 49: _CRASH, 52: _CRASH,
    55: _CRASH, 57: _CRASH, 51: _RIDE, 53: _RIDE, 59: _RIDE,
    54: _SHAKER, 69: _SHAKER, 70: _SHAKER, 82: _SHAKER,
    56: Drum(560, 540, .6, .05, 2000, .12),
    60: _tom(330), 61: _tom(240), 62: _tom(300), 63: _tom(260), 64: _tom(190),
}
OTHER = _TICK


def loudness(velocity):
  """The volume of a MIDI velocity, 0 to 1."""
  return (velocity / 127) ** 1.5


def places(num_tracks: int) -> list[float]:
  """The panning of tracks, from -1, left, to 1, right: evenly spread."""
  middle = (num_tracks - 1) / 2
  return [0.6 * (i - middle) / max(middle, 1) for i in range(num_tracks)]
