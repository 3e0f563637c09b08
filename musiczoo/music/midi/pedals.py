"""Sustain and sostenuto pedals: when each note stops sounding."""

from typing import NamedTuple

import numpy as np

from musiczoo.music.midi.changes import Changes, first_after, last_before

_NEVER = 2**32 - 1  # Later than any time.


class Notes(NamedTuple):
  """N notes as their keys are pressed; times are counts of events, not ticks.

  Attributes:
    on: int64 [N], the time of each note on, ascending.
    off: int64 [N], the time at which its key is released.
    chunk: int64 [N], its track chunk.
    output: int64 [N], its port and channel.
    pitch: int64 [N].
    velocity: int64 [N].
  """

  on: np.ndarray
  off: np.ndarray
  chunk: np.ndarray
  output: np.ndarray
  pitch: np.ndarray
  velocity: np.ndarray


def hold(
  notes: Notes,
  pitched: np.ndarray,
  sustain: Changes,
  sostenuto: Changes,
  sound_off: Changes,
) -> np.ndarray:
  """The times at which notes fall silent when pedals hold them.

  A note released while the sustain pedal is down sounds until the pedal is
  lifted. The sostenuto pedal does so only for notes whose keys were down when it
  was pressed. A note ends at the latest when its key is pressed again. A pedal
  that is never lifted counts as lifted with the last note off.

  Args:
    notes: the notes.
    pitched: bool [N], which of them are not drums, which have no pedals.
    sustain: output, time and whether the pedal goes down or up.
    sostenuto: likewise.
    sound_off: output and time of what ends all notes, held or not; the values
      are the times.

  Returns:
    int64 [N]; none is before `off`.
  """
  on, off, output = notes.on, notes.off, notes.output
  since = last_before(_pressed(sostenuto), output, off, -1)
  end = _until_lifted(sostenuto, output, off, pitched & (since > on))
  end = _until_lifted(sustain, output, end, pitched)
  lane = output << 7 | notes.pitch
  # Perhaps at `off` itself, if that is what ends it.
  before = np.maximum(off - 1, 0)
  pressed_again = first_after(Changes(lane, on, on), lane, before, _NEVER)
  cut = first_after(sound_off, output, on, _NEVER)
  end = np.where(
    end > off, np.minimum(end, np.minimum(pressed_again, cut)), off
  )
  return np.where(end < _NEVER, end, off.max(initial=0))


def _until_lifted(pedal, output, end, caught):
  """`end`, or when the pedal is lifted if it holds a caught note then."""
  held = last_before(pedal, output, end, False) & caught
  if not held.any():
    return end
  up = ~pedal.value
  lifts = Changes(pedal.key[up], pedal.time[up], pedal.time[up])
  return np.where(held, first_after(lifts, output, end, _NEVER), end)


def _pressed(pedal):
  """When a pedal that was up goes down; the values are the times."""
  before = last_before(pedal, pedal.key, pedal.time - 1, False)
  new = pedal.value & ~before
  return Changes(pedal.key[new], pedal.time[new], pedal.time[new])
