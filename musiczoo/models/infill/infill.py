"""Infill: each cell of voices given any others.

An orderless convolutional net over voices (Huang et al. 2017, "Counterpoint by
convolution"): one net answers p(cell | any other cells), so that a piece may be
written in any order, given any part of it. Shapes: B rows, T steps, V voices.
"""

import dataclasses
from typing import Annotated

import jax
import jax.numpy as jnp

from musiczoo.errors import OneOf, Range, UserError
from musiczoo.models.autoregressive import delay, row_keys
from musiczoo.models.infill.net import canonical, fits, InfillNet
from musiczoo.models.model import OrderlessModel
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.distributions import (
  draw,
  draw_bits,
  log_bernoulli,
  log_categorical,
)

# Of blocked Gibbs sampling (Yao et al. 2014): the share of cells that is drawn
# anew falls from the first to the second, and is there after this much of it.
MOST, LEAST, FALL = 0.9, 0.05, 0.8


@dataclasses.dataclass(frozen=True)
class InfillOptions:
  """Options of infill.

  Attributes:
    hidden: units per layer.
    layers: residual blocks of two layers.
    whole: share of the rows in training that hide whole steps.
    onsets: False leaves out the bits that say a note is struck again.
    sampling: 'ancestral' draws cell after cell, in an order of each row's own;
      'gibbs' draws a falling share of the cells anew, all at once given the
      others, which mixes slowly where held notes hold each other.
    sweeps: rounds of either. Where there are more holes than that, ancestral
      sampling fills in several a round, apart from each other.
  """

  hidden: Annotated[int, Range(1)]
  layers: Annotated[int, Range(1)]
  whole: Annotated[float, Range(0, 1)] = 0.5
  onsets: bool = True
  sampling: Annotated[str, OneOf('ancestral', 'gibbs')] = 'ancestral'
  sweeps: Annotated[int, Range(1)] = 256


def infill(
  spec: Spec,
  head: None,
  options: InfillOptions,
  *,
  dtype: str = 'float32',
  remat: bool = False,
) -> OrderlessModel:
  """An orderless net over voices: trained on holes, samples any part of a piece.

  The loss. Of a row with N cells k are hidden, k uniform in 1..N, at random; the
  net encodes the others and `N / k * sum over hidden -log p(cell | others)` is an
  unbiased estimate of `-log p(x | order)`, averaged over all N! orders in which
  the cells may be written one by one (Uria et al. 2014). Since p(x) is the mean
  of p(x | order) over the orders this average is an upper bound of -log p(x),
  hence `nll_bound`; in evaluation each piece has one mask, always the same. In
  training some rows hide whole steps instead of cells (k of T steps, same
  weights), which is what the first voice of a step meets in an order that takes
  step after step.

  A step with mask 0 that stands before one with mask 1 is context.

  Args:
    spec: of x; must be voices.
    head: None, for the family has its own output.
    options: of the net, its training and its sampling.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute blocks in the backward pass, to save memory.

  Raises:
    UserError: the music is not voices.
  """
  del head
  if spec.kind != 'voices':
    raise UserError(
      'family infill fills in voices: set --config.representation.name=voices'
    )
  hidden, layers, whole = options.hidden, options.layers, options.whole
  onsets, sampling, sweeps = options.onsets, options.sampling, options.sweeps
  voices = spec.shape[0]
  net = InfillNet(
    spec.depth, voices, hidden, layers, onsets, jnp.dtype(dtype), remat
  )

  def init(rng, batch):
    x = batch['x'].astype(jnp.int32)
    return net.init(rng, x, x >= 0, batch['mask'] >= 0)['params']

  def conditional(params, x_BxTxV, known_BxTxV, real_BxT):
    """Log probability of each cell given the known ones, by part: [B, T, V]."""
    real_BxTx1 = real_BxT[..., None]
    known_BxTxV = known_BxTxV & real_BxTx1
    x_BxTxV = canonical(x_BxTxV.astype(jnp.int32), real_BxTx1)
    logits, bits = net.apply({'params': params}, x_BxTxV, known_BxTxV, real_BxT)
    s_BxTxV = x_BxTxV // 2
    if not onsets:
      return {'pitch': log_categorical(logits, s_BxTxV)}
    logits = jnp.where(fits(x_BxTxV, known_BxTxV, logits), logits, -jnp.inf)
    # Before the beginning there is silence, which is known.
    moved = ~delay(~known_BxTxV) & (s_BxTxV != delay(s_BxTxV))
    free = (s_BxTxV > 0) & ~moved
    bits = jnp.take_along_axis(bits, s_BxTxV[..., None], axis=-1)[..., 0]
    is_onset = jnp.where(free, log_bernoulli(bits, x_BxTxV % 2), 0)
    return {'pitch': log_categorical(logits, s_BxTxV), 'struck': is_onset}

  def loss(params, batch, rng, *, step, train):
    del step
    mask_BxT = batch['mask']
    counts_BxT = mask_BxT > 0
    # Padding is what comes after all that counts.
    real_BxT = jax.lax.cummax(mask_BxT, axis=1, reverse=True) > 0
    hidden_BxTxV = jax.vmap(holes, (0, 0, None, None))(
      row_keys(rng, batch['row']), counts_BxT, voices, whole * train
    )
    parts = conditional(params, batch['x'], ~hidden_BxTxV, real_BxT)
    num_B = hidden_BxTxV.sum((1, 2))
    weight_B = voices * counts_BxT.sum(1) / jnp.maximum(num_B, 1)
    sums = {
      f'nll_bound_{name}': -(
        weight_B * jnp.where(hidden_BxTxV, value, 0).sum((1, 2))
      ).sum()
      for name, value in parts.items()
    }
    nll = sum(sums.values())
    return {'loss': nll, 'nll_bound': nll} | sums, mask_BxT.sum()

  def sample(params, keys_N, length, controls: Controls):
    shape_NxTxV = keys_N.shape[0], length, voices
    given, known = controls.given, controls.known
    if given is None:
      given, known = jnp.zeros(shape_NxTxV, jnp.int32), jnp.zeros((), bool)
    known_NxTxV = jnp.broadcast_to(known, shape_NxTxV)
    begin_NxTxV = jnp.where(given > 1, given, 0).astype(jnp.int32)
    real_NxT = jnp.ones(shape_NxTxV[:2], bool)
    # The controls of a row are those of all its cells.
    bold = Controls(*(jnp.reshape(c, (-1, 1, 1)) for c in controls[:4]))
    order_NxTxV = uniform(folded(keys_N, 0), length, voices)
    turn_NxTxV = jax.vmap(ranks)(jnp.where(known_NxTxV, 2, order_NxTxV))
    num = (~known_NxTxV[0]).sum()
    each = jnp.maximum(-(-num // sweeps), 1)  # Cells of a round.

    def again(i, x_NxTxV):
      """Draws some of the cells that are not known, given all others."""
      keys = [folded(folded(keys_N, i + 1), j) for j in range(3)]
      if sampling == 'ancestral':
        hidden = turn_NxTxV >= each * i
        written = hidden & (turn_NxTxV < each * (i + 1))
      else:
        share = MOST - (MOST - LEAST) * i / (FALL * sweeps)
        share = jnp.where(i == 0, 1, jnp.maximum(share, LEAST))
        hidden = uniform(keys[0], length, voices) < share
        written = hidden
      context, written = known_NxTxV | ~hidden, ~known_NxTxV & written
      logits, bits = net.apply({'params': params}, x_NxTxV, context, real_NxT)
      # Without onsets only a given cell determines whether its note begins there.
      fixed = context if onsets else known_NxTxV
      logits = jnp.where(fits(x_NxTxV, fixed, logits, onsets), logits, -jnp.inf)
      s_NxTxV = draw(logits, keys[1], bold)
      struck_NxTxV = jnp.zeros_like(s_NxTxV)
      if onsets:
        bits = jnp.take_along_axis(bits, s_NxTxV[..., None], axis=-1)[..., 0]
        u_NxTxV = uniform(keys[2], length, voices)
        struck_NxTxV = draw_bits(bits, u_NxTxV, bold)
      x_NxTxV = jnp.where(written, 2 * s_NxTxV + struck_NxTxV, x_NxTxV)
      x_NxTxV = canonical(x_NxTxV, context | written, onsets)
      return jnp.where(known_NxTxV, begin_NxTxV, x_NxTxV)

    rounds = sweeps if sampling == 'gibbs' else -(-num // each)
    x_NxTxV = jax.lax.fori_loop(0, rounds, again, begin_NxTxV)
    return jnp.where(known_NxTxV, given, x_NxTxV)

  return OrderlessModel(
    init,
    loss,
    sample,
    controls=('temperature', 'top_k', 'top_p', 'min_p', 'given', 'known'),
    monitor='nll_bound',
    conditional=conditional,
  )


def holes(key, counts_T, voices: int, whole: float):
  """One mask: k of the cells that count, k uniform in 1..all; bool [T, V].

  With the chance `whole` it is of k steps in all their voices.
  """
  keys = jax.random.split(key, 3)
  steps = jax.random.bernoulli(keys[0], whole)
  u_TxV = jax.random.uniform(keys[1], (len(counts_T), voices))
  u_TxV = jnp.where(steps, u_TxV[:, :1], u_TxV)
  each = jnp.where(steps, voices, 1)
  num = voices * counts_T.sum()
  k = 1 + jnp.floor(jax.random.uniform(keys[2]) * (num // each))
  counts_TxV = counts_T[:, None]
  turn_TxV = ranks(jnp.where(counts_TxV, u_TxV, 2))
  return counts_TxV & (turn_TxV < each * k)


def ranks(u_TxV):
  """The place of each number among all, the smallest first, without ties."""
  flat = u_TxV.reshape(-1)
  return jnp.argsort(jnp.argsort(flat)).reshape(u_TxV.shape)


def folded(keys_N, number):
  return jax.vmap(jax.random.fold_in, (0, None))(keys_N, number)


def uniform(keys_N, length, voices):
  return jax.vmap(lambda key: jax.random.uniform(key, (length, voices)))(keys_N)
