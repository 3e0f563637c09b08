"""Chroma: how long each pitch class has sounded, as features of the past.

Shapes: B rows, T steps, V voices, M half-lives, 12 pitch classes.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

# Quarter notes after which a step counts half: a chord's, a phrase's, a piece's.
HALF_LIVES = 4, 16, 64
CHUNK = 512  # Steps that are computed at once.


@dataclasses.dataclass(frozen=True)
class Chroma:
  """The chroma of the steps so far, seen from the pitch that each voice is at.

  A net may hold a key in its state, as absolute pitches; it has to learn of each
  key anew what the degrees of its scale do. Element i of these features is how
  long the pitch class i semitones above the voice has sounded, and so is the same
  in all keys. They have no parameters.

  Attributes:
    half_lives: in steps; the weight of a step halves in each.
  """

  half_lives: tuple[float, ...]

  def start(self, num: int):
    """The chroma before the first step, [B, M, 12]."""
    return jnp.zeros((num, len(self.half_lives), 12))

  def rows(self, past_BxMx12, index):
    """The chroma of some of its rows."""
    return past_BxMx12[index]

  def __call__(self, before_BxTxV, past_BxMx12=None):
    """The features of each step, given those before it.

    Args:
      before_BxTxV: the cells of voices at the step before; 0 where there is none.
      past_BxMx12: the chroma without these; None: that of `start`.

    Returns:
      (features [B, T, V * M * 12], 0 for a voice that rests; the chroma with the
      last of `before`).
    """
    symbol_BxTxV = before_BxTxV.astype(jnp.int32) // 2
    sounds_BxTxV = symbol_BxTxV > 0
    now = jax.nn.one_hot(symbol_BxTxV % 12, 12) * sounds_BxTxV[..., None]
    if past_BxMx12 is None:
      past_BxMx12 = self.start(before_BxTxV.shape[0])
    chroma_BxTxMx12 = self._decayed(now.sum(-2), past_BxMx12)
    total = chroma_BxTxMx12.sum(-1, keepdims=True)
    # 1 on the average, and less while little has sounded.
    voices = before_BxTxV.shape[-1]
    scaled_BxTxMx12 = 12 * chroma_BxTxMx12 / (total + voices)
    place_BxTxVx12 = (np.arange(12) + symbol_BxTxV[..., None]) % 12
    shape = *symbol_BxTxV.shape, len(self.half_lives), 12
    seen = jnp.take_along_axis(
      jnp.broadcast_to(scaled_BxTxMx12[:, :, None], shape),
      jnp.broadcast_to(place_BxTxVx12[:, :, :, None], shape),
      axis=-1,
      mode='promise_in_bounds',
    )
    seen *= sounds_BxTxV[..., None, None]
    # The last, without an index that depends on the number of steps.
    after_BxMx12 = jnp.flip(chroma_BxTxMx12, axis=1)[:, 0]
    return seen.reshape(*seen.shape[:2], -1), after_BxMx12

  def _decayed(self, now_BxTx12, past_BxMx12):
    """sum_(s <= t) 2^-((t - s) / half-life) now_s, [B, T, M, 12].

    A chunk at a time: the weights of all steps at all others would be gigabytes
    for an hour of music.
    """
    total = now_BxTx12.shape[1]
    if (
      not isinstance(total, int) or total <= CHUNK
    ):  # Or symbolic, in an export.
      return self._decayed_chunk(now_BxTx12, past_BxMx12)
    padded = jnp.pad(now_BxTx12, [(0, 0), (0, -total % CHUNK), (0, 0)])
    rows = padded.shape[0]
    chunks_NxBxSx12 = jnp.swapaxes(padded.reshape(rows, -1, CHUNK, 12), 0, 1)

    def chunk(past_BxMx12, now_BxSx12):
      chroma_BxSxMx12 = self._decayed_chunk(now_BxSx12, past_BxMx12)
      return chroma_BxSxMx12[:, -1], chroma_BxSxMx12

    _, found = jax.lax.scan(chunk, past_BxMx12, chunks_NxBxSx12)
    shape = rows, -1, len(self.half_lives), 12
    return jnp.swapaxes(found, 0, 1).reshape(shape)[:, :total]

  def _decayed_chunk(self, now_BxTx12, past_BxMx12):
    """As `_decayed`, by one matrix of weights for each half-life."""
    t_T = jnp.arange(now_BxTx12.shape[1])
    lag_TxT = t_T[:, None] - t_T
    rate_M = np.log(2, dtype=np.float32) / np.array(self.half_lives, np.float32)
    decay_MxTxT = jnp.exp(-jnp.maximum(lag_TxT, 0) * rate_M[:, None, None])
    weight_MxTxT = jnp.where(lag_TxT >= 0, decay_MxTxT, 0)
    left_MxT = jnp.exp(-(t_T + 1) * rate_M[:, None])
    # At full precision, so that all steps at once equal one after another.
    sums = jnp.einsum(
      'mts,bsc->btmc', weight_MxTxT, now_BxTx12, precision='highest'
    )
    return sums + left_MxT.T[..., None] * past_BxMx12[:, None]
