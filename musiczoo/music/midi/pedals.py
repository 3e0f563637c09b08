"""Sustain and sostenuto pedals: when each note stops sounding."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.midi.changes import Changes, first_after, last_before

_NEVER = 2**32 - 1  # Later than any time.


class Keys(NamedTuple):
  """N notes as they are played by hand; times are counts of events.

  Attributes:
    on: int64 [N], the time of each note on.
    off: int64 [N], the time at which its key is let go.
    output: int64 [N], its port and channel.
    pitch: int64 [N].
    drums: bool [N], whether drums play it, which have no pedals.
  """

  on: np.ndarray
  off: np.ndarray
  output: np.ndarray
  pitch: np.ndarray
  drums: np.ndarray


def hold(
  keys: Keys, sustain: Changes, sostenuto: Changes, sound_off: Changes
) -> np.ndarray:
  """The times at which notes fall silent when pedals hold them.

  A note let go while the sustain pedal is down sounds on until it is lifted.
  The sostenuto pedal does so for those notes only whose keys were down when it
  was pressed. A note ends at the latest when the same key is struck again. A
  pedal that is never lifted lifts with the last note off.

  Args:
    keys: the notes.
    sustain: output, time and whether the pedal goes down or up.
    sostenuto: likewise.
    sound_off: output and time of what ends all notes, held or not; the values
      are the times.

  Returns:
    int64 [N]; none is before `off`.
  """
  pressed = _pressed(sostenuto)
  since = last_before(pressed, keys.output, keys.off, -1)
  end = _until_lifted(keys, sostenuto, keys.off, since > keys.on)
  end = _until_lifted(keys, sustain, end, ~keys.drums)
  lane = keys.output << 7 | keys.pitch
  is_onset = first_after(
    Changes(lane, keys.on, keys.on), lane, keys.off, _NEVER
  )
  cut = first_after(sound_off, keys.output, keys.on, _NEVER)
  limit = np.minimum(is_onset, cut)
  end = np.where(end > keys.off, np.minimum(end, limit), keys.off)
  return np.where(end < _NEVER, end, keys.off.max(initial=0))


def _until_lifted(keys, pedal, end, caught):
  """`end`, or when the pedal is lifted of notes that are caught by it then."""
  held = last_before(pedal, keys.output, end, False) & caught & ~keys.drums
  if not held.any():
    return end
  up = ~pedal.value
  lifts = Changes(pedal.key[up], pedal.time[up], pedal.time[up])
  return np.where(held, first_after(lifts, keys.output, end, _NEVER), end)


def _pressed(pedal):
  """When a pedal that was up goes down; the values are the times."""
  before = last_before(pedal, pedal.key, pedal.time - 1, False)
  new = pedal.value & ~before
  return Changes(pedal.key[new], pedal.time[new], pedal.time[new])
