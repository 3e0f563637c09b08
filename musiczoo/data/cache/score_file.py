"""Pieces <-> one file: a pickle-free npz that ends in its own SHA-256."""

from collections.abc import Sequence
import hashlib
import io
import json
import pathlib
import sys

import numpy as np

from musiczoo.data.corpora.corpus import Piece
from musiczoo.music.files import write_atomic
from musiczoo.music.score import Score, Track

_ARRAYS = ('notes', 'tempi', 'meters', 'keys')
_DIGEST = hashlib.sha256().digest_size


def save(path: pathlib.Path, pieces: Sequence[Piece]) -> None:
  """Writes Scores so that `path` is whole or not there at all.

  A cache that can't be written costs time, not results: a line on stderr reports it.
  """
  body = _pack(pieces)
  try:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, body + hashlib.sha256(body).digest())
  except OSError as error:
    print(f'{path} not written: {error.strerror}', file=sys.stderr)


def load(path: pathlib.Path) -> list[Piece] | None:
  """The pieces of a file; None if it isn't there or isn't whole."""
  try:
    data = path.read_bytes()
  except FileNotFoundError:
    return None
  except OSError as error:
    print(f'{path} not read: {error.strerror}', file=sys.stderr)
    return None
  body, digest = data[:-_DIGEST], data[-_DIGEST:]
  if hashlib.sha256(body).digest() != digest:
    print(f'{path} is damaged: making it anew', file=sys.stderr)
    return None
  return _unpack(body)


def _pack(pieces):
  scores = [piece.score for piece in pieces]
  arrays = {
    'names': json.dumps([piece.name for piece in pieces]),
    'tracks': json.dumps([score.tracks for score in scores]),
    'resolution': np.array([score.resolution for score in scores], np.int32),
  }
  for name in _ARRAYS:
    rows = [getattr(score, name) for score in scores]
    arrays[name] = np.concatenate(rows)
    arrays[f'{name}_ends'] = np.cumsum([len(row) for row in rows])
  buffer = io.BytesIO()
  np.savez_compressed(buffer, **arrays)
  return buffer.getvalue()


def _unpack(body):
  with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
    arrays = dict(arrays)
  names, tracks = (json.loads(str(arrays[n])) for n in ('names', 'tracks'))
  rows = [
    np.split(arrays[name], arrays[f'{name}_ends'][:-1]) for name in _ARRAYS
  ]
  return [
    Piece(
      name,
      Score(
        notes=notes,
        tracks=tuple(Track(*track) for track in tracks),
        tempi=tempi,
        meters=meters,
        keys=keys,
        resolution=int(resolution),
      ),
    )
    for name, tracks, resolution, notes, tempi, meters, keys in zip(
      names, tracks, arrays['resolution'], *rows
    )
  ]
