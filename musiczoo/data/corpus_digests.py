"""Digests of the pieces of a corpus, by which a change of any is seen."""

from collections.abc import Iterable
import hashlib

import numpy as np

from musiczoo.data.corpora.recordings import Recordings
from musiczoo.data.corpus import Corpus, Piece, Roll
from musiczoo.data.dataset import Split


def digests(corpus: Corpus, splits: Iterable[str]) -> dict[str, str]:
  """Name -> SHA-256 of all that these splits hold.

  Names are `SPLIT/PIECE`; of a dataset, which may have millions of pieces, those
  of its files, whose digests its seal has.
  """
  found = {}
  for split in splits:
    pieces = corpus[split]
    if isinstance(pieces, Split):
      found |= pieces.digests
    elif isinstance(pieces, Recordings):
      found |= {f'{split}/{n}': d for n, d in pieces.digests.items()}
    else:
      found |= {f'{split}/{piece.name}': _digest(piece) for piece in pieces}
  return found


def difference(there: dict[str, str], here: dict[str, str]) -> str:
  """What differs, the first names of it; '' if nothing does."""
  kinds = {
    'changed': sorted(n for n in there if n in here and here[n] != there[n]),
    'gone': sorted(there.keys() - here.keys()),
    'new': sorted(here.keys() - there.keys()),
  }
  return '; '.join(
    f'{kind}: {", ".join(name[:100] for name in names[:3])}'
    + (f' and {len(names) - 3} more' if len(names) > 3 else '')
    for kind, names in kinds.items()
    if names
  )


def _digest(piece: Piece | Roll) -> str:
  if isinstance(piece, Roll):
    arrays, rest = {'x': piece.x}, ''
  else:
    arrays = piece.score._asdict()
    tracks = [(int(t.program), bool(t.drums), t.name) for t in arrays['tracks']]
    rest = f'{tracks} {int(arrays["resolution"])}'
    del arrays['tracks'], arrays['resolution']
  found = hashlib.sha256()
  for name, value in arrays.items():
    array = np.ascontiguousarray(value, np.int64)
    found.update(f'{name} {array.shape} '.encode())
    found.update(array.data)
  found.update(rest.encode(errors='surrogateescape'))
  return found.hexdigest()
