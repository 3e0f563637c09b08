"""Analyser: a CNN that predicts key, chords and other annotations of bars.

Shapes as in `codes`, and P pitches, F channels, H units.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.structure.codes import Code
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.conv import Conv
from musiczoo.nn.heads.distributions import logits_layer

_OCTAVE = 12
# What each name is read off.
_FROM = {
  annotations.KEY: 'row',
  annotations.SECTION: 'alike',
  annotations.DENSITY: 'bar',
  annotations.RHYTHM: 'bar',
  annotations.ROOT: 'halves',
  annotations.QUALITY: 'halves',
}


def pictures(x, spec: Spec):
  """Steps [..., *music.shape] -> float32 [..., P, planes], pitch by pitch.

  The planes of voices are what each sings and where it strikes; those of bits
  are the music's own.
  """
  if spec.kind == 'voices':
    symbol = jax.nn.one_hot(x // 2, spec.depth)[..., 1:]  # No plane of rests.
    x = jnp.concatenate([symbol, symbol * (x % 2)[..., None]], axis=-2)
  else:
    x = x.reshape(*x.shape[:-1], spec.planes, -1).astype(jnp.float32)
  return jnp.swapaxes(x, -1, -2)


class Analyser(nn.Module):
  """Convolution and pooling over each bar, and a dense layer for each name.

  A filter spans three steps and an octave of pitches, so that it can detect
  an interval anywhere. Filters in different octaves are pooled, as chords
  and keys are of pitch classes; density and rhythm are read off the sum over
  all pitches. Each key is read off the mean of the whole row, each section off
  how much a bar is like the ones `conditions.LAGS` bars before it.

  Attributes:
    codes: what is named of a bar.
    channels: F.
    hidden: H.
  """

  codes: tuple[Code, ...]
  channels: int
  hidden: int
  dtype: jnp.dtype = jnp.float32

  @nn.compact
  def __call__(self, x_BxNxSxPxD, real_BxN):
    """-> float32 logits of each code, [B, N, C, the most values of any].

    Args:
      x_BxNxSxPxD: pictures of bars; the planes are D.
      real_BxN: 1 where there is a bar.
    """
    num, bars, steps, pitches, planes = x_BxNxSxPxD.shape
    x = x_BxNxSxPxD.reshape(num * bars, steps, pitches, planes)
    x = Conv(
      self.channels, (3, _OCTAVE + 1), (2, 1), dtype=self.dtype, name='conv'
    )(x.astype(self.dtype))
    x = nn.relu(x).reshape(num, bars, -1, pitches, self.channels)
    octaves = -(-pitches // _OCTAVE)
    classes = jnp.pad(
      x, [(0, 0)] * 3 + [(0, octaves * _OCTAVE - pitches), (0, 0)]
    ).reshape(*x.shape[:3], octaves, _OCTAVE, self.channels)
    classes = classes.max(axis=3)  # [B, N, S / 2, 12, F]
    bar_BxNxD = classes.reshape(num, bars, -1)

    features = {
      'halves': self._dense('halves', classes.reshape(num, bars, 2, -1)),
      'bar': self._dense('bar', x.mean(axis=3).reshape(num, bars, -1)),
      'alike': self._dense('alike', _alike(self._mark(bar_BxNxD))),
    }
    # The key is that of the row: of what its bars have in the mean.
    share_BxN = real_BxN / jnp.maximum(real_BxN.sum(1, keepdims=True), 1)
    share_BxN = share_BxN.astype(self.dtype)
    row = jnp.einsum('bnspf,bn->bpf', classes, share_BxN).reshape(num, -1)
    row = self._dense('row', row / classes.shape[2])[:, None]
    features['row'] = jnp.broadcast_to(row, features['bar'].shape)

    # Both halves are named by the same layer.
    layers = {c.column: logits_layer(c.size, self.dtype) for c in self.codes}
    most = max(code.size for code in self.codes)
    logits = []
    for code in self.codes:
      h = features[_FROM[code.column]]
      h = h if code.half is None else h[:, :, code.half]
      more = [(0, 0), (0, 0), (0, most - code.size)]
      # Beyond the values that a code has there is no weight.
      logits.append(
        jnp.pad(layers[code.column](h), more, constant_values=-jnp.inf)
      )
    return jnp.stack(logits, axis=2)

  def _dense(self, name, x):
    return nn.relu(nn.Dense(self.hidden, dtype=self.dtype, name=name)(x))

  def _mark(self, bar_BxNxD):
    """What bars are compared by, of length 1."""
    mark = nn.Dense(self.hidden, dtype=self.dtype, name='mark')(bar_BxNxD)
    mark = mark.astype(jnp.float32)
    return mark * jax.lax.rsqrt((mark**2).sum(-1, keepdims=True) + 1e-6)


def _alike(mark_BxNxH):
  """How much each bar is like those before it: [B, N, lags], at most 1."""
  num = mark_BxNxH.shape[1]
  before = [
    jnp.pad(mark_BxNxH, [(0, 0), (lag, 0), (0, 0)])[:, :num]
    for lag in annotations.LAGS
  ]
  return jnp.stack([(mark_BxNxH * b).sum(-1) for b in before], axis=-1)
