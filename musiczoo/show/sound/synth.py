"""The built-in synthesizer: a Score as stereo samples.

Each note is a wave of a few harmonics with an envelope, each drum a falling tone
and noise (see `timbres`), with the reverberation of a small room. The same Score
gives the same samples.
"""

from collections.abc import Callable
import functools
import math

import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK, VELOCITY
from musiczoo.music.tempo import length_seconds, seconds
from musiczoo.show.sound import timbres

RATE = 44100  # Samples a second.
TAIL = 1.5  # Seconds of reverberation after the last note.

_TABLE = 12  # Bits of a wavetable index: 4096 samples a period.
_HIGHEST = 15000.0  # Hz; harmonics above are left out, to avoid aliasing.
# Echoes: delays in milliseconds on the left, longer on the right; levels.
_DELAYS = 19.1, 27.7, 41.3, 57.1, 79.7, 109.1, 145.3, 190.7, 250.3, 330.1
_LEVELS = 0.16, 0.14, 0.12, 0.1, 0.085, 0.07, 0.055, 0.045, 0.03, 0.02


def render(score: Score) -> np.ndarray:
  """A Score as audio: float32 [samples, 2] at `RATE` Hz."""
  onset = seconds(score, score.notes[:, ONSET])
  ends = seconds(score, score.notes[:, ONSET] + score.notes[:, DURATION])
  begin = np.round(onset * RATE).astype(np.int64)
  held = np.maximum(np.round(ends * RATE).astype(np.int64) - begin, 1)
  num = math.ceil((length_seconds(score) + TAIL) * RATE)
  sound = np.zeros((2, num), np.float32)
  of = score.notes[:, TRACK]
  columns = begin, held, score.notes[:, PITCH], score.notes[:, VELOCITY]
  notes = np.stack(columns, axis=1)
  for track, place in enumerate(timbres.places(len(score.tracks))):
    # Notes repeat.
    voice = functools.lru_cache(128)(_voice(score.tracks[track]))
    alone = np.zeros(num, np.float32)
    for first, length, pitch, velocity in notes[of == track].tolist():
      wave = voice(pitch, length)[: len(alone) - first]
      alone[first : first + len(wave)] += (
        np.float32(timbres.loudness(velocity)) * wave
      )
    angle = (1 + place) * math.pi / 4
    sound[0] += np.float32(math.cos(angle)) * alone
    sound[1] += np.float32(math.sin(angle)) * alone
  return _reverberated(sound).T


def _reverberated(sound):
  result = sound.copy()
  for channel, late in enumerate((1, 1.13)):
    for delay, level in zip(_DELAYS, _LEVELS):
      after = round(delay / 1000 * late * RATE)
      echo = sound[1 - channel, : sound.shape[1] - after]  # The other side.
      result[channel, after:] += np.float32(level) * echo
  return result


def _voice(track) -> Callable[[int, int], np.ndarray]:
  """(pitch, duration in samples) -> samples at full volume, for a track."""
  if track.drums:
    return lambda pitch, held: _drum(timbres.DRUMS.get(pitch, timbres.OTHER))
  timbre = timbres.FAMILIES[track.program // 8]
  return lambda pitch, held: _note(timbre, pitch, held)


def _note(timbre: timbres.Timbre, pitch, held):
  hertz = 440 * 2 ** ((pitch - 69) / 12)
  released = round(timbre.release * RATE)
  num = held + released
  apart = 2 ** (timbre.detune / 2400)
  each = {hertz * apart, hertz / apart}
  phase = np.arange(num, dtype=np.uint32)
  table = _period(timbre.harmonics, hertz)
  wave = np.zeros(num, np.float32)
  for own in sorted(each):
    # A period is 2**32, so that the phase wraps by itself.
    turn = np.uint32(round(own / RATE * 2**32))
    wave += table[(phase * turn) >> np.uint32(32 - _TABLE)]
  wave *= np.float32(timbre.level / len(each))
  return wave * _envelope(timbre, held, released)


def _envelope(timbre, held, released):
  time = np.arange(held + released, dtype=np.float32) / np.float32(RATE)
  shape = np.exp(-np.maximum(time - timbre.attack, 0) / timbre.decay)
  shape = timbre.sustain + np.float32(1 - timbre.sustain) * shape
  shape *= np.minimum(time / timbre.attack, 1)
  fade = np.linspace(1, 0, released, dtype=np.float32)
  shape[held:] *= fade * fade
  return shape.astype(np.float32)


def _period(harmonics, hertz):
  """One period of a wave, without harmonics above `_HIGHEST`."""
  angle = 2 * np.pi * np.arange(2**_TABLE) / 2**_TABLE
  kept = [
    level * np.sin((i + 1) * angle)
    for i, level in enumerate(harmonics)
    if i == 0 or (i + 1) * hertz < _HIGHEST
  ]
  wave = np.sum(kept, axis=0)
  return (wave / np.abs(wave).max()).astype(np.float32)


def _drum(drum: timbres.Drum):
  num = round(6 * drum.decay * RATE)
  time = np.arange(num) / RATE
  # The pitch falls three times as fast as the volume.
  fall = drum.decay / 3
  cycles = drum.bend * time + (drum.tone - drum.bend) * fall * (
    1 - np.exp(-time / fall)
  )
  sound = drum.body * np.sin(2 * np.pi * cycles)
  sound += drum.noise * _noise(num, drum.bright)
  sound *= np.exp(-time / drum.decay)
  sound *= np.linspace(1, 0, num)  # To exactly 0.
  return sound.astype(np.float32)


def _noise(num, bright):
  """High-passed noise with peak 1."""
  drawn = np.random.default_rng(0).standard_normal(num)
  parts = np.fft.rfft(drawn)
  parts[np.fft.rfftfreq(num, 1 / RATE) < bright] = 0
  noise = np.fft.irfft(parts, num)
  return noise / np.abs(noise).max()
