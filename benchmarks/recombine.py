"""Many distinct songs from few: tracks cut at different bars, put together.

  python -m benchmarks.recombine --input=DIR --output=DIR [--num_files=100000]

A file is 8 to 32 bars long and has two to four tracks. Each is a track of some
song from some bar on, in the metre of the first, which gives the tempo and the
key. File i depends on the songs, the seed and i alone, so that fewer files are
the first of more. They lie in folders of a thousand.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import pathlib
import sys
from typing import NamedTuple

import numpy as np

from musiczoo.data.corpora import folder
from musiczoo.data.progress import progress
from musiczoo.errors import UserError
from musiczoo.music import metre, midi
from musiczoo.music.quantize import quantize
from musiczoo.music.score import DURATION, ONSET, Score, TRACK

RESOLUTION = 480  # Ticks to a quarter note, of all files.
BARS = 8, 12, 16, 32  # Of a file, each as often as it is short.
TRACKS = 2, 4  # The least and the most.
FOLDER = 1000  # Files of a folder.
CHUNK = 50  # Files that a process makes at a time.
TRIES = 100  # Draws of a file, until one has MIN_NOTES in each track.
MIN_NOTES = 4


class Opening(NamedTuple):
  """A bar line of a song at which a cut may begin.

  Attributes:
    song: its index.
    tick: of the line.
    meter: numerator and denominator of the bar that begins.
  """

  song: int
  tick: int
  meter: tuple[int, int]


class Songs(NamedTuple):
  """What the files are made of.

  Attributes:
    scores: of the songs, at RESOLUTION.
    tracks: of each song, of each track, its notes in the order of onsets.
    openings: all of them.
    by_meter: meter -> those openings.
  """

  scores: list[Score]
  tracks: list[list[np.ndarray]]
  openings: list[Opening]
  by_meter: dict[tuple[int, int], list[Opening]]


def main() -> int:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--input', required=True, help='a folder of MIDI files')
  parser.add_argument('--output', required=True, help='a folder to make')
  parser.add_argument('--num_files', type=int, default=100_000)
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--workers', type=int, default=os.cpu_count())
  args = parser.parse_args()
  try:
    make(
      pathlib.Path(args.input),
      pathlib.Path(args.output),
      num_files=args.num_files,
      seed=args.seed,
      workers=args.workers,
    )
  except UserError as error:
    print(f'error: {error}', file=sys.stderr)
    return 2
  return 0


def make(
  source: pathlib.Path,
  output: pathlib.Path,
  *,
  num_files: int,
  seed: int,
  workers: int,
) -> None:
  """Writes the files to a folder that is not there yet.

  Raises:
    UserError: the songs can't be used, or the output is there.
  """
  if num_files < 1 or workers < 1:
    raise UserError('--num_files and --workers are 1 or more')
  if output.exists():
    raise UserError(f'{output} is there already: choose another folder')
  songs = load(source)
  for first in range(0, num_files, FOLDER):
    _path(output, first).parent.mkdir(parents=True)
  with concurrent.futures.ProcessPoolExecutor(
    workers,
    multiprocessing.get_context('spawn'),
    initializer=_begin,
    initargs=(songs, output, seed),
  ) as pool:
    numbers = pool.map(_write, range(num_files), chunksize=CHUNK)
    for _ in progress(numbers, num_files, 'writing'):
      pass


def load(source: pathlib.Path) -> Songs:
  """The Songs of a folder, each read once."""
  scores = [quantize(p.score, RESOLUTION) for p in folder.load(source)]
  openings, tracks = [], []
  for index, score in enumerate(scores):
    notes = score.notes
    tracks.append(
      [notes[notes[:, TRACK] == t] for t in range(len(score.tracks))]
    )
    openings += _openings(index, score)
  by_meter = {}
  for opening in openings:
    by_meter.setdefault(opening.meter, []).append(opening)
  if not openings:
    raise UserError(
      f'{source}: no song has {min(BARS)} bars in one metre: give longer songs'
    )
  return Songs(scores, tracks, openings, by_meter)


def _openings(index, score):
  """The bar lines after which there are bars enough before the song ends."""
  lines = metre.bars(score)[: -min(BARS)]
  meters = np.concatenate([[(0, 4, 4)], score.meters])
  which = metre.bar_of(meters[:, 0], lines)
  return [
    Opening(index, line, tuple(meter))
    for line, meter in zip(lines.tolist(), meters[which, 1:].tolist())
  ]


def recombine(songs: Songs, seed: int, number: int) -> Score:
  """A Score of tracks of the songs, the same for the same seed and number.

  Raises:
    UserError: the songs have too few notes.
  """
  rng = np.random.default_rng([seed, number])
  shares = np.divide(1, BARS)
  shares /= shares.sum()
  for _ in range(TRIES):
    first = songs.openings[rng.integers(len(songs.openings))]
    bars = rng.choice(BARS, p=shares)
    num_tracks = rng.integers(TRACKS[0], TRACKS[1] + 1)
    above, below = first.meter
    ticks = int(bars * above * 4 * RESOLUTION // below)
    parts = [_part(songs, rng, first, ticks)]
    parts += [
      _part(songs, rng, _draw(songs, rng, first), ticks)
      for _ in range(num_tracks - 1)
    ]
    if all(parts):
      return _together(songs, first, parts)
  raise UserError(
    f'no {TRACKS[0]} tracks with {MIN_NOTES} notes in {TRIES} draws: give '
    'songs with more notes'
  )


def _draw(songs, rng, first):
  choice = songs.by_meter[first.meter]
  return choice[rng.integers(len(choice))]


def _part(songs, rng, opening, ticks):
  """A track with enough notes from an opening on, as (track, notes), or ()."""
  begin = opening.tick
  found = []
  for track, notes in zip(
    songs.scores[opening.song].tracks, songs.tracks[opening.song]
  ):
    low, high = np.searchsorted(notes[:, ONSET], [begin, begin + ticks])
    if high - low >= MIN_NOTES:
      found.append((track, notes[low:high]))
  if not found:
    return ()
  track, notes = found[rng.integers(len(found))]
  notes = notes.copy()
  notes[:, ONSET] -= begin
  notes[:, DURATION] = np.minimum(notes[:, DURATION], ticks - notes[:, ONSET])
  return track, notes


def _together(songs, first, parts):
  score = songs.scores[first.song]
  for index, (_, notes) in enumerate(parts):
    notes[:, TRACK] = index
  return Score(
    np.concatenate([notes for _, notes in parts]),
    tuple(track for track, _ in parts),
    tempi=_in_force(score.tempi, first.tick),
    meters=np.array([(0, *first.meter)], np.int32),
    keys=_in_force(score.keys, first.tick),
    resolution=RESOLUTION,
  )


def _in_force(changes, tick):
  """The last change that is not after a tick, moved to 0; none if there is none."""
  last = changes[changes[:, 0] <= tick][-1:].copy()
  last[:, 0] = 0
  return last


def _path(output, number):
  return output / f'{number // FOLDER:04}' / f'{number:06}.mid'


def _begin(songs, output, seed):
  """What a process of the pool keeps for all of its files."""
  _write.given = songs, output, seed


def _write(number):
  songs, output, seed = _write.given
  # Not `midi.write`, which waits for the disk after each file.
  data = midi.to_bytes(recombine(songs, seed, number))
  _path(output, number).write_bytes(data)


if __name__ == '__main__':
  sys.exit(main())
