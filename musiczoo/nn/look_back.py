"""LookBack: what earlier bars had at the place of each step.

Shapes: B rows, T steps, N condition columns, K bars looked back, R steps of the
past, E units of a token's embedding, F of a bar's, H of what the gates are given.
"""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.music.annotations import MAX_BARS, MAX_METER, METER
from musiczoo.nn.places import PlaceTable

BARS = 1, 2, 4, 8  # Bars back.


class Earlier(NamedTuple):
  """Earlier bars at the place of each step: each [B, T, K].

  Attributes:
    token: that of so many bars before; -1 where there is none.
    repeats: bool, whether the step before was that of so many bars before.
  """

  token: jax.Array
  repeats: jax.Array


class LookBack(nn.Module):
  """The tokens so many bars before each step, for a net and for its head.

  As of the lookback RNN of Waite (2016), which was given one and two bars: music
  that repeats eight bars can be copied without a state that holds them. The length
  of the bar is that of the condition `meter`; where it is unknown, or there is no
  such bar, there are no tokens. What repeats depends on the place in the form: bars 9
  to 16 of a dance tune are those before, but for how they close.

  Attributes:
    steps_per_quarter: the grid.
    depth: number of tokens.
    features: F.
  """

  steps_per_quarter: int
  depth: int
  features: int
  dtype: jnp.dtype = jnp.float32

  def setup(self):
    self.projections = [
      nn.Dense(self.features, use_bias=False, dtype=self.dtype) for _ in BARS
    ]
    # Music repeats itself: that is where learning begins.
    bias = nn.initializers.constant(1.0)
    self.gates = nn.Dense(len(BARS), bias_init=bias)
    # By place, and in addition where the step before was a repeat.
    self.of_place = PlaceTable(MAX_BARS, 2 * len(BARS))

  @property
  def steps(self) -> int:
    """R: the steps of the past that are looked up."""
    return max(BARS) * self._bar_steps(MAX_METER)

  def start(self, num: int):
    """The past before the first step of `num` rows: [B, R], -1."""
    return jnp.full((num, self.steps), -1, jnp.int32)

  def find(self, before_BxT, cond_BxTxN, past_BxR=None):
    """The earlier bars of each step, given the steps before it.

    Args:
      before_BxT: the token before each; -1 where there is none.
      cond_BxTxN: the conditions of each step, `meter` among them.
      past_BxR: the tokens before those; None: of none.

    Returns:
      (Earlier; the past with the last of `before`).
    """
    if past_BxR is None:
      past_BxR = self.start(before_BxT.shape[0])
    x_BxS = jnp.concatenate([past_BxR, before_BxT], axis=1)
    meter_BxT = cond_BxTxN[..., METER].astype(jnp.int32)
    # Where the token of each step will be.
    next_T = self.steps + 1 + jnp.arange(before_BxT.shape[1])
    tokens, repeats = [], []
    for bars in BARS:
      place_BxT = next_T - bars * self._bar_steps(meter_BxT)
      # The bar of an unknown meter is not before a step.
      is_some_BxT = meter_BxT > 0
      tokens.append(_at(x_BxS, place_BxT, is_some_BxT))
      last_BxT = _at(x_BxS, place_BxT - 1, is_some_BxT)
      repeats.append((last_BxT == before_BxT) & (last_BxT >= 0))
    # The last R, without an index that depends on the number of steps.
    after_BxR = jnp.flip(jnp.flip(x_BxS, axis=1)[:, : self.steps], axis=1)
    return Earlier(jnp.stack(tokens, -1), jnp.stack(repeats, -1)), after_BxR

  def encode(self, e_BxTxKxE, earlier: Earlier):
    """What the net is given: [B, T, K * (F + 1)], of the tokens' embeddings."""
    e_BxTxKxE *= (earlier.token >= 0)[..., None]
    found = [
      project(e_BxTxKxE[..., k, :])
      for k, project in enumerate(self.projections)
    ]
    repeats = earlier.repeats.astype(e_BxTxKxE.dtype)
    return jnp.concatenate([*found, repeats], axis=-1)

  def logits(self, h_BxTxH, cond_BxTxN, earlier: Earlier):
    """What is added to the logits of tokens, [B, T, depth]: a gate for each bar."""
    by_place = jnp.split(self.of_place(cond_BxTxN), 2, axis=-1)
    here_BxTxK, repeated_BxTxK = by_place
    gates_BxTxK = self.gates(h_BxTxH) + here_BxTxK
    gates_BxTxK += repeated_BxTxK * earlier.repeats
    each_BxTxKxD = jax.nn.one_hot(earlier.token, self.depth)
    return jnp.einsum('btk,btkd->btd', gates_BxTxK, each_BxTxKxD)

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
