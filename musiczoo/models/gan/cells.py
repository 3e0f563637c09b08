"""x <-> y, real numbers by which a critic's judgement has a derivative.

y [B, T, D] is the input of the critic. It is made of raw cells r [B, T, D], which a net
chooses freely; the strikes that x's own rules force or forbid are made so here,
of real music and of new music alike.
"""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.spec import Spec


class CellLayout(NamedTuple):
  """How x of some music looks to a critic.

  Voices are each a line of y: its symbols, of which one is 1, and whether it is
  struck. Bits are y as they are, and each plane of them is a line; so are the
  numbers of frames, all in one line, and chosen as they are.

  Attributes:
    spec: what x is.
    lines: voices or planes, of which each has an equal part of D.
    cells: D.
  """

  spec: Spec
  lines: int
  cells: int

  def raw(self, x):
    """x [B, T, ...] -> float32 r [B, T, D]."""
    if self.spec.kind in ('bits', 'frames'):
      return jnp.asarray(x, jnp.float32)
    s_BxTxVxS = jax.nn.one_hot(x // 2, self.spec.depth)
    return _join(s_BxTxVxS, (x % 2).astype(jnp.float32))

  def draw(self, logits_BxTxD, keys_B=None, hold: float = 0.0):
    """Logits -> r of zeros and ones, with the derivative of soft choices.

    That is the straight-through estimator (Bengio et al. 2013; for rolls Dong
    and Yang 2018). With a key for each row choices are drawn: bits by their
    probability, symbols likewise, by Gumbel noise (Jang et al. 2017). Without,
    each is the likeliest. Frames are what the net says.

    A bit that sounds goes on while its logit is above -hold (the two thresholds
    of Schmitt 1938), so that a chain of steps, each chosen by itself, holds.
    """
    if self.spec.kind == 'frames':
      return logits_BxTxD
    if self.spec.kind == 'bits':
      return _bits(
        logits_BxTxD, keys_B, hold * self._sounding if hold else None
      )
    s_BxTxVxS, b_BxTxV = self._split(logits_BxTxD)
    s_BxTxVxS += _noise(jax.random.gumbel, keys_B, s_BxTxVxS)
    hard = jax.nn.one_hot(s_BxTxVxS.argmax(-1), self.spec.depth)
    symbols = _through(hard, nn.softmax(s_BxTxVxS))
    return _join(symbols, _bits(b_BxTxV, keys_B))

  def log_prob(self, logits_BxTxD, r_BxTxD):
    """Log probability of each cell of x in nats: [B, T, C].

    What the rules force or forbid is no choice and costs nothing. The numbers
    of frames are normal around what the net says, with a deviation of 1.
    """
    if self.spec.kind == 'frames':
      return norm.logpdf(r_BxTxD, logits_BxTxD)
    if self.spec.kind == 'voices':
      s_BxTxVxS, b_BxTxV = self._split(r_BxTxD)
      symbols_BxTxVxS, bits_BxTxV = self._split(logits_BxTxD)
      rest_S = jax.nn.one_hot(0, self.spec.depth)
      same_BxTxV = (s_BxTxVxS * _before(s_BxTxVxS, rest_S)).sum(-1)
      free_BxTxV = same_BxTxV * (1 - s_BxTxVxS[..., 0])
      symbols = (s_BxTxVxS * nn.log_softmax(symbols_BxTxVxS)).sum(-1)
      return symbols + free_BxTxV * _log_prob(bits_BxTxV, b_BxTxV)
    log_p = _log_prob(logits_BxTxD, r_BxTxD)
    if self.lines == 1:
      return log_p
    sounds = self.by_line(r_BxTxD)[:, :, 1::2]
    free = sounds * _before(sounds, 0.0)
    return (
      self.by_line(log_p).at[:, :, 2::2].multiply(free).reshape(log_p.shape)
    )

  def canonical(self, r_BxTxD):
    """r -> y: struck is what changes its symbol, or begins to sound."""
    if self.spec.kind == 'voices':
      s_BxTxVxS, b_BxTxV = self._split(r_BxTxD)
      rest_S = jax.nn.one_hot(0, self.spec.depth)
      same_BxTxV = (s_BxTxVxS * _before(s_BxTxVxS, rest_S)).sum(-1)
      again_BxTxV = b_BxTxV * (1 - s_BxTxVxS[..., 0])
      return _join(s_BxTxVxS, 1 - same_BxTxV * (1 - again_BxTxV))
    if self.lines == 1:
      return r_BxTxD
    # The planes of representations.tracks: drums, then pairs.
    r_BxTxLxP = self.by_line(r_BxTxD)
    sounds, b = r_BxTxLxP[:, :, 1::2], r_BxTxLxP[:, :, 2::2]
    is_onset = sounds * (1 - (1 - b) * _before(sounds, 0.0))
    return r_BxTxLxP.at[:, :, 2::2].set(is_onset).reshape(r_BxTxD.shape)

  def x(self, y_BxTxD):
    """y of zeros and ones -> int32 x [B, T, ...]; of frames, y as it is."""
    if self.spec.kind == 'frames':
      return y_BxTxD
    if self.spec.kind == 'bits':
      return jnp.round(y_BxTxD).astype(jnp.int32)
    s_BxTxVxS, struck_BxTxV = self._split(y_BxTxD)
    return 2 * s_BxTxVxS.argmax(-1) + jnp.round(struck_BxTxV).astype(jnp.int32)

  @property
  def tracks(self):
    """The track, a voice or a group of instruments, of each cell of x: [C]."""
    if self.spec.kind == 'voices':
      return np.arange(self.lines)
    # Drums have one plane, all others have two.
    return (np.arange(self.cells) // (self.cells // self.lines) + 1) // 2

  @property
  def _sounding(self):
    """1 for cells of y that say what sounds, not what is struck: [D]."""
    line = np.arange(self.cells) // (self.cells // self.lines)
    return (self.lines == 1) | (line % 2 == 1)

  def spread(self, known):
    """Of cells of x [..., C] -> of those of y [..., D]."""
    return jnp.repeat(known, self.cells // known.shape[-1], axis=-1)

  def shares(self, known):
    """bool of cells of x [..., C] -> how much of each line: [..., lines]."""
    return known.reshape(*known.shape[:-1], self.lines, -1).mean(-1)

  def given(self, r_BxTxD, known_BxTxC):
    """What is known of r, and of which cells: [B, T, D + lines]."""
    known = r_BxTxD * self.spread(known_BxTxC)
    return jnp.concatenate([known, self.shares(known_BxTxC)], axis=-1)

  def features(self, y_BxTxD):
    """y and its harmony; frames bring theirs."""
    if self.spec.kind == 'frames':
      return y_BxTxD
    return jnp.concatenate([y_BxTxD, self.harmony(y_BxTxD)], axis=-1)

  def by_line(self, y_BxTxD):
    return y_BxTxD.reshape(*y_BxTxD.shape[:-1], self.lines, -1)

  def harmony(self, y_BxTxD):
    """What pitch classes sound in each line, and how far apart: [B, T, 12 L' + 7].

    The intervals are those of all lines together: a transposed chord has the
    same.
    """
    if self.spec.kind == 'voices':
      y_BxTxLxP = self._split(y_BxTxD)[0][..., 1:]
    else:
      y_BxTxLxP = self.by_line(y_BxTxD)
      if self.lines > 1:
        y_BxTxLxP = y_BxTxLxP[:, :, 1::2]
    pitches = y_BxTxLxP.shape[-1]
    fold = np.eye(12, dtype=np.float32)[np.arange(pitches) % 12]
    chroma_BxTxLx12 = y_BxTxLxP @ fold
    all_BxTx12 = chroma_BxTxLx12.sum(2)
    apart = [
      (all_BxTx12 * jnp.roll(all_BxTx12, k, -1)).sum(-1) for k in range(7)
    ]
    flat = chroma_BxTxLx12.reshape(*y_BxTxD.shape[:2], -1)
    return jnp.concatenate([flat, jnp.stack(apart, -1) / 4], axis=-1)

  def _split(self, y_BxTxD):
    y_BxTxVxS = self.by_line(y_BxTxD)
    return y_BxTxVxS[..., :-1], y_BxTxVxS[..., -1]


def cell_layout(spec: Spec) -> CellLayout:
  """The Surface of voices, of bits, or of frames.

  Raises:
    UserError: the music is of tokens.
  """
  if spec.kind == 'tokens':
    raise UserError(
      'this family writes rolls, not tokens: set --config.representation.name '
      'to voices, tracks, pianoroll or spectrogram'
    )
  if spec.kind in ('bits', 'frames'):
    return CellLayout(spec, spec.planes, spec.depth)
  (lines,) = spec.shape
  return CellLayout(spec, lines, lines * (spec.depth + 1))


def _join(s_BxTxVxS, b_BxTxV):
  y_BxTxVxS = jnp.concatenate([s_BxTxVxS, b_BxTxV[..., None]], axis=-1)
  return y_BxTxVxS.reshape(*y_BxTxVxS.shape[:2], -1)


def _before(y_BxTxLxS, first):
  """What stood one step before; before the first step, `first`."""
  first = jnp.broadcast_to(first, y_BxTxLxS[:, :1].shape)
  return jnp.concatenate([first, y_BxTxLxS[:, :-1]], axis=1)


def _noise(distribution, keys_B, like):
  if keys_B is None:
    return 0.0
  return jax.vmap(lambda key: distribution(key, like.shape[1:]))(keys_B)


def _bits(logits, keys_B, hold_D=None):
  logits += _noise(jax.random.logistic, keys_B, logits)
  on = logits > 0 if hold_D is None else _held(logits, hold_D)
  return _through(on.astype(logits.dtype), nn.sigmoid(logits))


def _held(logits_BxTxD, hold_D):
  """Which bits are above 0, or were and have since been above -hold."""
  on = logits_BxTxD > 0
  sure = on | (logits_BxTxD <= -hold_D)
  # The last sure step's number, and with it what was said there.
  step_Tx1 = jnp.arange(on.shape[1])[:, None]
  said = jax.lax.cummax(jnp.where(sure, 2 * step_Tx1 + on, 0), axis=1)
  return said % 2 == 1


def _log_prob(logits, bits):
  return -nn.softplus(jnp.where(bits > 0.5, -logits, logits))


def _through(hard, soft):
  """The value of the one, the derivative of the other."""
  return hard + (soft - jax.lax.stop_gradient(soft))
