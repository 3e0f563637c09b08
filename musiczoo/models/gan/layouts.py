"""The cell layouts of voices, rolls, multitrack rolls and audio frames."""

from flax import linen as nn
import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
import numpy as np

from musiczoo.errors import UserError
from musiczoo.models.gan import cells
from musiczoo.music.spec import Spec
from musiczoo.nn.heads.distributions import log_bernoulli
from musiczoo.nn.shift import delay


class FrameCells(cells.CellLayout):
  """Frames of audio: y is x, and nothing is drawn."""

  def draw(self, logits_BxTxD, keys_B=None, hysteresis: float = 0.0):
    return logits_BxTxD

  def log_prob(self, logits_BxTxD, r_BxTxD):
    """As numbers that are normal around the net's output, with deviation 1."""
    return norm.logpdf(r_BxTxD, logits_BxTxD)

  def x(self, y_BxTxD):
    return y_BxTxD


class RollCells(cells.PitchLayout):
  """Bits: each plane is a line. A single plane has no rules."""

  def draw(self, logits_BxTxD, keys_B=None, hysteresis: float = 0.0):
    return cells.draw_bits(
      logits_BxTxD, keys_B, hysteresis * self._sounding if hysteresis else None
    )

  def log_prob(self, logits_BxTxD, r_BxTxD):
    return log_bernoulli(logits_BxTxD, r_BxTxD)

  def pitches(self, y_BxTxD):
    return self.by_line(y_BxTxD)[:, :, self.spec.sounding_planes]

  @property
  def _sounding(self):
    """1 for cells of y that say what sounds, not what begins: [D]."""
    sounding = np.zeros(self.lines)
    sounding[self.spec.sounding_planes] = 1
    return np.repeat(sounding, self.cells // self.lines)


class TrackCells(RollCells):
  """Bits of several planes: what begins to sound has an onset, a rest has none."""

  def log_prob(self, logits_BxTxD, r_BxTxD):
    log_p = log_bernoulli(logits_BxTxD, r_BxTxD)
    sounds = self.pitches(r_BxTxD)
    free = sounds * delay(sounds)
    onsets = self.by_line(log_p).at[:, :, self.spec.pitched_onset_planes]
    return onsets.multiply(free).reshape(log_p.shape)

  def canonical(self, r_BxTxD):
    planes = self.spec.pitched_onset_planes
    r_BxTxLxP = self.by_line(r_BxTxD)
    sounds, b = self.pitches(r_BxTxD), r_BxTxLxP[:, :, planes]
    onsets = sounds * (1 - (1 - b) * delay(sounds))
    return r_BxTxLxP.at[:, :, planes].set(onsets).reshape(r_BxTxD.shape)


class VoiceCells(cells.PitchLayout):
  """Voices: a line has its symbols, of which one is 1, and the onset bit."""

  def raw(self, x):
    s_BxTxVxS = jax.nn.one_hot(x // 2, self.spec.depth)
    return _join(s_BxTxVxS, (x % 2).astype(jnp.float32))

  def draw(self, logits_BxTxD, keys_B=None, hysteresis: float = 0.0):
    s_BxTxVxS, b_BxTxV = self._split(logits_BxTxD)
    s_BxTxVxS = cells.add_noise(jax.random.gumbel, keys_B, s_BxTxVxS)
    hard = jax.nn.one_hot(s_BxTxVxS.argmax(-1), self.spec.depth)
    symbols = cells.straight_through(hard, nn.softmax(s_BxTxVxS))
    return _join(symbols, cells.draw_bits(b_BxTxV, keys_B))

  def log_prob(self, logits_BxTxD, r_BxTxD):
    s_BxTxVxS, b_BxTxV = self._split(r_BxTxD)
    symbols_BxTxVxS, bits_BxTxV = self._split(logits_BxTxD)
    free_BxTxV = self._same(s_BxTxVxS) * (1 - s_BxTxVxS[..., 0])
    symbols = (s_BxTxVxS * nn.log_softmax(symbols_BxTxVxS)).sum(-1)
    return symbols + free_BxTxV * log_bernoulli(bits_BxTxV, b_BxTxV)

  def canonical(self, r_BxTxD):
    s_BxTxVxS, b_BxTxV = self._split(r_BxTxD)
    again_BxTxV = b_BxTxV * (1 - s_BxTxVxS[..., 0])
    return _join(s_BxTxVxS, 1 - self._same(s_BxTxVxS) * (1 - again_BxTxV))

  def x(self, y_BxTxD):
    s_BxTxVxS, b_BxTxV = self._split(y_BxTxD)
    return 2 * s_BxTxVxS.argmax(-1) + jnp.round(b_BxTxV).astype(jnp.int32)

  def pitches(self, y_BxTxD):
    return self._split(y_BxTxD)[0][..., 1:]

  @property
  def tracks(self):
    return np.arange(self.lines)

  def _same(self, s_BxTxVxS):
    """1 where a symbol is that of the step before; first there are rests."""
    before_BxTxVxS = delay(s_BxTxVxS).at[:, 0, :, 0].set(1)
    return (s_BxTxVxS * before_BxTxVxS).sum(-1)

  def _split(self, y_BxTxD):
    y_BxTxVxS = self.by_line(y_BxTxD)
    return y_BxTxVxS[..., :-1], y_BxTxVxS[..., -1]


def _join(s_BxTxVxS, b_BxTxV):
  y_BxTxVxS = jnp.concatenate([s_BxTxVxS, b_BxTxV[..., None]], axis=-1)
  return y_BxTxVxS.reshape(*y_BxTxVxS.shape[:2], -1)


def cell_layout(spec: Spec) -> cells.CellLayout:
  """The CellLayout of voices, of bits, or of frames.

  Raises:
    UserError: the music is of tokens.
  """
  if spec.kind == 'tokens':
    raise UserError(
      'this family writes rolls, not tokens: set --config.representation.name '
      'to voices, tracks, pianoroll or spectrogram'
    )
  if spec.kind == 'voices':
    (lines,) = spec.shape
    return VoiceCells(spec, lines, lines * (spec.depth + 1))
  if spec.is_audio:
    kind = FrameCells
  else:
    kind = TrackCells if spec.planes > 1 else RollCells
  return kind(spec, spec.planes, spec.depth)
