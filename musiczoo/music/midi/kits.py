"""Which channels play drums, from programs, banks and system exclusives.

Drums are on channel 10, as in General MIDI; on channels that Roland's GS makes
rhythm parts by a system exclusive, or not, if it makes channel 10 none; and
programs that are chosen in bank 127, as in Yamaha's XG: in GS that bank has the
melodic sounds of older machines.
"""

import numpy as np

from musiczoo.music.midi.changes import Changes, last_before
from musiczoo.music.midi.events import Events
from musiczoo.music.midi.standard import DRUM_BANK, DRUM_CHANNEL

# The channel of each GS part: the tenth comes first.
_CHANNEL = np.array([9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15])
_UNDECLARED = 2


def rhythm_parts(
  events: Events, at: np.ndarray, port: np.ndarray, time: np.ndarray
) -> tuple[Changes, bool]:
  """The rhythm parts that GS messages declare.

  Args:
    events: all events.
    at: int64 [S], where in the file the system exclusives begin.
    port: int64 [S], their ports times 16.
    time: int64 [S], their times.

  Returns:
    output, time and whether it is drums from then on; whether the file declares
    anything in GS at all.
  """
  # Length, 41 (Roland), device, 42 (GS), 12 (set), address, value, sum, F7.
  byte = [events.data[at + i].astype(np.int64) for i in range(9)]
  gs = (byte[1] == 0x41) & (byte[3] == 0x42) & (byte[4] == 0x12)
  part = gs & (byte[0] == 10) & (byte[5] == 0x40)
  part &= (byte[6] >> 4 == 1) & (byte[7] == 0x15)
  output = port | _CHANNEL[byte[6] & 0x0F]
  return Changes(output[part], time[part], byte[8][part] > 0), bool(gs.any())


def drums(
  output: np.ndarray,
  on: np.ndarray,
  parts: Changes,
  banks: Changes,
  programs: Changes,
) -> np.ndarray:
  """Which notes are drums: bool [N].

  Args:
    output: int64 [N], the port and channel of each note.
    on: int64 [N], the time at which it begins.
    parts: see `rhythm_parts`.
    banks: what is sent as bank: output, time, value; empty in a GS file.
    programs: output, time, value; a bank counts once a program is chosen.
  """
  declared = parts._replace(value=parts.value.astype(np.int64))
  declared = last_before(declared, output, on, _UNDECLARED)
  found = np.where(
    declared == _UNDECLARED, output & 0x0F == DRUM_CHANNEL, declared == 1
  )
  bank = last_before(banks, programs.key, programs.time, 0)
  return found | (
    last_before(programs._replace(value=bank), output, on, 0) == DRUM_BANK
  )
