"""Copies: windows of new piano-rolls that occur in the training pieces.

Frames are compared by the keys that sound; onsets are ignored. Windows of frames
are *verbatim* copies if all their frames are equal, and *transposed* copies if a
common shift in semitones, or none, makes them equal. Silent windows count neither
as copies nor as new.

The training pieces are read in blocks, so there may be more than fit in memory.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.novelty.frames import index, locate, num_windows
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


class _Found(NamedTuple):
  """The copies found in some of the training pieces.

  Attributes:
    copied: length -> which windows of that many frames are copies, bool [N].
    longest: the longest copy, or None.
  """

  copied: dict[int, np.ndarray]
  longest: _Span | None


def find_copies(
  train: Iterable[np.ndarray], **music: Iterable[np.ndarray]
) -> dict[str, dict[str, float | dict[str, int] | None]]:
  """Finds what of new pieces occurs in the training pieces.

  Music repeats itself: compare the shares with those of a real test split.

  Args:
    train: the training pieces, read once and in order: piano-rolls [T, 88].
    **music: lists of new piano-rolls, at least one in each, by a name for each
      list.

  Returns:
    For each name 'verbatim_4', 'transposed_4' and so on for all of `WINDOWS`:
    the share of windows of that many frames found in train; 0 if there are no
    windows. 'longest_verbatim' and 'longest_transposed': the longest copied
    span, or None: its length 'frames'; 'piece' and 'start', its place in the
    new pieces; 'source' and 'source_start', its place in train; 'semitones', its
    transposition. Of several the first.
  """
  new = {name: index(pieces) for name, pieces in music.items()}
  found = {(name, kind): _Found({}, None) for name in new for kind in _KINDS}
  first = 0
  for block in _blocks(train):
    known = index(block)
    for name, kind in found:
      in_block = _search(known, new[name], kind == 'transposed')
      found[name, kind] = _merged(found[name, kind], in_block, first)
    first += len(block)
  described = {name: {} for name in new}
  for (name, kind), copies in found.items():
    described[name] |= _describe(copies, new[name], kind)
  return described


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


def _search(train, new, transposed):
  """_Found of new pieces in one Index of training pieces."""
  copied, longest = {}, None
  longer = match_frames(train, new, transposed)
  while (sounds := longer.new.low >= 0).any():
    if longer.frames in WINDOWS:
      copied[longer.frames] = sounds
    longest = longer
    longer = extend(longest, longest.frames)
  # The longest is less than twice as long: half as much, a quarter, and so on.
  step = longest.frames // 2 if longest else 0
  while step:
    longer = extend(longest, step)
    if (longer.new.low >= 0).any():
      longest = longer
    step //= 2
  return _Found(copied, longest and _span(train, longest))


def _span(train, match):
  begin = int(np.argmax(match.new.low >= 0))
  at = int(np.argmax(match.train.id == match.new.id[begin]))
  semitones = int(match.new.low[begin] - match.train.low[at])
  return _Span(begin, match.frames, *locate(train, at), semitones)


def _merged(found, more, first):
  """Adds the copies in a block whose pieces are numbered from `first` on."""
  copied = dict(found.copied)
  for frames, windows in more.copied.items():
    copied[frames] = windows | copied.get(frames, False)
  spans = [found.longest] if found.longest else []
  if more.longest:
    source = first + more.longest.source
    spans.append(more.longest._replace(source=source))
  # Of several the first in the new pieces, then the first in train.
  rank = lambda span: (span.frames, -span.begin)
  return _Found(copied, max(spans, key=rank, default=None))


def _describe(found, new, kind):
  """The entries of `find_copies` for one list and one kind of copy."""
  described = {
    f'{kind}_{frames}': np.count_nonzero(found.copied.get(frames, 0))
    / max(num_windows(new, frames), 1)
    for frames in WINDOWS
  }
  span = found.longest
  if span:
    span = span._asdict()
    piece, start = locate(new, span.pop('begin'))
    span |= {'piece': piece, 'start': start}
  return described | {f'longest_{kind}': span}
