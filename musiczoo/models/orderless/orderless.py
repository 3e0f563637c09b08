"""Orderless: each cell of voices given any others.

An orderless convolutional net over voices (Huang et al. 2017, "Counterpoint by
convolution"): one net predicts p(cell | any other cells), so that a piece can be
written in any order, given any part of it. Shapes: B rows, T steps, V voices.
"""

import dataclasses
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.errors import Layers, Range, Share, Units, UserError
from musiczoo.models.cells import canonical, changed, fits
from musiczoo.models.model import OrderlessModel
from musiczoo.models.orderless import sampling
from musiczoo.models.orderless.net import OrderlessNet
from musiczoo.music.spec import Spec
from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.distributions import log_bernoulli, log_categorical
from musiczoo.nn.keys import row_keys


@dataclasses.dataclass(frozen=True)
class OrderlessOptions:
  """Options of orderless.

  Attributes:
    hidden: units per layer.
    layers: residual blocks of two layers.
    interval_hidden: units of a hidden layer of each voice that adds logits by
      the intervals between known voices; 0 leaves it out.
    dropout: rate of dropout in training.
    step_mask_prob: share of the rows in training that mask whole steps.
    onsets: False leaves out the bits that mark repeated notes.
    sweeps: rounds of sampling. Where more cells are masked than that, several
      are drawn a round, independently.
  """

  hidden: Units
  layers: Layers
  interval_hidden: Annotated[int, Range(0, 2**16)] = 0
  dropout: Share = 0.0
  step_mask_prob: Annotated[float, Range(0, 1)] = 0.5
  onsets: bool = True
  sweeps: Annotated[int, Range(1, 2**20)] = 256


def orderless(
  spec: Spec,
  head: None,
  options: OrderlessOptions,
  *,
  conditioning: Conditioning = Conditioning(),
  dtype,
  remat,
) -> OrderlessModel:
  """An orderless net over voices, trained on masked cells.

  The loss. Of a row with N cells k are masked, k uniform in 1..N, at random; the
  net encodes the others and `N / k * sum over masked -log p(cell | others)` is an
  unbiased estimate of `-log p(x | order)`, averaged over all N! orders in which
  the cells may be written one by one (Uria et al. 2014). Since p(x) is the mean
  of p(x | order) over the orders this average is an upper bound of -log p(x),
  hence `nll_bound`; in evaluation each piece has one mask, always the same. In
  training some rows mask whole steps instead of cells (k of T steps, same
  weights), the situation of the first voice of a step in an order that takes
  step after step.

  A step with mask 0 that stands before one with mask 1 is context.

  Args:
    spec: of x; must be voices.
    head: None, for the family has its own output.
    options: of the net, its training and its sampling.
    conditioning: the condition columns.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute blocks in the backward pass, to save memory.

  Raises:
    UserError: the music is not voices.
  """
  del head
  if spec.kind != 'voices':
    raise UserError(
      'family orderless is of voices: set --config.representation.name=voices'
    )
  dtype = jnp.dtype(dtype)
  conditions = (
    ConditionEmbedding(conditioning, dtype) if conditioning.columns else None
  )
  sizes = options.hidden, options.layers, options.dropout, options.onsets
  encoder = CellEncoder(spec.depth, *spec.shape, *sizes, dtype, remat)
  net = OrderlessNet(encoder, options.interval_hidden, conditions, dtype)
  parts = _Orderless(net, options)
  return OrderlessModel(
    parts.init,
    parts.loss,
    parts.sample,
    controls=('temperature', 'top_k', 'top_p', 'min_p')
    + ('given', 'known', 'parts')
    + ('cond',) * bool(conditioning.columns),
    monitor='nll_bound',
    conditional=parts.conditional,
  )


class _Orderless(NamedTuple):
  """The functions of the Model."""

  net: OrderlessNet
  options: OrderlessOptions

  def init(self, rng, batch):
    x = batch['x'].astype(jnp.int32)
    masks = x >= 0, batch['mask'] >= 0
    return self.net.init(rng, x, *masks, batch.get('cond'))['params']

  def conditional(
    self, params, x_BxTxV, known_BxTxV, real_BxT, cond=None, keys_B=None
  ):
    """Log probability of each cell given the known ones, by part: [B, T, V]."""
    real_BxTx1 = real_BxT[..., None]
    known_BxTxV = known_BxTxV & real_BxTx1
    x_BxTxV = canonical(x_BxTxV.astype(jnp.int32), real_BxTx1)
    logits, bits = self.net.apply(
      {'params': params}, x_BxTxV, known_BxTxV, real_BxT, cond, keys_B
    )
    s_BxTxV = x_BxTxV // 2
    if not self.options.onsets:
      return {'pitch': log_categorical(logits, s_BxTxV)}
    logits = jnp.where(
      fits(x_BxTxV, known_BxTxV, self.net.encoder.depth), logits, -jnp.inf
    )
    # Before the beginning there is silence, which is known.
    free = (s_BxTxV > 0) & ~changed(s_BxTxV, known_BxTxV)
    bits = jnp.take_along_axis(bits, s_BxTxV[..., None], axis=-1)[..., 0]
    onset = jnp.where(free, log_bernoulli(bits, x_BxTxV % 2), 0)
    return {'pitch': log_categorical(logits, s_BxTxV), 'onset': onset}

  def loss(self, params, batch, rng, *, step, train):
    del step
    voices, mask_BxT = self.net.encoder.voices, batch['mask']
    counts_BxT = mask_BxT > 0
    # Padding is what comes after all that counts.
    real_BxT = jax.lax.cummax(mask_BxT, axis=1, reverse=True) > 0
    keys_B, prob = row_keys(rng, batch['row']), self.options.step_mask_prob
    masked_BxTxV = jax.vmap(random_mask, (0, 0, None, None))(
      keys_B, counts_BxT, voices, prob * train
    )
    parts = self.conditional(
      params,
      batch['x'],
      ~masked_BxTxV,
      real_BxT,
      batch.get('cond'),
      keys_B if train else None,
    )
    num_B = masked_BxTxV.sum((1, 2))
    weight_B = voices * counts_BxT.sum(1) / jnp.maximum(num_B, 1)

    def nats(log_p_BxTxV):
      row_B = jnp.where(masked_BxTxV, log_p_BxTxV, 0).sum((1, 2))
      return -(weight_B * row_B).sum()

    sums = {f'nll_bound_{name}': nats(log_p) for name, log_p in parts.items()}
    nll = sum(sums.values())
    return {'loss': nll, 'nll_bound': nll} | sums, mask_BxT.sum()

  def sample(self, params, keys_N, length, controls: Controls):
    real_NxT = jnp.ones((keys_N.shape[0], length), bool)

    def predict(x_NxTxV, known_NxTxV):
      return self.net.apply(
        {'params': params}, x_NxTxV, known_NxTxV, real_NxT, controls.cond
      )

    shape = length, self.net.encoder.voices
    return sampling.sample(predict, keys_N, shape, controls, self.options)


def random_mask(key, counts_T, voices: int, step_mask_prob: float):
  """One mask: k of the cells that count, k uniform in 1..all; bool [T, V].

  With probability `step_mask_prob` it is of k steps in all their voices.
  """
  keys = jax.random.split(key, 3)
  is_of_steps = jax.random.bernoulli(keys[0], step_mask_prob)
  u_TxV = jax.random.uniform(keys[1], (len(counts_T), voices))
  u_TxV = jnp.where(is_of_steps, u_TxV[:, :1], u_TxV)
  size = jnp.where(is_of_steps, voices, 1)
  num = voices * counts_T.sum()
  k = 1 + jnp.floor(jax.random.uniform(keys[2]) * (num // size))
  counts_TxV = counts_T[:, None]
  rank_TxV = sampling.ranks(jnp.where(counts_TxV, u_TxV, 2))
  return counts_TxV & (rank_TxV < size * k)
