"""How a piece begins, how it and its phrases close."""

import numpy as np

from musiczoo.evaluation.metrics import keys
from musiczoo.evaluation.metrics.parts import BAR, BEAT, Parts
from musiczoo.evaluation.metrics.sonorities import root_triads

HALF = 2 * BEAT
LAST = 6 * BAR  # Steps before the end in which a cadence is looked for.


def bass(parts: Parts) -> np.ndarray:
  """The pitch class of the lowest voice, int64 [T]; -1 unless all sound."""
  lowest = parts.pitch.min(axis=1, initial=127)
  return np.where(parts.is_full, lowest % 12, -1)


def closes_on_root_triad(parts: Parts, ends) -> np.ndarray:
  """Whether the chord before each step is a triad on its bass: bool [N]."""
  ends = np.asarray(ends, int)
  return root_triads(parts.pitch[ends - 1])


def closes_on_tonic(parts: Parts, ends) -> np.ndarray:
  """Whether that triad is the tonic of the four bars before: bool [N]."""
  ends = np.asarray(ends, int)
  tonic = keys.keys(keys.chroma(parts, ends - keys.WINDOW, ends))[:, 0]
  return closes_on_root_triad(parts, ends) & (bass(parts)[ends - 1] == tonic)


def closes_on_cadence(parts: Parts, ends) -> np.ndarray:
  """Whether phrases close by an authentic cadence, V-I in root position.

  The bass goes from 5 to 1, its last two pitch classes, into a triad on 1; the
  leading note is in the chord before, or was up to three sixteenths earlier.

  Args:
    ends: int [N], the steps at which phrases end, exclusive.

  Returns:
    bool [N].
  """
  ends, found = np.asarray(ends, int), closes_on_root_triad(parts, ends)
  low = bass(parts)
  for i in np.flatnonzero(found):
    tonic, step = low[ends[i] - 1], _step_before(low, ends[i])
    near = parts.pitch[max(step - 3, 0) : step + 1]
    leads = ((near >= 0) & (near % 12 == (tonic + 11) % 12)).any()
    found[i] = step >= 0 and leads and low[step] == (tonic + 7) % 12
  return found


def last_bass_motion(parts: Parts, ends) -> np.ndarray:
  """Semitones up, 1 to 11, of the last change of bass before each step.

  Returns:
    int64 [N]; 0 if the bass is the first of the piece, or not all voices sound.
  """
  low, found = bass(parts), np.zeros(len(ends), int)
  for i, end in enumerate(ends):
    step = _step_before(low, end)
    if step >= 0 and low[end - 1] >= 0:
      found[i] = (low[end - 1] - low[step]) % 12
  return found


def _step_before(low, end):
  """The last step before `end` with another bass than it closes on, or -1."""
  last = end - 1
  before = np.flatnonzero((low[:last] >= 0) & (low[:last] != low[last]))
  return int(before[-1]) if len(before) else -1


def inner_ends(parts: Parts) -> np.ndarray:
  """The ends of all phrases but the last, int64."""
  ends = parts.phrase_ends
  return ends[(ends > 0) & (ends < parts.end)]


def half_note_cadence(parts: Parts) -> bool:
  """Whether the last six bars have a V-I on a chord of a half note or longer.

  The first two bars of the piece aside.
  """
  chords = np.append(parts.chords, parts.end)
  begin, end = chords[:-1], chords[1:]
  late = (end > parts.end - LAST) & (end > 2 * BAR)
  ends = end[(end - begin >= HALF) & late]
  return bool(closes_on_cadence(parts, ends).any())


def begins_on(parts: Parts) -> tuple[bool, bool]:
  """Whether the first chord of all voices is a root triad, and on the tonic.

  That is the tonic of the first four bars.
  """
  full = np.flatnonzero(parts.is_full)[:1]
  if not len(full) or not root_triads(parts.pitch[full])[0]:
    return False, False
  tonic = keys.keys(keys.chroma(parts, [0], [keys.WINDOW]))[0, 0]
  return True, bool(bass(parts)[full[0]] == tonic)
