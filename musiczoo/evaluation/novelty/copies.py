"""Copies: windows of new piano-rolls that occur in the training pieces.

Frames are compared by the keys that sound; onsets are ignored. Windows of frames
are *verbatim* copies if all their frames are equal, and *transposed* copies if a
common shift in semitones, or none, makes them equal. Silent windows count neither
as copies nor as new.

The training pieces are read in blocks, so there may be more than fit in memory.
"""

from collections.abc import Iterable, Iterator
import itertools
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.metrics.bootstrap import ratio_summary
from musiczoo.evaluation.novelty.frames import (
  index,
  locate,
  num_windows,
  per_piece,
)
from musiczoo.evaluation.novelty.windows import extend, match_frames

WINDOWS = (4, 8, 16)  # Frames; powers of two.
_KINDS = ('verbatim', 'transposed')
_BLOCK = 2**20  # Frames of training pieces at a time.


class _Span(NamedTuple):
  """A copy: its first frame in the new Index, its length and its source."""

  begin: int
  frames: int
  source: int
  source_start: int
  semitones: int


def find_copies(
  train: Iterable[np.ndarray], **music: Iterable[np.ndarray]
) -> dict[str, dict]:
  """Finds what of new pieces occurs in the training pieces.

  Music repeats itself: compare the shares with those of a real test split.

  Args:
    train: the training pieces, read once and in order: piano-rolls [T, 88].
    **music: lists of new piano-rolls, at least one in each, by a name for each
      list.

  Returns:
    For each name 'verbatim_4', 'transposed_4' and so on for all of `WINDOWS`:
    the share of windows of that many frames found in train; 0 if there are no
    windows. 'verbatim_4_interval' and so on: its 95 % bootstrap interval over
    the pieces. 'longest_verbatim' and 'longest_transposed': the longest copied
    span, or None: its length 'frames'; 'piece' and 'start', its place in the
    new pieces; 'source' and 'source_start', its place in train; 'semitones', its
    transposition. Of several the first.
  """
  new = {name: index(pieces) for name, pieces in music.items()}
  keys = list(itertools.product(new, _KINDS))
  copied = {
    (name, kind, k): np.zeros(len(new[name].frames), bool)
    for name, kind in keys
    for k in WINDOWS
  }
  spans, first = {key: [] for key in keys}, 0
  for block in _blocks(train):
    known = index(block)
    for name, kind in keys:
      windows, span = _search(new[name], known, kind == 'transposed')
      for frames, found in windows.items():
        copied[name, kind, frames] |= found
      if span:
        source = first + span.source
        spans[name, kind].append(span._replace(source=source))
    first += len(block)
  described = {name: _shares(new[name], name, copied) for name in new}
  for (name, kind), found in spans.items():
    described[name][f'longest_{kind}'] = _longest(found, new[name])
  return described


def _shares(new, name, copied):
  """The share of each kind of copies with its interval."""
  counts = {
    f'{kind}_{frames}': per_piece(new, found).astype(float)
    for (of, kind, frames), found in copied.items()
    if of == name
  }
  windows = {k: num_windows(new, k).astype(float) for k in WINDOWS}
  bases = {key: windows[int(key.rpartition('_')[2])] for key in counts}
  shares = {}
  for key, (share, low, high) in ratio_summary(counts, bases).items():
    is_defined = bases[key].any()
    shares[key] = share if is_defined else 0.0
    shares[f'{key}_interval'] = [low, high] if is_defined else [0.0, 0.0]
  return shares


def _blocks(pieces) -> Iterator[list[np.ndarray]]:
  block, frames = [], 0
  for x in pieces:
    block.append(x)
    frames += len(x)
    if frames >= _BLOCK:
      yield block
      block, frames = [], 0
  if block:
    yield block


def _search(new, train, transposed):
  """The copies of `WINDOWS` frames, {frames: bool [N]}, and the longest span."""
  copied, longest = {}, None
  longer = match_frames(new, train, transposed)
  while longer.copied.any():
    if longer.frames in WINDOWS:
      copied[longer.frames] = longer.copied
    longest = longer
    longer = extend(longest, longest.frames)
  # The longest is less than twice as long: half as much, a quarter, and so on.
  step = longest.frames // 2 if longest else 0
  while step:
    longer = extend(longest, step)
    if longer.copied.any():
      longest = longer
    step //= 2
  return copied, longest and _span(train, longest)


def _span(train, windows):
  frames, num_new, ids, low = windows
  begin = int(np.argmax(windows.copied))
  at = int(np.argmax(ids[num_new:] == ids[begin]))
  semitones = int(low[begin] - low[num_new + at])
  return _Span(begin, frames, *locate(train, at), semitones)


def _longest(spans, new):
  """The longest span, of several the first in the new pieces, then in train."""
  if not spans:
    return None
  span = max(spans, key=lambda span: (span.frames, -span.begin))._asdict()
  piece, start = locate(new, span.pop('begin'))
  return span | {'piece': piece, 'start': start}
