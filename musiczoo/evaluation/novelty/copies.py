"""New pieces and the training pieces walk in; what was copied walks out.

A piece is an encoded `pianoroll`, `voices` or `melody`; what others encode can
go through the piano-roll of its Score. Frames are compared by what sounds:
strikes are ignored. Windows of frames are alike *verbatim* if all their frames
are, and *transposed* if a common shift in semitones, or none, makes them so. A
window of silence is no music and never counts, neither as a copy nor as new.

The training pieces pass by in blocks, so there may be more than fit in memory.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from musiczoo.evaluation.novelty.frames import index, num_heard, place
from musiczoo.evaluation.novelty.windows import extend, match_frames

WINDOWS = (4, 8, 16)  # Frames; powers of two.
_SENSES = ('verbatim', 'transposed')
_BLOCK = 2**20  # Frames of training pieces looked at together.


class _Span(NamedTuple):
  """A copy: how long, its first frame in the new Index, and its source."""

  frames: int
  begin: int
  source: int
  source_start: int
  semitones: int


class _Found(NamedTuple):
  """What was found in some of the training pieces.

  Attributes:
    copied: length -> which windows of that many frames, bool [N].
    longest: the longest copy, or None.
  """

  copied: dict[int, np.ndarray]
  longest: _Span | None


def reports(
    train: Iterable[np.ndarray], **music: Iterable[np.ndarray]
) -> dict[str, dict[str, float | dict[str, int] | None]]:
  """What of new pieces occurs in the training pieces.

  Only beside the report of a real test split do the shares say anything:
  music repeats itself.

  Args:
    train: the training pieces, taken once and in order: all [T, 88], all [T, V]
      or all [T].
    **music: lists of new pieces in the same representation, at least one in
      each, by a name for each list.

  Returns:
    For each name 'verbatim_4', 'transposed_4' and so on for all of `WINDOWS`:
    the share of windows of so many frames found in train; 0 if there are no
    windows. 'longest_verbatim' and 'longest_transposed': the longest copied
    span, or None: its length 'frames'; 'piece' and 'start', where it is in the
    new pieces; 'source' and 'source_start', where it is in train; 'semitones',
    how far above its source it is. Of several the first.

  Raises:
    ValueError: the new pieces are laid out otherwise than those of train.
  """
  new = {name: index(pieces) for name, pieces in music.items()}
  found = {(name, sense): _Found({}, None) for name in new for sense in _SENSES}
  first = 0
  for block in _blocks(train):
    known = index(block)
    for name, sense in found:
      more = _search(known, new[name], sense == 'transposed')
      found[name, sense] = _both(found[name, sense], more, first)
    first += len(block)
  described = {name: {} for name in new}
  for (name, sense), its in found.items():
    described[name] |= _describe(its, new[name], sense)
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
  while (heard := longer.new.low >= 0).any():
    if longer.frames in WINDOWS:
      copied[longer.frames] = heard
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
  at = int(np.argmax(match.train.name == match.new.name[begin]))
  semitones = int(match.new.low[begin] - match.train.low[at])
  return _Span(match.frames, begin, *place(train, at), semitones)


def _both(found, more, first):
  """Adds what a block holds whose pieces are numbered from `first` on."""
  copied = dict(found.copied)
  for frames, windows in more.copied.items():
    copied[frames] = windows | copied.get(frames, False)
  longest, span = found.longest, more.longest
  if span and (
      not longest
      # Of several the first in the new pieces, then the first in train.
      or (span.frames, -span.begin) > (longest.frames, -longest.begin)
  ):
    longest = span._replace(source=first + span.source)
  return _Found(copied, longest)


def _describe(found, new, sense):
  """What `reports` says of a list of new pieces in one sense."""
  described = {}
  for frames in WINDOWS:
    copied = np.count_nonzero(found.copied.get(frames, 0))
    share = copied / max(num_heard(new, frames), 1)
    described[f'{sense}_{frames}'] = share
  span = found.longest
  if span:
    piece, start = place(new, span.begin)
    span = {
        'frames': span.frames,
        'piece': piece,
        'start': start,
        'source': span.source,
        'source_start': span.source_start,
        'semitones': span.semitones,
    }
  return described | {f'longest_{sense}': span}
