"""Tiny models of every family, and batches for them."""

import functools
from typing import NamedTuple

import jax
import numpy as np
import pytest

from musiczoo import build as build_lib
from musiczoo.models.autoregressive_net import AutoregressiveNet
from musiczoo.models.model import Model
from musiczoo.models.unigram import ConstantNet
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.chroma import Chroma, HALF_LIVES
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.degrees import Degrees
from musiczoo.nn.heads import HEADS
from musiczoo.nn.heads.categorical import WithLogits
from musiczoo.nn.look_back import LookBack
from musiczoo.nn.recurrent import Recurrent
from musiczoo.nn.tcn import TCN

DEPTH, LENGTH = 6, 16
RECURRENT = ('rnn', 'lstm', 'gru')
CAUSAL = (*RECURRENT, 'cnn')  # Whose net takes step after step.
CODED = ('autoencoder', 'vae')
HEAD_OF = {
  'voices': ((4,), {'voices': 4, 'features': 3, 'hidden': 5}),
  'voices, intervals': (
    (4,),
    {'voices': 4, 'features': 3, 'hidden': 5, 'intervals': True},
  ),
  'bernoulli': ((DEPTH,), {}),
  'nade': ((DEPTH,), {'hidden': 5}),
  'categorical': ((), {'features': 3}),
}
BAR = 4  # Steps.
CONDITIONING = Conditioning(annotations.columns(('key', 'chord')), 3, 0.3)
METERED = Conditioning(
  annotations.columns(('position', 'meter', 'bar')), 3, 0.3
)
KEYED = Conditioning(
  annotations.columns(('position', 'meter', 'bar', 'key')), 3, 0.3
)
ALL_COLUMNS = Conditioning(
  annotations.columns(('key', 'chord', 'density', 'section', 'style')), 3, 0.3
)


class Case(NamedTuple):
  """A way to build a family.

  Attributes:
    family: its name in ZOO.
    head: one of HEAD_OF, whose kind of music it is then; or the Spec, for a
      family that has an output of its own.
    options: of its config.
    more: other arguments of `build.make_model`.
  """

  family: str
  head: str | Spec
  options: dict
  more: dict = {}


_NET = {'hidden': 7, 'layers': 2, 'dropout': 0.3}
_LATENT = {'hidden': 7, 'latent': 3, 'dropout': 0.3, 'word_dropout': 0.3}
_VAE = _LATENT | {'beta': 0.5, 'free_bits': 2.0, 'anneal_steps': 3}
_CONDITIONED, _REMAT = {'conditioning': CONDITIONING}, {'remat': True}

# The laws of the train step are tested of all of these.
CASES = {
  'unigram': Case('unigram', 'categorical', {}),
  'rnn': Case('rnn', 'categorical', _NET),
  'lstm': Case('lstm', 'categorical', _NET),
  'gru': Case('gru', 'categorical', _NET),
  'cnn': Case('cnn', 'categorical', _NET | {'kernel': 3}),
  'gru, conditioned': Case('gru', 'categorical', _NET, _CONDITIONED),
  'gru, chroma': Case('gru', 'voices', _NET | {'chroma': True}),
  'gru, look back': Case(
    'gru', 'categorical', _NET | {'look_back': 2}, {'conditioning': METERED}
  ),
  'gru, degrees': Case(
    'gru',
    'categorical',
    _NET | {'look_back': 2, 'degrees': 3, 'word_dropout': 0.3},
    {'conditioning': KEYED},
  ),
  'gan': Case(
    'gan',
    Spec('bits', 27, (27,), planes=9),
    {
      'latent': 3,
      # Norms over fewer channels may be of next to no deviation.
      'hidden': 6,
      'num_levels': 1,
      'objective': 'wgan_gp',
      'penalty': 10.0,
      'reconstruction_weight': 0.1,
      'binarize': 'stochastic',
      'overlap': 4,
      'given_tracks': (0, 2),
    },
    _CONDITIONED,
  ),
  'structure': Case(
    'structure',
    'voices',
    {
      'cell': 'rnn',
      'hidden': 7,
      'layers': 1,
      'planner_hidden': 5,
      'analyser_hidden': 6,
      'analyser_channels': 3,
      'dropout': 0.3,
      'bar_steps': BAR,
    },
    {'conditioning': ALL_COLUMNS},
  ),
  'gru, remat': Case('gru', 'categorical', _NET, _REMAT),
  'infill': Case(
    'infill',
    'voices, intervals',
    _NET | {'cell': 'gru', 'known_hidden': 6, 'known_layers': 2},
  ),
  'orderless': Case(
    'orderless', Spec('voices', DEPTH, (2,)), {'hidden': 7, 'layers': 2}
  ),
  'autoencoder': Case('autoencoder', 'voices', _LATENT | {'net': 'conv'}),
  'vae': Case('vae', 'categorical', _VAE | {'net': 'conv'}),
  'vae, recurrent, remat': Case(
    'vae', 'categorical', _VAE | {'net': 'recurrent', 'segment': 4}, _REMAT
  ),
}


class Family(NamedTuple):
  """A tiny model of some music; `module` is the AutoregressiveNet inside, if there is."""

  model: Model
  module: AutoregressiveNet | None
  spec: Spec


def make(family: str, spec: Spec, head=None, more=None, **options) -> Model:
  """A model of options that are checked as those of a config are."""
  return build_lib.make_model(
    family, spec, head, options, **{'window': LENGTH, **(more or {})}
  )


@functools.cache
def build(name: str, head: str | None = None) -> Family:
  """The family of a case, with its own head or another of `HEAD_OF`."""
  family, of_case, options, more = CASES[name]
  head = head or of_case
  if isinstance(head, Spec):
    return Family(make(family, head, None, more, **options), None, head)
  shape, arguments = HEAD_OF[head]
  module = HEADS[head.partition(',')[0]](depth=DEPTH, **arguments)
  spec = Spec(module.kind, DEPTH, shape)
  net = None
  if family == 'unigram':
    net = ConstantNet()
  elif family in RECURRENT:
    net = Recurrent(family, 7, 2, dropout=0.3)
  elif family == 'cnn':
    net = TCN(7, 2, 3, dropout=0.3)
  embedding = earlier = degrees = None
  if 'conditioning' in more:
    embedding = ConditionEmbedding(more['conditioning'])
  model = make(family, spec, module, more, **options)
  chroma = None
  if options.get('chroma'):
    chroma = Chroma(tuple(n * spec.steps_per_quarter for n in HALF_LIVES))
  if options.get('look_back'):
    sizes = spec.depth, options['look_back']
    earlier = LookBack(spec.steps_per_quarter, *sizes)
  if options.get('degrees'):
    degrees = Degrees(spec.depth, options['degrees'])
  if earlier or degrees:
    module = WithLogits.of(module)
  parts = {'chroma': chroma, 'look_back': earlier, 'degrees': degrees}
  parts['word_dropout'] = options.get('word_dropout', 0.0)
  inner = net and AutoregressiveNet(net, module, embedding, **parts)
  return Family(model, inner, spec)


def batch(family: Family, size: int = 8, seed: int = 0, length: int = LENGTH):
  """Random music with ragged ends: no two rows weigh the same."""
  rng = np.random.default_rng(seed)
  top = {'bits': 2, 'tokens': DEPTH, 'voices': 2 * DEPTH}[family.spec.kind]
  x = rng.integers(top, size=(size, length, *family.spec.shape))
  ends = rng.integers(1, length + 1, size)
  mask = np.arange(length) < ends[:, None]
  sizes = list(annotations.COLUMNS.values())
  cond = rng.integers(sizes, size=(size, length, len(sizes)))
  begun = rng.integers(BAR, size=(size, 1))
  cond[..., annotations.POSITION] = 1 + (begun + np.arange(length)) % BAR
  return {
    'x': x.astype(np.uint8),
    'mask': mask.astype(np.float32),
    'row': np.arange(size, dtype=np.uint32),
    'cond': cond.astype(np.int16),
  }


def slow_but(name: str, *fast: str):
  """Marks of a case: `slow`, unless it is among the fast ones."""
  return () if name in fast else pytest.mark.slow


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
