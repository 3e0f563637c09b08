"""The rules that split a corpus: by a hash of each piece's name, or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import hashlib
import logging
import operator
from typing import TypeVar

log = logging.getLogger(__name__)

SPLITS = ('train', 'valid', 'test')
# Rules beside shares: a corpus' own split, else `SHARES`; and no split.
HASH, ALL = 'hash', 'all'
SHARES = 80, 10, 10  # Percent of each of SPLITS.

_T = TypeVar('_T')


class Rule:
  """The names of a rule, for an annotation: `Annotated[str, Rule()]`.

  'hash': the split that the corpus brings, else 80/10/10. 'A/B/C': shares of
  training, validation and test in percent, by the hash. 'all': each piece is in
  all three.
  """

  def __init__(self, *names: str):
    """Args: `names`, of rules beside shares; none are HASH and ALL."""
    self.names = (*(names or (HASH, ALL)), '80/10/10')

  def __contains__(self, value: str) -> bool:
    return value in self.names or _parse(value) is not None

  def __str__(self) -> str:
    return (
      f'{", ".join(self.names[:-1])}, or percent of training, validation and '
      'test as in 80/10/10: whole numbers from 1 on, 100 together'
    )


def shares(rule: str) -> tuple[int, int, int]:
  """Percent of each of SPLITS of a rule that is not ALL."""
  return _parse(rule) or SHARES


def _parse(rule):
  parts = rule.split('/')
  if len(parts) != len(SPLITS) or not all(
    part.isascii() and part.isdecimal() and len(part) < 3 for part in parts
  ):
    return None
  train, valid, test = map(int, parts)
  is_whole = min(train, valid, test) >= 1 and train + valid + test == 100
  return (train, valid, test) if is_whole else None


def split_of(name: str, shares: tuple[int, int, int] = SHARES) -> str:
  """The split of a piece by a hash of its name, in these shares.

  It depends on nothing else, so that a piece stays in its split when files are
  added or removed.
  """
  percent = _hash(name) * 100 >> 64
  train, valid, _ = shares
  if percent < train:
    return 'train'
  return 'valid' if percent < train + valid else 'test'


def split_corpus(
  corpus: str,
  pieces: Iterable[_T],
  rule: str = HASH,
  near_duplicates: Mapping[str, str] = {},
  name_of: Callable[[_T], str] = operator.attrgetter('name'),
) -> Mapping[str, Sequence[_T]]:
  """Splits a corpus by a rule of `Rule`, so that no split is empty.

  What makes figures those of music that was trained on is logged, and which
  pieces move as of `with_all_splits`.

  Args:
    corpus: its name, for the lines.
    pieces, near_duplicates, name_of: as of `split_pieces`.
    rule: of `Rule`.
  """
  if rule == ALL:
    warn_of_all(corpus)
    return dict.fromkeys(SPLITS, list(pieces))
  splits = split_pieces(pieces, near_duplicates, shares(rule), name_of)
  return with_all_splits(corpus, splits, name_of)


def warn_of_all(corpus: str) -> None:
  """Logs that a corpus is not split."""
  log.warning(
    "corpus '%s': split=all: every piece is for training, validation and test, so "
    'that figures are not of unseen music',
    corpus,
  )


def split_pieces(
  pieces: Iterable[_T],
  near_duplicates: Mapping[str, str] = {},
  shares: tuple[int, int, int] = SHARES,
  name_of: Callable[[_T], str] = operator.attrgetter('name'),
) -> dict[str, list[_T]]:
  """Splits pieces into 'train', 'valid' and 'test', in their order.

  Args:
    pieces: the pieces.
    near_duplicates: the name of a piece -> that of the piece of which it is
      nearly a copy, to whose split it belongs.
    shares: percent of each split.
    name_of: a piece -> its name.
  """
  splits: dict[str, list[_T]] = {name: [] for name in SPLITS}
  for piece in pieces:
    name = name_of(piece)
    splits[split_of(near_duplicates.get(name, name), shares)].append(piece)
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
