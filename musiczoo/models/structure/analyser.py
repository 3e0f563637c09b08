"""Analyser: a CNN that predicts key, chords and other annotations of bars.

Shapes as in `codes`, and P pitches, F channels, H units.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.structure.codes import Code
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.chunks import in_chunks
from musiczoo.nn.conv import Conv
from musiczoo.nn.heads.distributions import logits_layer
from musiczoo.nn.shift import delay

_OCTAVE = 12
# Bars that are convolved at once: the pitches of each step have many channels.
CHUNK = 64
# The features from which each column is predicted.
_FEATURES = {
  annotations.KEY: 'row',
  annotations.SECTION: 'similarity',
  annotations.DENSITY: 'bar',
  annotations.RHYTHM: 'bar',
  annotations.ROOT: 'halves',
  annotations.QUALITY: 'halves',
}


def planes_of(x, spec: Spec):
  """Steps [..., *spec.shape] -> float32 [..., P, planes], pitch by pitch.

  Each voice, and a melody, has a plane of what sounds and a plane of onsets; bits
  have the planes of their representation.
  """
  symbols = spec.depth
  if spec.is_melody:
    x, symbols = x[..., None], spec.depth // 2
  if spec.kind in ('voices', 'tokens'):
    symbol = jax.nn.one_hot(x // 2, symbols)[..., 1:]  # No plane of rests.
    x = jnp.concatenate([symbol, symbol * (x % 2)[..., None]], axis=-2)
  else:
    x = x.reshape(*x.shape[:-1], spec.planes, -1).astype(jnp.float32)
  return jnp.swapaxes(x, -1, -2)


class Analyser(nn.Module):
  """Convolution and pooling over each bar, and a dense layer for each column.

  A filter spans three steps and an octave of pitches, so that it can detect
  an interval anywhere. Filters in different octaves are pooled, as chords
  and keys are of pitch classes; density and rhythm are predicted from the mean
  over all pitches, the key from the mean of the whole row, the section from the
  similarity of a bar to those `annotations.LAGS` bars before it.

  Attributes:
    codes: of a bar, which are predicted.
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
      x_BxNxSxPxD: bars, as of `planes_of`; the planes are D.
      real_BxN: 1 where there is a bar.
    """
    num, bars = x_BxNxSxPxD.shape[:2]
    widths, strides = (3, _OCTAVE + 1), (2, 1)
    conv = Conv(self.channels, widths, strides, dtype=self.dtype, name='conv')
    x_BxNxSxPxD = x_BxNxSxPxD.astype(self.dtype)
    # [B, N, S / 2, 12, F] and [B, N, S / 2, F].
    classes, mean = in_chunks(_convolved, conv, (x_BxNxSxPxD,), CHUNK)
    bar_BxNxD = classes.reshape(num, bars, -1)

    features = {
      'halves': self._dense('halves', classes.reshape(num, bars, 2, -1)),
      'bar': self._dense('bar', mean.reshape(num, bars, -1)),
      'similarity': self._dense(
        'similarity', _similarity(self._embed(bar_BxNxD))
      ),
    }
    # The key is that of the row: it is predicted from the mean of its bars.
    share_BxN = real_BxN / jnp.maximum(real_BxN.sum(1, keepdims=True), 1)
    share_BxN = share_BxN.astype(self.dtype)
    row = jnp.einsum('bnspf,bn->bpf', classes, share_BxN).reshape(num, -1)
    row = self._dense('row', row / classes.shape[2])[:, None]
    features['row'] = jnp.broadcast_to(row, features['bar'].shape)

    # Both halves share a layer.
    layers = {c.column: logits_layer(c.size, self.dtype) for c in self.codes}
    most = max(code.size for code in self.codes)
    logits = []
    for code in self.codes:
      h = features[_FEATURES[code.column]]
      h = h if code.half is None else h[:, :, code.half]
      # Values beyond those of a code have probability 0.
      pads = [(0, 0), (0, 0), (0, most - code.size)]
      logits.append(
        jnp.pad(layers[code.column](h), pads, constant_values=-jnp.inf)
      )
    return jnp.stack(logits, axis=2)

  def _dense(self, name, x):
    return nn.relu(nn.Dense(self.hidden, dtype=self.dtype, name=name)(x))

  def _embed(self, bar_BxNxD):
    """Embeddings of bars, of length 1: [B, N, H]."""
    dense = nn.Dense(self.hidden, dtype=self.dtype, name='bar_embedding')
    e = dense(bar_BxNxD).astype(jnp.float32)
    return e * jax.lax.rsqrt((e**2).sum(-1, keepdims=True) + 1e-6)


def _convolved(conv, x_BxNxSxPxD):
  """The filters of each bar, by pitch class, and their mean over all pitches."""
  num, bars, *shape = x_BxNxSxPxD.shape
  x = nn.relu(conv(x_BxNxSxPxD.reshape(num * bars, *shape)))
  x = x.reshape(num, bars, *x.shape[1:])
  return _pitch_classes(x), x.mean(axis=3)


def _pitch_classes(x):
  """The largest of all octaves: [B, N, S, P, F] -> [B, N, S, 12, F]."""
  *shape, pitches, channels = x.shape
  octaves = -(-pitches // _OCTAVE)
  x = jnp.pad(x, [(0, 0)] * 3 + [(0, octaves * _OCTAVE - pitches), (0, 0)])
  return x.reshape(*shape, octaves, _OCTAVE, channels).max(axis=3)


def _similarity(e_BxNxH):
  """Cosine similarity of each bar to those before it: [B, N, lags]."""
  return jnp.stack(
    [(e_BxNxH * delay(e_BxNxH, lag)).sum(-1) for lag in annotations.LAGS],
    axis=-1,
  )
