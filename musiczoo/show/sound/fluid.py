"""Synthesis with FluidSynth and a soundfont.

FluidSynth is a program of its own (LGPL), used where it is installed; the
package pyfluidsynth, of the extra `sound`, talks to its library.
"""

import os

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK, VELOCITY
from musiczoo.music.tempo import length_seconds, seconds
from musiczoo.show.sound.synth import RATE, TAIL

_GAIN = 0.1  # Low enough not to clip; the file is normalized.
_CHANNELS = 256  # The maximum of FluidSynth; one for each track.
_DRUM_BANK = 128


def missing() -> str | None:
  """What must be installed to use FluidSynth; None if nothing."""
  try:
    import fluidsynth  # noqa: F401
  except ImportError as e:
    if e.name == 'fluidsynth':
      return "there is no pyfluidsynth: pip install 'musiczoo[sound]'"
    return 'there is no FluidSynth: install it as your system does'
  return None


def render(score: Score, soundfont: str | os.PathLike) -> np.ndarray:
  """A Score as audio: float32 [samples, 2] at `RATE` Hz.

  Raises:
    UserError: the soundfont can't be read.
  """
  import fluidsynth

  synth = fluidsynth.Synth(_GAIN, RATE, _CHANNELS)
  try:
    font = synth.sfload(os.fspath(soundfont))
    if font < 0:
      raise UserError(f'{soundfont}: FluidSynth cannot read it: give another')
    for channel, track in enumerate(score.tracks):
      channel %= _CHANNELS
      bank = _DRUM_BANK if track.drums else 0
      # A soundfont may lack an instrument; its first is better than silence.
      if synth.program_select(channel, font, bank, track.program) < 0:
        synth.program_select(channel, font, bank, 0)
    return _play(synth, score)
  finally:
    synth.delete()


def _play(synth, score):
  time, events = _events(score)
  num = round((length_seconds(score) + TAIL) * RATE)
  parts, played = [np.zeros(0, np.int16)], 0
  for sample, (channel, pitch, velocity) in zip(time.tolist(), events.tolist()):
    if sample > played:
      parts.append(synth.get_samples(sample - played))
      played = sample
    if velocity:
      synth.noteon(channel, pitch, velocity)
    else:
      synth.noteoff(channel, pitch)
  parts.append(synth.get_samples(num - played))
  sound = np.concatenate(parts).reshape(-1, 2)
  return sound.astype(np.float32) / np.float32(32768)


def _events(score):
  """Times of onsets and ends in samples; channel, pitch, velocity or 0."""
  notes = score.notes
  onset, end = notes[:, ONSET], notes[:, ONSET] + notes[:, DURATION]
  time = np.round(seconds(score, np.concatenate([onset, end])) * RATE)
  events = np.tile(notes[:, [TRACK, PITCH, VELOCITY]], (2, 1))
  events[:, 0] %= _CHANNELS
  events[len(notes) :, 2] = 0
  # At one time, notes end before others begin.
  order = np.lexsort((events[:, 2] > 0, time))
  return time[order].astype(np.int64), events[order]
