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
  Timbre(
    (1, 0.5, 0.28, 0.16, 0.1, 0.07, 0.04, 0.02), 0.004, 0.9, 0.05, 0.25, 2, 0.9
  ),
  # Chromatic percussion.
  Timbre((1, 0.05, 0, 0.45, 0, 0, 0.12, 0, 0.06), 0.002, 0.5, 0, 0.5, 0, 0.8),
  # Organ.
  Timbre((0.8, 0.7, 0.35, 0.4, 0, 0.2, 0, 0.2), 0.02, 1, 1, 0.08, 0, 0.55),
  # Guitar.
  Timbre(
    (1, 0.7, 0.45, 0.25, 0.2, 0.12, 0.08), 0.003, 0.55, 0.03, 0.15, 0, 0.85
  ),
  # Bass.
  Timbre((1, 0.6, 0.25, 0.12, 0.05), 0.006, 0.8, 0.25, 0.1, 0, 1.1),
  # Strings.
  Timbre(
    (1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.12, 0.08), 0.07, 0.6, 0.8, 0.25, 9, 0.5
  ),
  # Ensemble, with the choirs of chorales.
  Timbre((1, 0.55, 0.3, 0.1, 0.06, 0.03), 0.06, 0.8, 0.8, 0.3, 11, 0.6),
  # Brass.
  Timbre(
    (0.8, 1, 0.8, 0.6, 0.4, 0.28, 0.18, 0.1), 0.035, 0.5, 0.75, 0.12, 0, 0.45
  ),
  # Reed.
  Timbre((1, 0.12, 0.6, 0.1, 0.35, 0.06, 0.18), 0.03, 0.5, 0.8, 0.12, 0, 0.5),
  # Pipe.
  Timbre((1, 0.16, 0.06, 0.02), 0.05, 0.5, 0.85, 0.15, 4, 0.7),
  # Synth lead.
  Timbre(
    (1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.14, 0.12, 0.1),
    0.01,
    0.4,
    0.6,
    0.12,
    6,
    0.4,
  ),
  # Synth pad.
  Timbre((1, 0.4, 0.2, 0.14, 0.05), 0.2, 1, 0.9, 0.6, 14, 0.5),
  # Synth effects.
  Timbre((1, 0.2, 0.35, 0.1, 0.2), 0.12, 1, 0.7, 0.6, 17, 0.45),
  # Ethnic.
  Timbre((1, 0.8, 0.5, 0.4, 0.25, 0.2, 0.1), 0.003, 0.35, 0.02, 0.15, 5, 0.75),
  # Percussive.
  Timbre((1, 0.1, 0.25, 0.08), 0.002, 0.18, 0, 0.15, 0, 0.9),
  # Sound effects.
  Timbre((1, 0.3, 0.3, 0.3, 0.3), 0.1, 0.5, 0.4, 0.4, 30, 0.3),
)

_TICK = Drum(800, 700, 0.4, 0.3, 2000, 0.05)
_SHAKER = Drum(0, 0, 0, 0.4, 5000, 0.05)
_HAT, _OPEN = Drum(0, 0, 0, 0.5, 7000, 0.035), Drum(0, 0, 0, 0.5, 6500, 0.2)
_SNARE = Drum(220, 170, 0.45, 0.7, 1200, 0.11)
_CRASH = Drum(0, 0, 0, 0.55, 4000, 0.7)
_RIDE = Drum(520, 520, 0.08, 0.35, 6000, 0.4)
_KICK = Drum(150, 46, 1.2, 0.08, 1500, 0.16)


# Pitches in General MIDI's drum kit; `OTHER` is for all that are not here.
_PITCHES = (
  (_KICK, (35, 36)),
  (_TICK, (37,)),
  (_SNARE, (38, 40)),
  (Drum(0, 0, 0, 0.8, 900, 0.09), (39,)),
  (_HAT, (42, 44)),
  (_OPEN, (46,)),
  (_CRASH, (49, 52, 55, 57)),
  (_RIDE, (51, 53, 59)),
  (_SHAKER, (54, 69, 70, 82)),
  (Drum(560, 540, 0.6, 0.05, 2000, 0.12), (56,)),
)
_TOMS = {41: 80, 43: 95, 45: 115, 47: 135, 48: 160, 50: 190}  # Hz.
_TOMS |= {60: 330, 61: 240, 62: 300, 63: 260, 64: 190}  # Bongos and congas.
DRUMS = {pitch: drum for drum, pitches in _PITCHES for pitch in pitches}
DRUMS |= {
  pitch: Drum(1.6 * hertz, hertz, 0.9, 0.1, 800, 0.2)
  for pitch, hertz in _TOMS.items()
}
OTHER = _TICK


def loudness(velocity):
  """The volume of a MIDI velocity, 0 to 1."""
  return (velocity / 127) ** 1.5


def places(num_tracks: int) -> list[float]:
  """The panning of tracks, from -1, left, to 1, right: evenly spread."""
  middle = (num_tracks - 1) / 2
  return [0.6 * (i - middle) / max(middle, 1) for i in range(num_tracks)]
