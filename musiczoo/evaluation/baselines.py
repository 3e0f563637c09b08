"""Baselines that a trained model should beat: uniform, bigram, n-gram, PCA, ...

Each is fitted on `train` and scored on `test`, lists of encoded pieces. Counts
are smoothed as stated, so that nothing has probability zero.
"""

from collections.abc import Sequence

import numpy as np

MAX_ORDER = 32  # Of an n-gram: tokens, with the one that is predicted.
MAX_TOKENS = 2**23  # To fit it.
# Orders tried beyond the best: a note may last for a quarter of twelve steps.
PATIENCE = 12


def uniform(train: Sequence[np.ndarray]) -> float:
  """Nats per note if all symbols in use in a voice are equally likely.

  Args:
    train: pieces of `voices`, [T, V] cells; the onset bit is ignored.

  Returns:
    The mean over voices of log(number of symbols in train + 1 for all others).
  """
  symbol = np.concatenate(train) // 2
  used = [len(np.unique(voice)) + 1 for voice in symbol.T]
  return float(np.mean(np.log(used)))


def bigram(train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> float:
  """Nats per note if each voice depends on its own symbol one step before.

  The symbols of a voice are those of train and one for all others; each count
  starts at one. The first symbol follows a start symbol, and is scored.

  Args:
    train: pieces of `voices`, [T, V] cells; the onset bit is ignored.
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


def ngram(
  train: Sequence[np.ndarray],
  valid: Sequence[np.ndarray],
  test: Sequence[np.ndarray],
  values: int,
) -> dict[str, float]:
  """Nats per token by an n-gram that backs off to shorter contexts.

  Interpolated as by Witten and Bell (1991): of a context h seen c(h) times
  before k(h) different tokens,

    p(x | h) = (c(hx) + k(h) p(x | h')) / (c(h) + k(h)),

  where h' is h without its first token, and below the empty context all are
  equally likely. A piece begins after start symbols. The order is that with the
  fewest nats on `valid`, of those up to `PATIENCE` beyond it.

  Args:
    train, valid, test: pieces of tokens [T], with at least one in each. Of
      `train` the first pieces count, up to `MAX_TOKENS` tokens.
    values: how many tokens there are.

  Returns:
    'nll_per_token_bigram' and 'nll_per_token_ngram', of test, and 'ngram_order',
    2 for a bigram.
  """
  pieces = [_first(train), list(valid), list(test)]
  token = np.concatenate([x for s in pieces for x in s]).astype(np.int64)
  place = np.concatenate([np.arange(len(x)) for s in pieces for x in s])
  begin, middle, _ = np.cumsum([sum(map(len, split)) for split in pieces])
  context = np.zeros_like(token)
  p = np.full(len(token) - begin, 1 / values)
  nats = []  # Of valid and of test, by order.
  for order in range(1, MAX_ORDER + 1):
    if order > 1:
      before = np.roll(token, order - 1)
      before = np.where(place < order - 1, values, before)
      context = _numbers(context * (values + 1) + before)
    p = _backed_off(context, _numbers(context * values + token), begin, p)
    log_p = np.log(p)
    cut = middle - begin
    nats.append((-log_p[:cut].mean(), -log_p[cut:].mean()))
    best = min(range(order), key=lambda i: nats[i][0])
    if order - 1 - best > PATIENCE:
      break
  return {
    'nll_per_token_bigram': float(nats[1][1]),
    'nll_per_token_ngram': float(nats[best][1]),
    'ngram_order': best + 1,
  }


def most_frequent(train: Sequence[np.ndarray], values: int) -> np.ndarray:
  """The most frequent value of each voice or bit; of equals the lowest.

  Args:
    train: encoded pieces [T, ...] of integers below `values`.
    values: number of values.

  Returns:
    int64 [C], of the flattened step.
  """
  counts = 0
  for x in map(np.asarray, train):
    x = x.reshape(len(x), -1).astype(np.int64)
    cell = x + values * np.arange(x.shape[1])
    counts += np.bincount(cell.ravel(), minlength=values * x.shape[1])
  return counts.reshape(-1, values).argmax(axis=1)


def repeat_last(
  train: Sequence[np.ndarray], test: Sequence[np.ndarray]
) -> dict[str, float]:
  """Errors of frames if each is predicted by the one before it.

  The first of a piece is predicted by zeros, the mean of all frames. The density
  is normal around the prediction, with each number's deviation in train.

  Args:
    train, test: pieces of `spectrogram`, normalized: [T, D].

  Returns:
    'mse_per_frame_repeat_last', the mean over frames and their numbers, and
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
  """The squared error of windows reconstructed from principal components.

  These are fitted to the training windows (Pearson 1901, with the algorithm of
  Halko et al. 2011): no linear code of that size has a smaller error on them.

  Args:
    train: windows [W, D], of one length.
    test: likewise; shorter ones are padded with zeros, which are not scored.
    numbers: of components.

  Returns:
    The mean over frames and their numbers.
  """
  from sklearn.decomposition import PCA  # Of the extra 'audio'.

  flat = np.stack([np.asarray(x).ravel() for x in train])
  size = min(numbers, *flat.shape)
  found = PCA(size, svd_solver='randomized', random_state=0).fit(flat)
  square = total = 0
  for x in map(np.asarray, test):
    padded = np.pad(x.ravel(), (0, flat.shape[1] - x.size))
    guess = found.inverse_transform(found.transform(padded[None]))[0]
    square += float(((guess[: x.size] - x.ravel()) ** 2).sum())
    total += x.size
  return square / total


def _squares(pieces):
  """Sums of squared differences from the frame before: float64 [D]."""
  total = 0
  for x in map(np.asarray, pieces):
    step = np.diff(x, axis=0, prepend=np.zeros_like(x[:1]))
    total += (step.astype(np.float64) ** 2).sum(0)
  return total


def _first(pieces):
  """The first pieces, together at most MAX_TOKENS long; at least one."""
  found, total = [], 0
  for x in pieces:
    total += len(x)
    if found and total > MAX_TOKENS:
      break
    found.append(x)
  return found


def _numbers(keys):
  """Keys [N] -> numbers from 0, the same for equal keys."""
  return np.unique(keys, return_inverse=True)[1]


def _backed_off(context, event, begin, shorter):
  """Probabilities of the tokens from `begin` on, fitted to those before.

  Args:
    context: number of what comes before each token.
    event: number of that with the token.
    shorter: the probabilities by the shorter context.
  """
  count = np.bincount(event[:begin], minlength=event.max() + 1)
  context_of = np.empty(len(count), np.int64)
  context_of[event] = context
  kinds = np.bincount(context_of[count > 0], minlength=context.max() + 1)
  total = np.bincount(context[:begin], minlength=len(kinds))
  seen, new = context[begin:], event[begin:]
  mixed = count[new] + kinds[seen] * shorter
  return np.where(
    total[seen] > 0, mixed / np.maximum(total + kinds, 1)[seen], shorter
  )


def _bigram_line(train, test):
  used = np.unique(np.concatenate(train))
  other, begin = len(used), len(used) + 1

  def transitions(pieces):
    """Counts of (symbol before, symbol), with start symbol and others."""
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
