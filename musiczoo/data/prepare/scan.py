"""Scan of one music file: its Score, or the reason for its rejection."""

import hashlib
from typing import NamedTuple

from musiczoo.data.prepare.fingerprint import Fingerprint, fingerprint
from musiczoo.music import grid_fit, metre, notation
from musiczoo.music.midi import guard, Limits, MidiError, read_report
from musiczoo.music.score import Score

# Why a file is rejected, beside `midi.guard.REJECTED`.
REJECTED = {
  'silent': 'has no notes',
  **notation.REJECTED,
  'timeout': 'took too many seconds; raise the limit if you trust it',
  'memory': 'took too much memory; raise the limit if you trust it',
  'crashed': 'made the process that read it die',
  'failed': 'met an error that was not foreseen',
}


class Source(NamedTuple):
  """A file, by its path or its bytes.

  Attributes:
    name: its path within the input, with forward slashes.
    path: of the file; None if it has none of its own.
    data: its bytes, if it has no path.
    refused: a code of REJECTED if its bytes can't be read, or ''.
    drums: a track with one of these words in its name is a drum kit, whatever
      its channel.
  """

  name: str
  path: str | None = None
  data: bytes = b''
  refused: str = ''
  drums: tuple[str, ...] = ()


class Grid(NamedTuple):
  """The grid that fits a piece best.

  Attributes:
    steps_per_quarter: of the grid.
    off: the share of onsets that are not near a line of it, after a shift if all
      are late or early by one amount.
    moved_ms: how far the onsets move to their lines, on the average.
    most_ms: how far one moves.
    free: whether not even this grid fits: the piece was played freely.
    kept: grid of `grid_fit.GRIDS` -> share of onsets that are not off it.
  """

  steps_per_quarter: int
  off: float
  moved_ms: float
  most_ms: float
  free: bool
  kept: dict[int, float]


class Result(NamedTuple):
  """What became of a file.

  Attributes:
    name: of the Source.
    status: 'kept', 'repaired' or 'rejected'.
    reasons: how often each repair was needed, or the reason of the rejection.
    sha256: of the whole file; None if it was not read.
    score: canonical, tracks without names; None if rejected.
    fingerprint: of the Score; None if rejected.
    grid: the best for its onsets; None if rejected.
    one_beat: whether most of its bars have one beat.
  """

  name: str
  status: str
  reasons: dict[str, int]
  sha256: str | None = None
  score: Score | None = None
  fingerprint: Fingerprint | None = None
  grid: Grid | None = None
  one_beat: bool = False


def ingest(source: Source, limits: Limits) -> Result:
  """Reads one file. A pure function of the bytes, in any process."""
  sha256 = None
  try:
    if source.refused:
      return rejected(source.name, source.refused)
    data = source.data
    if source.path is not None:
      data = guard.load(source.path, limits)
    limits.check('bytes', len(data))  # Beyond it the file is not read on.
    sha256 = hashlib.sha256(data).hexdigest()
    if notation.suffix(source.name) in notation.FORMATS:
      score, repairs = notation.read_report(source.name, data, limits)
    else:
      score, repairs = read_report(data, limits=limits)
  except (MidiError, notation.NotationError) as error:
    return rejected(source.name, error.code, sha256)
  if not len(score.notes):
    return rejected(source.name, 'silent', sha256)
  score = score._replace(
    tracks=tuple(_unnamed(track, source.drums) for track in score.tracks)
  )
  found = score, fingerprint(score), _grid(score)
  found += (metre.has_bars_of_one_beat(score),)
  status = 'repaired' if repairs else 'kept'
  return Result(source.name, status, repairs, sha256, *found)


def _unnamed(track, drums):
  name = track.name.lower()
  is_kit = track.drums or any(word.lower() in name for word in drums)
  return track._replace(name='', drums=is_kit)


def _grid(score):
  off = grid_fit.shares_off(score, grid_fit.offset(score))
  best = grid_fit.best(off)
  mean, most = grid_fit.moved(score, best)
  # Digits enough to read, in a file that must be the same everywhere.
  return Grid(
    best,
    round(off[best], 3),
    round(mean, 1),
    round(most, 1),
    grid_fit.is_free(off),
    {grid: round(1 - share, 3) for grid, share in off.items()},
  )


def rejected(name: str, code: str, sha256: str | None = None) -> Result:
  """The Result of a file that is rejected."""
  return Result(name, 'rejected', {code: 1}, sha256)
