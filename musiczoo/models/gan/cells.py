"""CellLayout: x as real numbers y, by which a critic can be differentiated.

y [B, T, D] is the input of the critic. It is made of raw cells r [B, T, D], which
the generator chooses freely. Onsets that the rules of x force or forbid are
set in y, of real and of generated music alike.
"""

import abc
import dataclasses

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music.spec import Spec
from musiczoo.nn.keys import noise


@dataclasses.dataclass(frozen=True)
class CellLayout(abc.ABC):
  """The layout of y for one kind of x.

  Attributes:
    spec: of x.
    lines: voices or planes, each of which has an equal part of D.
    cells: D.
  """

  spec: Spec
  lines: int
  cells: int

  def raw(self, x):
    """x [B, T, ...] -> float32 r [B, T, D]."""
    return jnp.asarray(x, jnp.float32)

  @abc.abstractmethod
  def draw(self, logits_BxTxD, keys_B=None, hysteresis: float = 0.0):
    """Logits -> r of zeros and ones, with the derivative of soft choices.

    That is the straight-through estimator (Bengio et al. 2013; for rolls Dong
    and Yang 2018). With a key for each row choices are drawn: bits by their
    probability, symbols likewise, by Gumbel noise (Jang et al. 2017). Without,
    each is the likeliest.

    A bit that sounds goes on while its logit is above -hysteresis (the two
    thresholds of Schmitt 1938), so that notes are not cut short by steps that
    are each chosen independently.
    """

  @abc.abstractmethod
  def log_prob(self, logits_BxTxD, r_BxTxD):
    """Log probability of each cell of x in nats: [B, T, C].

    Cells that the rules determine have probability 1.
    """

  def canonical(self, r_BxTxD):
    """r -> y: an onset wherever a symbol changes or a pitch begins to sound."""
    return r_BxTxD

  def x(self, y_BxTxD):
    """y of zeros and ones -> x [B, T, ...]."""
    return jnp.round(y_BxTxD).astype(jnp.int32)

  @property
  def tracks(self):
    """The track, a voice or a group of instruments, of each cell of x: [C]."""
    return np.repeat(self.spec.plane_groups, self.cells // self.lines)

  def expand(self, known):
    """Of cells of x [..., C] -> of those of y [..., D]."""
    return jnp.repeat(known, self.cells // known.shape[-1], axis=-1)

  def shares(self, known):
    """bool of cells of x [..., C] -> the share of each line: [..., lines]."""
    return known.reshape(*known.shape[:-1], self.lines, -1).mean(-1)

  def given(self, r_BxTxD, known_BxTxC):
    """The known cells of r, and their share of each line: [B, T, D + lines]."""
    known = r_BxTxD * self.expand(known_BxTxC)
    return jnp.concatenate([known, self.shares(known_BxTxC)], axis=-1)

  def features(self, y_BxTxD):
    """The input of the critic: y, and what subclasses derive from it."""
    return y_BxTxD

  def by_line(self, y_BxTxD):
    """[..., D] -> [..., lines, D / lines]."""
    return y_BxTxD.reshape(*y_BxTxD.shape[:-1], self.lines, -1)


class PitchLayout(CellLayout):
  """A layout of pitches, of which the critic is given the harmony as well."""

  @abc.abstractmethod
  def pitches(self, y_BxTxD):
    """Which pitches sound in each line: [B, T, L', P]."""

  def features(self, y_BxTxD):
    """The input of the critic: y and its harmony."""
    return jnp.concatenate([y_BxTxD, self.harmony(y_BxTxD)], axis=-1)

  def harmony(self, y_BxTxD):
    """The pitch classes of each line, and intervals: [B, T, 12 L' + 7].

    The intervals are those of all lines together, the same for a transposed
    chord.
    """
    y_BxTxLxP = self.pitches(y_BxTxD)
    fold = np.eye(12, dtype=np.float32)[np.arange(y_BxTxLxP.shape[-1]) % 12]
    chroma_BxTxLx12 = y_BxTxLxP @ fold
    all_BxTx12 = chroma_BxTxLx12.sum(2)
    intervals = [
      (all_BxTx12 * jnp.roll(all_BxTx12, k, -1)).sum(-1) for k in range(7)
    ]
    flat = chroma_BxTxLx12.reshape(*y_BxTxD.shape[:2], -1)
    return jnp.concatenate([flat, jnp.stack(intervals, -1) / 4], axis=-1)


def add_noise(distribution, keys_B, logits):
  """Logits with noise added; as they are if there are no keys."""
  if keys_B is None:
    return logits
  return logits + noise(distribution, keys_B, logits.shape[1:])


def draw_bits(logits, keys_B=None, hysteresis_D=None):
  """Logits -> bits, as `CellLayout.draw` does."""
  logits = add_noise(jax.random.logistic, keys_B, logits)
  on = logits > 0
  if hysteresis_D is not None:
    # A bit between the thresholds is that of the last step outside them.
    sure = on | (logits <= -hysteresis_D)
    step_Tx1 = jnp.arange(on.shape[1])[:, None]
    last = jax.lax.cummax(jnp.where(sure, 2 * step_Tx1 + on, 0), axis=1)
    on = last % 2 == 1
  return straight_through(on.astype(logits.dtype), nn.sigmoid(logits))


def straight_through(hard, soft):
  """The value of `hard` with the derivative of `soft`."""
  return hard + (soft - jax.lax.stop_gradient(soft))
