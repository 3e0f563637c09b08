"""The rule that splits a corpus: by a hash of each piece's name."""

from collections.abc import Iterable, Mapping
import hashlib

from musiczoo.data.corpus import Piece, Roll

SPLITS = ('train', 'valid', 'test')


def split_of(name: str) -> str:
  """The split of a piece: 80, 10 and 10 % by a hash of its name.

  It depends on nothing else, so that a piece stays in its split when files are
  added or removed.
  """
  salted = f'musiczoo/{name}'.encode(errors='surrogateescape')
  digest = hashlib.sha256(salted).digest()
  tenth = int.from_bytes(digest[:8], 'big') * 10 >> 64
  return {8: 'valid', 9: 'test'}.get(tenth, 'train')


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
