"""LookBack: what earlier bars had at the place of each step.

Shapes: B rows, T steps, N condition columns, K bars looked back, R steps of the
past, E units of a step's embedding, F of a bar's.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.music.annotations import MAX_METER, METER

BARS = 1, 2, 4, 8  # Bars back.


class LookBack(nn.Module):
  """The steps so many bars before each, and whether the last step repeated one.

  As of the lookback RNN of Waite (2016), which was given one and two bars: music
  that repeats eight bars can be copied without a state that holds them. The length
  of the bar is that of the condition `meter`; where it is unknown, or there is no
  such bar, the features are zeros.

  Attributes:
    steps_per_quarter: the grid.
    features: F.
  """

  steps_per_quarter: int
  features: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    self.projections = [
      nn.Dense(self.features, use_bias=False, dtype=self.dtype) for _ in BARS
    ]

  @property
  def steps(self) -> int:
    """R: the steps of the past that are looked up."""
    return max(BARS) * self._bar_steps(MAX_METER)

  def start(self, num: int):
    """The past before the first step of `num` rows: [B, R], -1."""
    return jnp.full((num, self.steps), -1, jnp.int32)

  def __call__(self, embed, before_BxT, cond_BxTxN, past_BxR=None):
    """The features of each step, given those before it.

    Args:
      embed: x -> [..., E].
      before_BxT: the token before each; -1 where there is none.
      cond_BxTxN: the conditions of each step, `meter` among them.
      past_BxR: the tokens before those; None: of none.

    Returns:
      (features [B, T, K * (F + 1)]; the past with the last of `before`).
    """
    if past_BxR is None:
      past_BxR = self.start(before_BxT.shape[0])
    x_BxS = jnp.concatenate([past_BxR, before_BxT], axis=1)
    meter_BxT = cond_BxTxN[..., METER].astype(jnp.int32)
    # Where the token of each step will be.
    next_T = self.steps + 1 + jnp.arange(before_BxT.shape[1])
    found = []
    for bars, projection in zip(BARS, self.projections):
      place_BxT = next_T - bars * self._bar_steps(meter_BxT)
      # The bar of an unknown meter is not before a step.
      is_some_BxT = meter_BxT > 0
      due_BxT = _at(x_BxS, place_BxT, is_some_BxT)
      last_BxT = _at(x_BxS, place_BxT - 1, is_some_BxT)
      repeats_BxT = (last_BxT == before_BxT) & (last_BxT >= 0)
      e_BxTxE = embed(jnp.maximum(due_BxT, 0)) * (due_BxT >= 0)[..., None]
      found += [
        projection(e_BxTxE),
        repeats_BxT[..., None].astype(e_BxTxE.dtype),
      ]
    # The last R, without an index that depends on the number of steps.
    after_BxR = jnp.flip(jnp.flip(x_BxS, axis=1)[:, : self.steps], axis=1)
    return jnp.concatenate(found, axis=-1), after_BxR

  def _bar_steps(self, meter):
    """The length of a bar of so many eighth notes."""
    return meter * self.steps_per_quarter // 2


def _at(x_BxS, place_BxT, is_some_BxT):
  """The tokens at some places; -1 where there is none."""
  is_some_BxT &= place_BxT >= 0
  place_BxT = jnp.where(is_some_BxT, place_BxT, 0)
  x_BxT = jnp.take_along_axis(
    x_BxS, place_BxT, axis=1, mode='promise_in_bounds'
  )
  return jnp.where(is_some_BxT, x_BxT, -1)
