"""The rule that splits a corpus: by a hash of each piece's name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import hashlib
import logging
import operator
from typing import TypeVar

from musiczoo.data.corpus import Piece, Roll

log = logging.getLogger(__name__)

SPLITS = ('train', 'valid', 'test')

_T = TypeVar('_T')


def split_of(name: str) -> str:
  """The split of a piece: 80, 10 and 10 % by a hash of its name.

  It depends on nothing else, so that a piece stays in its split when files are
  added or removed.
  """
  return {8: 'valid', 9: 'test'}.get(_hash(name) * 10 >> 64, 'train')


def split_pieces(
  pieces: Iterable[Piece | Roll], near_duplicates: Mapping[str, str] = {}
) -> dict[str, list]:
  """Splits pieces into 'train', 'valid' and 'test', in their order.

  Args:
    pieces: the pieces.
    near_duplicates: the name of a piece -> that of the piece of which it is
      nearly a copy, to whose split it belongs.
  """
  splits = {name: [] for name in SPLITS}
  for piece in pieces:
    splits[split_of(near_duplicates.get(piece.name, piece.name))].append(piece)
  return splits


def with_all_splits(
  corpus: str,
  splits: Mapping[str, Sequence[_T]],
  name_of: Callable[[_T], str] = operator.attrgetter('name'),
) -> Mapping[str, Sequence[_T]]:
  """Gives each empty split a piece of the largest, so that few can be used.

  It is the piece with the highest hash; none moves where all splits have some.
  Of two pieces one is in both 'valid' and 'test', a single one in all splits. What
  was done is logged.

  Args:
    corpus: its name, for the line.
    splits: the pieces of each. They are returned as they are if none is empty.
    name_of: a piece -> its name.
  """
  if all(map(len, splits.values())) or not any(map(len, splits.values())):
    return splits
  filled = {split: list(splits[split]) for split in SPLITS}
  pieces = [piece for split in SPLITS for piece in filled[split]]
  if len(pieces) < len(SPLITS):
    pieces.sort(key=lambda piece: _hash(name_of(piece)))
    first, last = pieces[0], pieces[-1]
    shared = 'valid and test' if len(pieces) == 2 else 'all three'
    done = f'{name_of(last)} is in {shared}'
    filled = {'train': [first], 'valid': [last], 'test': [last]}
  else:
    done = ', '.join(_fill(filled, name_of))
  log.warning(
    "corpus '%s' has too few pieces for three splits: %s", corpus, done
  )
  return filled


def _fill(splits, name_of):
  """Fills empty lists in place; yields what was moved."""
  for split in SPLITS:
    if not splits[split]:
      source = max(SPLITS, key=lambda other: len(splits[other]))
      hashes = [_hash(name_of(piece)) for piece in splits[source]]
      moved = splits[source].pop(hashes.index(max(hashes)))
      splits[split].append(moved)
      yield f'{name_of(moved)} moves from {source} to {split}'


def _hash(name):
  """64 bits of a name."""
  salted = f'musiczoo/{name}'.encode(errors='surrogateescape')
  return int.from_bytes(hashlib.sha256(salted).digest()[:8], 'big')
