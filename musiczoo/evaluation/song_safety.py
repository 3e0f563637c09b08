"""What written songs may not have: endless notes, too many or other instruments."""

import collections
from collections.abc import Collection, Iterable, Sequence
import os
from typing import NamedTuple

import numpy as np

from musiczoo.music import midi, score as score_lib
from musiczoo.music.score import DURATION, Score, TRACK, Track

QUANTILE = 0.999  # Of lengths of real notes: what lasts longer is suspicious.
DRUMS = 'drums'  # The instrument of all kits.


class Safety(NamedTuple):
  """What a set of songs has at most or in all.

  Attributes:
    hanging_notes: note ons without a note off, over all files.
    longest_note: of pitched notes, in quarter notes.
    longer_notes: how many last longer than was allowed.
    most_tracks: of a song, tracks with notes; all drum kits are one.
    other_instruments: for each instrument that was not asked for its number of
      songs: General MIDI programs as numbers, 'drums'.
  """

  hanging_notes: int
  longest_note: float
  longer_notes: int
  most_tracks: int
  other_instruments: dict[str, int]


def longest_real(scores: Iterable[Score]) -> float:
  """The `QUANTILE` of the lengths of pitched notes, in quarter notes."""
  lengths = [np.zeros(0), *map(_lengths, scores)]
  joined = np.concatenate(lengths)
  return float(np.quantile(joined, QUANTILE)) if len(joined) else 0.0


def instruments(score: Score) -> set[str]:
  """The instruments that play notes: programs as numbers, 'drums'."""
  return {_instrument(score.tracks[i]) for i in np.unique(_tracks(score))}


def safety(
  files: Sequence[str | os.PathLike],
  scores: Sequence[Score],
  longest: float,
  asked: Collection[str],
) -> Safety:
  """What songs have that they should not.

  Args:
    files: the MIDI files as they were written.
    scores: what was read from them.
    longest: quarter notes that a pitched note may last, such as `longest_real`.
    asked: the instruments that may play, as of `instruments`.

  Raises:
    MidiError: a file is damaged.
  """
  lengths = np.concatenate([np.zeros(0), *map(_lengths, scores)])
  other: dict[str, int] = {}
  for score in scores:
    for name in sorted(instruments(score) - set(asked)):
      other[name] = other.get(name, 0) + 1
  return Safety(
    hanging_notes=sum(map(midi.num_hanging, files)),
    longest_note=float(lengths.max(initial=0)),
    longer_notes=int(np.count_nonzero(lengths > longest)),
    most_tracks=max(map(_num_tracks, scores), default=0),
    other_instruments=other,
  )


def _lengths(score):
  notes = score.notes[score_lib.pitched(score)]
  return notes[:, DURATION] / score.resolution


def _tracks(score):
  return score.notes[:, TRACK]


def _num_tracks(score):
  drums = {i for i, track in enumerate(score.tracks) if track.drums}
  used = set(_tracks(score).tolist())
  return len(used - drums) + bool(used & drums)


def _instrument(track: Track) -> str:
  return DRUMS if track.drums else str(track.program)


def changed_notes(
  given: Score, made: Score, hole: tuple[int, int], tracks: Collection[Track]
) -> int:
  """How many notes outside of a hole are in one of both Scores alone.

  A track without notes is gone, so tracks are compared as such, not by number.

  Args:
    given, made: of one resolution.
    hole: ticks at which it begins and ends.
    tracks: those that have the hole.
  """

  def outside(score):
    found = collections.Counter()
    for onset, *rest, number in score.notes.tolist():
      track = score.tracks[number]
      if not hole[0] <= onset < hole[1] or track not in tracks:
        found[onset, *rest, track] += 1
    return found

  before, after = outside(given), outside(made)
  return (before - after).total() + (after - before).total()
