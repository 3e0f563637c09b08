"""Tiny models of every family, and batches for them."""

import functools
from typing import NamedTuple

import jax
import numpy as np

from musiczoo.heads import HEADS
from musiczoo.models import Model, Music, ZOO
from musiczoo.models.autoregressive import Sequence
from musiczoo.models.unigram import Deaf
from musiczoo.recurrent import Recurrent

DEPTH, LENGTH = 6, 12
RECURRENT = ('rnn', 'lstm', 'gru')
HEAD_OF = {
    'voices': ((4,), {'voices': 4, 'features': 3, 'hidden': 5}),
    'bernoulli': ((DEPTH,), {}),
    'nade': ((DEPTH,), {'hidden': 5}),
    'categorical': ((), {'features': 3}),
}


class Family(NamedTuple):
  """A tiny model of some music; `module` is the net and head it is made of."""

  model: Model
  module: Sequence
  music: Music


@functools.cache
def build(name: str, head: str = 'categorical') -> Family:
  """The family `name` with few units, dropout and a head of `HEAD_OF`."""
  shape, arguments = HEAD_OF[head]
  module = HEADS[head](depth=DEPTH, **arguments)
  music = Music(module.kind, DEPTH, shape)
  if name == 'unigram':
    model, net = ZOO[name](music, module), Deaf()
  else:
    model = ZOO[name](music, module, hidden=7, layers=2, dropout=0.3)
    net = Recurrent(name, 7, 2, dropout=0.3)
  return Family(model, Sequence(net, module), music)


def batch(family: Family, size: int = 8, seed: int = 0, length: int = LENGTH):
  """Random music with ragged ends: no two rows weigh the same."""
  rng = np.random.default_rng(seed)
  top = {'bits': 2, 'tokens': DEPTH, 'voices': 2 * DEPTH}[family.music.kind]
  x = rng.integers(top, size=(size, length, *family.music.shape))
  ends = rng.integers(1, length + 1, size)
  mask = np.arange(length) < ends[:, None]
  return {
      'x': x.astype(np.uint8),
      'mask': mask.astype(np.float32),
      'row': np.arange(size, dtype=np.uint32),
  }


def stack(batches):
  """Batches -> one with a first axis of steps."""
  keys = batches[0]
  return {k: np.stack([b[k] for b in batches]) for k in keys}


def close(a, b, tolerance):
  """Largest difference over all leaves, relative to the largest value."""
  for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    scale = max(np.abs(x).max(initial=0), 1e-6)
    error = np.abs(x - y).max(initial=0) / scale
    assert error <= tolerance, error
