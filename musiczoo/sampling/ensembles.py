"""Ensembles: the instruments of training songs, of which each new song has some.

An ensemble is int [tracks, 4], of each track slot, program, register and polyphony,
as in TRACK rows of `compound`.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn.heads import Controls
from musiczoo.representations.compound_given import UNKNOWN

_MOST = 1 + rows.SLOTS  # Rows of KEY and TRACK.


def of_pieces(pieces: Iterable[np.ndarray], layout: Layout) -> list[np.ndarray]:
  """The different ensembles of pieces of `compound` rows, in their order."""
  found = {}
  for x in pieces:
    header = np.asarray(x[:_MOST])
    tracks = header[header[:, rows.PLACE] == layout.track, 1:]
    if len(tracks):
      found.setdefault(tracks.tobytes(), tracks)
  return list(found.values())


def draw(
  ensembles: Sequence[np.ndarray],
  layout: Layout,
  num: int,
  seed: int,
  controls: Controls,
) -> Controls:
  """Gives each piece an ensemble, and samples its key.

  That of piece i depends on (seed, i) alone.
  """
  x = np.zeros((num, _MOST, rows.COLUMNS), np.int32)
  is_known = np.zeros(x.shape, bool)
  x[:, 0] = [layout.key, UNKNOWN, 0, 0, 0]
  for piece in range(num):
    rng = np.random.default_rng([seed, piece])
    tracks = ensembles[rng.integers(len(ensembles))]
    x[piece, 1 : 1 + len(tracks), rows.PLACE] = layout.track
    x[piece, 1 : 1 + len(tracks), 1:] = tracks
    is_known[piece, : 1 + len(tracks)] = True
  return controls._replace(given=x, known=is_known)
