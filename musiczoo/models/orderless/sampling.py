"""Ancestral sampling from an orderless net, in a random order of its cells.

Shapes: N pieces, T steps, V voices.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiczoo.models.cells import canonical, fits
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.distributions import draw, draw_bits
from musiczoo.nn.keys import fold, noise


def sample(predict: Callable, keys_N, shape, controls: Controls, options):
  """Samples the cells that are not given: int [N, T, V].

  Args:
    predict: (x, known) -> logits of the symbols, and of the bits given each.
    keys_N: one per piece.
    shape: (T, V).
    controls: those of a row are those of all its cells.
    options: of orderless: `onsets` and `sweeps`.
  """
  onsets, sweeps = options.onsets, options.sweeps
  shape_NxTxV = keys_N.shape[0], *shape
  given, known = controls.given, controls.known
  if given is None:
    given, known = jnp.zeros(shape_NxTxV, jnp.int32), jnp.zeros((), bool)
  known_NxTxV = jnp.broadcast_to(known, shape_NxTxV)
  begin_NxTxV = jnp.where(given > 1, given, 0).astype(jnp.int32)
  row_controls = jax.tree.map(
    lambda c: jnp.reshape(c, (-1, 1, 1)), Controls(*controls[:4])
  )
  order_NxTxV = _uniform(fold(keys_N, 0), shape)
  rank_NxTxV = jax.vmap(ranks)(jnp.where(known_NxTxV, 2, order_NxTxV))
  num = (~known_NxTxV[0]).sum()
  size = jnp.maximum(-(-num // sweeps), 1)  # Cells of a round.

  def draw_round(i, x_NxTxV):
    """Draws some of the cells that are not known, given all others."""
    keys = [fold(fold(keys_N, i + 1), j) for j in range(3)]
    context = known_NxTxV | (rank_NxTxV < size * i)
    drawn = ~context & (rank_NxTxV < size * (i + 1))
    logits, bits = predict(x_NxTxV, context)
    # Without onsets only a given cell determines whether its note begins there.
    fixed = context if onsets else known_NxTxV
    allowed = fits(x_NxTxV, fixed, logits.shape[-1], onsets)
    logits = jnp.where(allowed, logits, -jnp.inf)
    s_NxTxV = draw(logits, keys[1], row_controls)
    onset_NxTxV = jnp.zeros_like(s_NxTxV)
    if onsets:
      bits = jnp.take_along_axis(bits, s_NxTxV[..., None], axis=-1)[..., 0]
      onset_NxTxV = draw_bits(bits, _uniform(keys[2], shape), row_controls)
    x_NxTxV = jnp.where(drawn, 2 * s_NxTxV + onset_NxTxV, x_NxTxV)
    x_NxTxV = canonical(x_NxTxV, context | drawn, onsets)
    return jnp.where(known_NxTxV, begin_NxTxV, x_NxTxV)

  rounds = -(-num // size)
  x_NxTxV = jax.lax.fori_loop(0, rounds, draw_round, begin_NxTxV)
  return jnp.where(known_NxTxV, given, x_NxTxV)


def ranks(u_TxV):
  """The rank of each number among all, the smallest first, without ties."""
  flat = u_TxV.reshape(-1)
  return jnp.argsort(jnp.argsort(flat)).reshape(u_TxV.shape)


def _uniform(keys_N, shape):
  return noise(jax.random.uniform, keys_N, shape)
