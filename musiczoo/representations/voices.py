"""Voices: soprano, alto, tenor and bass as cells, uint8 [T, 4]."""

import numpy as np

from musiczoo.music import part_names
from musiczoo.music.choir import NAMES, RANGES
from musiczoo.music.score import DURATION, ONSET, PITCH, TRACK, Track
from musiczoo.music.spec import Spec
from musiczoo.representations import cells, representation
from musiczoo.representations.pianoroll import kept, rasterize

CHOIR = 52  # General MIDI program: choir aahs.
TRACKS = tuple(Track(CHOIR, name=name) for name in NAMES)


@representation.checked
def voices(
  *,
  steps_per_quarter: representation.Steps = 4,
  low: representation.Pitch = 30,
  high: representation.Pitch = 87,
  onsets: bool = True,
) -> representation.Representation:
  """Soprano, alto, tenor and bass, each a pitch or a rest, begun or held.

  A cell is 2 * symbol + onset (see `cells`). Kept: the pitches low..high of
  the pitched tracks, as one choir. A Score in parts, whose tracks never begin
  two notes at once and are four or have the names of voices, is taken track by
  track, in the order of `order_parts`; any other is reduced step by step to its highest and lowest note and
  two between.

  Args:
    steps_per_quarter: the grid; 4 is sixteenths.
    low: the lowest pitch kept. The chorales of Bach use 36..81: six semitones
      are left below and above for transposition.
    high: the highest pitch kept.
    onsets: if not, a repeated note is one long note, as in data that doesn't
      distinguish the two: the onset bit then marks only changes of pitch.
  """
  representation.check_high(high, low, min(low + 126, 127))
  depth = high - low + 2

  def encode(score):
    notes = kept(score, low, high)
    parts = split_parts(notes, score.tracks)
    if parts is None or len(parts) != len(NAMES):
      symbol, is_onset = _reduce(*rasterize(notes, low, high))
    else:
      # A line ends with the note that began last, which cut all others short.
      last = [part[-1] for part in parts if len(part)]
      steps = max((n[ONSET] + n[DURATION] for n in last), default=0)
      rows = [cells.rasterize_line(part, steps, low) for part in parts]
      symbol, is_onset = (np.stack(row, axis=1) for row in zip(*rows))
    return cells.to_cells(symbol, is_onset & onsets).astype(np.uint8)

  def decode(x):
    x = np.asarray(x).reshape(-1, 4)
    if not onsets:
      x = x // 2 * 2  # The onsets that a change of symbol forces remain.
    return cells.from_cells(x, low=low, depth=depth)

  parts = tuple((name, slice(v, v + 1)) for v, name in enumerate(NAMES))
  return representation.of_notes(
    Spec(
      *('voices', depth, (4,), np.uint8, steps_per_quarter),
      parts=parts,
      ranges=tuple((a - low + 1, b - low + 1) for a, b in RANGES),
    ),
    encode,
    decode,
    TRACKS,
    transpose=cells.transpose,
    transpose_range=lambda x: cells.transpose_range(x, depth),
  )


def split_parts(notes: np.ndarray, tracks) -> list[np.ndarray] | None:
  """The notes of each part, as `order_parts`; None if the tracks are no parts.

  Tracks are parts if none begins two notes at once.
  """
  begun = np.unique(notes[:, [TRACK, ONSET]], axis=0)
  return None if len(begun) < len(notes) else order_parts(notes, tracks)


def order_parts(notes: np.ndarray, tracks) -> list[np.ndarray]:
  """The notes of each track, from the highest part to the lowest.

  Parts are in the order of their names, or else of their mean pitch: files have
  them in any order.

  Args:
    notes: int32 [N, 5].
    tracks: of the Score. If all with notes have names of voices they are a
      choir, whose silent voices have no notes here.
  """
  used = np.unique(notes[:, TRACK])
  names = [tracks[i].name for i in used]
  if len(set(names)) == len(names) and set(names) <= set(NAMES):
    # Voices by their names, since a silent one has no track.
    used = [dict(zip(names, used)).get(name, -1) for name in NAMES]
    return [notes[notes[:, TRACK] == track] for track in used]
  parts = [notes[notes[:, TRACK] == track] for track in used]
  order = part_names.order(names)
  if order is None:
    means = [-part[:, PITCH].mean() for part in parts]
    order = np.argsort(means, kind='stable')
  return [parts[i] for i in order]


def _reduce(sounding, is_onset):
  """At most four of the sounding pitches: bool [T, P] -> symbol, onset [T, 4].

  Highest and lowest are soprano and bass, a lone note is soprano, the second
  from above and below are alto and tenor, and a lone inner note belongs to the
  nearer of its neighbours.
  """
  rank = np.cumsum(sounding[:, ::-1], axis=1)
  count = rank[:, -1]

  def from_above(k):
    """The symbol of the k-th sounding pitch; k is a number or one a step."""
    first = np.argmax(rank == np.reshape(k, (-1, 1)), axis=1)
    return sounding.shape[1] - first

  soprano, second = from_above(1), from_above(2)
  tenor, bass = from_above(count - 1), from_above(count)
  near, two_inner = soprano - second <= second - bass, count >= 4
  is_alto = two_inner | ((count == 3) & near)
  is_tenor = two_inner | ((count == 3) & ~near)
  kept = np.stack([count >= 1, is_alto, is_tenor, count >= 2], axis=1)
  symbol = np.stack([soprano, second, tenor, bass], axis=1) * kept
  key = np.maximum(symbol - 1, 0)
  return symbol, np.take_along_axis(is_onset, key, axis=1)
