"""Encoded pieces in; the nats, or errors, that any trained model should beat out.

Each is fitted on `train` and scored on `test`, lists of encoded pieces. What
train never does is not impossible: counts begin above zero, as stated.
"""

from collections.abc import Sequence

import numpy as np


def uniform(train: Sequence[np.ndarray]) -> float:
  """Nats per note if all symbols in use in a voice are equally likely.

  Args:
    train: pieces of `voices`, [T, V] cells; the struck bit is ignored.

  Returns:
    The mean over voices of log(symbols in train, and one for all others).
  """
  symbol = np.concatenate(train) // 2
  used = [len(np.unique(voice)) + 1 for voice in symbol.T]
  return float(np.mean(np.log(used)))


def bigram(train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> float:
  """Nats per note if each voice depends on its own symbol one step before.

  The symbols of a voice are those of train and one for all others; each count
  begins at one. The first symbol follows a mark of the beginning, and counts.

  Args:
    train: pieces of `voices`, [T, V] cells; the struck bit is ignored.
    test: likewise.

  Returns:
    The total over the test pieces / (their steps * V).
  """
  voices = train[0].shape[1]
  nats = sum(
      _bigram_line([x[:, v] // 2 for x in train], [x[:, v] // 2 for x in test])
      for v in range(voices)
  )
  return nats / (voices * sum(map(len, test)))


def unigram(
    train: Sequence[np.ndarray], test: Sequence[np.ndarray]
) -> dict[str, float]:
  """Nats per frame if each key of a roll sounds now and then, on its own.

  A key sounds with the probability (frames it sounds in + 1/2) / (frames + 1).

  Args:
    train: pieces of `pianoroll`, [T, P] of 0 and 1.
    test: likewise.

  Returns:
    'nll_per_frame' over all frames (Boulanger-Lewandowski et al. 2012) and
    'nll_per_frame_tcn' over frames 2..T of each piece (Bai et al. 2018).
  """
  frames = np.concatenate(train)
  p = (frames.sum(axis=0, dtype=np.int64) + 0.5) / (len(frames) + 1)

  def score(pieces):
    x = np.concatenate(pieces)
    on = x.mean(axis=0)
    return float(-(on * np.log(p) + (1 - on) * np.log(1 - p)).sum())

  return {
      'nll_per_frame': score(test),
      'nll_per_frame_tcn': score([x[1:] for x in test]),
  }


def most_frequent(
    train: Sequence[np.ndarray], values: int
) -> np.ndarray:
  """The commonest value of each voice or bit; of equals the lowest.

  Args:
    train: encoded pieces [T, ...] of integers below `values`.
    values: how many there are.

  Returns:
    int64 [C], of the step's shape made flat.
  """
  counts = 0
  for piece in train:
    x = np.asarray(piece)
    x = x.reshape(len(x), -1).astype(np.int64)
    place = x + values * np.arange(x.shape[1])
    size = values * x.shape[1]
    counts = counts + np.bincount(place.ravel(), minlength=size)
  return counts.reshape(-1, values).argmax(axis=1)


def repeat_last(
    train: Sequence[np.ndarray], test: Sequence[np.ndarray]
) -> dict[str, float]:
  """Of frames, if each is thought to be as the one before it.

  The first of a piece is thought to be zeros, which is the mean of all. Its
  density is normal around that, each number with the deviation it has in train.

  Args:
    train, test: pieces of `spectrogram`, normalized: [T, D].

  Returns:
    'mse_per_frame_repeat_last', a mean over frames and their numbers, and
    'nll_per_frame_repeat_last', in nats.
  """
  variance_D = _squares(train) / sum(map(len, train))
  square_D = _squares(test) / sum(map(len, test))
  nats_D = square_D / variance_D + np.log(2 * np.pi * variance_D)
  return {
      'mse_per_frame_repeat_last': float(square_D.mean()),
      'nll_per_frame_repeat_last': float(nats_D.sum() / 2),
  }


def pca(
    train: Sequence[np.ndarray], test: Sequence[np.ndarray], numbers: int
) -> float:
  """The squared error of windows of frames told by so many numbers each.

  They are the places along the principal components of the training windows
  (Pearson 1901, found as by Halko et al. 2011): no lines do better on those.

  Args:
    train: windows [W, D], of one length.
    test: likewise; shorter ones are filled up with zeros, which don't count.

  Returns:
    The mean over frames and their numbers.
  """
  from sklearn.decomposition import PCA  # Of the extra 'audio', as the frames.

  flat = np.stack([np.asarray(x).ravel() for x in train])
  found = PCA(
      min(numbers, *flat.shape), svd_solver='randomized', random_state=0
  ).fit(flat)
  square = total = 0
  for x in map(np.asarray, test):
    whole = np.pad(x.ravel(), (0, flat.shape[1] - x.size))
    guess = found.inverse_transform(found.transform(whole[None]))[0]
    square += float(((guess[: x.size] - x.ravel()) ** 2).sum())
    total += x.size
  return square / total


def _squares(pieces):
  """Of what each number differs by from the frame before: float64 [D]."""
  total = 0
  for x in map(np.asarray, pieces):
    step = np.diff(x, axis=0, prepend=np.zeros_like(x[:1]))
    total = total + (step.astype(np.float64) ** 2).sum(0)
  return total


def _bigram_line(train, test):
  used = np.unique(np.concatenate(train))
  other, begin = len(used), len(used) + 1

  def transitions(pieces):
    """Numbers of (symbol before, symbol), begin and other included."""
    counts = np.zeros((begin + 1, other + 1))
    for line in pieces:
      place = np.searchsorted(used, line)
      known = used[np.minimum(place, other - 1)] == line
      symbol = np.where(known, place, other)
      np.add.at(counts, (np.append(begin, symbol[:-1]), symbol), 1)
    return counts

  counts = transitions(train) + 1
  log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
  return -float((transitions(test) * log_p).sum())
