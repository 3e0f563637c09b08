"""The four-part chorales of Bach: the music21 package in, Pieces out."""

import concurrent.futures
import hashlib
import importlib.metadata
import importlib.util
import itertools
import multiprocessing
import os
import pathlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import tqdm

from musiczoo.corpora import store
from musiczoo.corpora.corpus import Piece
from musiczoo.errors import UserError
from musiczoo.score import Score, Track, canonical

_PARTS = ('Soprano', 'Alto', 'Tenor', 'Bass')
_CHOIR = 52  # General MIDI program: choir aahs.
_VELOCITY = 80
_TEMPO = 750_000  # Microseconds per quarter note: 80 to the minute.
_RESOLUTION = 24  # Thirty-seconds (the shortest notes) and triplets fit.


def chorales() -> list[Piece]:
  """All chorales in four parts, in the order of their names.

  Takes about 20 s of two cores for the first time and milliseconds from the
  user's cache after that.

  Raises:
    UserError: music21 is not installed.
  """
  files = _files()
  key = hashlib.sha256(importlib.metadata.version('music21').encode())
  # This very file is part of the key: another way to parse, another cache.
  for file in [pathlib.Path(__file__), *files]:
    key.update(file.read_bytes())
  cache = _cache_folder() / f'chorales-{key.hexdigest()[:16]}.npz'
  pieces = store.load(cache)
  if pieces is None:
    pieces = list(_parse_all(files))
    store.save(cache, pieces)
  return pieces


def parse(file: pathlib.Path) -> Piece | None:
  """One MusicXML file as a Piece; None if it isn't in four parts, S A T B."""
  import music21  # Here, since it takes a second and the cache does without.

  with warnings.catch_warnings():
    warnings.simplefilter('ignore')  # Of files that can't be mended here.
    stream = music21.converter.parse(file, forceSource=True)
  if tuple(part.id for part in stream.parts) != _PARTS:
    return None
  notes = [
      (onset, duration, pitch, _VELOCITY, track)
      for track, part in enumerate(stream.parts)
      for onset, duration, pitch in _notes(part)
  ]
  upper = stream.parts[0]
  score = Score(
      notes=np.array(notes, np.int32),
      tracks=tuple(Track(_CHOIR, name=name) for name in _PARTS),
      tempi=np.array([[0, _TEMPO]], np.int32),
      meters=np.array(list(_meters(upper)), np.int32),
      keys=np.array(list(_keys(upper)), np.int32),
      resolution=_RESOLUTION,
  )
  return Piece(file.stem, canonical(score))


def _files():
  """The MusicXML files, found without importing music21."""
  found = importlib.util.find_spec('music21')
  if found is None:
    raise UserError(
        "corpus 'chorales' is read from the music21 package: "
        "pip install 'musiczoo[corpora]'"
    )
  folder = pathlib.Path(found.origin).parent / 'corpus' / 'bach'
  return sorted(folder.glob('*.mxl'))


def _cache_folder():
  home = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
  return pathlib.Path(home) / 'musiczoo'


def _parse_all(files) -> Iterator[Piece]:
  # Not forked: a process that runs JAX has threads, which a fork would lose.
  context = multiprocessing.get_context('spawn')
  with concurrent.futures.ProcessPoolExecutor(mp_context=context) as pool:
    pieces = pool.map(parse, files, chunksize=8)
    yield from filter(None, _progress(pieces, len(files)))


def _progress(pieces: Iterable, total: int) -> Iterator:
  """A bar on a terminal, a line for every hundred files elsewhere."""
  if sys.stderr.isatty():
    yield from tqdm.tqdm(pieces, 'reading Bach, once', total)
    return
  for count, piece in enumerate(pieces, 1):
    if count % 100 == 0 or count == total:
      print(f'reading Bach, once: {count} of {total} files', file=sys.stderr)
    yield piece


def _notes(part) -> Iterator[tuple[int, int, int]]:
  """Onset, duration and pitch of each note, ties merged, graces left out."""
  onset, duration, pitch = 0, 0, None
  for note in part.flatten().notes:
    if note.duration.isGrace:
      continue
    start, length = _ticks(note.offset), _ticks(note.quarterLength)
    tied = note.tie is not None and note.tie.type in ('continue', 'stop')
    if tied and note.pitch.midi == pitch and start == onset + duration:
      duration += length
      continue
    if pitch is not None:
      yield onset, duration, pitch
    onset, duration, pitch = start, length, note.pitch.midi
  yield onset, duration, pitch


def _meters(part) -> Iterator[tuple[int, int, int]]:
  """Tick, numerator and denominator wherever the length of the bars changes.

  A short bar (a pick-up, or what a repeat sign cuts off) gets a meter of its
  own, so that all bar lines fall right; two short ones that make up a whole
  are one bar. The last bar may end early.
  """
  bars = []  # Onset, length and signature.
  signature = None
  for measure in part.getElementsByClass('Measure'):
    signature = measure.timeSignature or signature
    onset, length = _ticks(measure.offset), _ticks(measure.quarterLength)
    whole = _ticks(signature.barDuration.quarterLength)
    if bars and bars[-1][1] + length == whole == ...:
      pass
    bars.append((onset, length, signature))


def _keys(part) -> Iterator[tuple[int, int, int]]:
  """Tick, sharps and mode of the key signatures."""


def _ticks(quarters) -> int:
  ticks = Fraction(quarters) * _RESOLUTION
  if ticks.denominator > 1:
    raise ValueError(f'{quarters} quarters are no whole number of ticks')
  return int(ticks)
