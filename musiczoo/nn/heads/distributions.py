"""Bernoulli and categorical distributions: log probabilities and sampling."""

import functools

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.nn.heads.controls import filter_logits


def logits_layer(depth, dtype, name=None):
  """A Dense layer that accumulates and returns float32."""
  dot = functools.partial(
    jax.lax.dot_general, preferred_element_type=jnp.float32
  )
  return nn.Dense(depth, dtype=dtype, dot_general=dot, name=name)


def log_bernoulli(logits, bits):
  return jax.nn.log_sigmoid(jnp.where(bits == 1, logits, -logits))


def log_categorical(logits, x):
  x = x[..., None].astype(jnp.int32)
  return jnp.take_along_axis(jax.nn.log_softmax(logits), x, axis=-1)[..., 0]


def draw(logits_BxD, keys_B, controls):
  """Samples a value of each row, [B]."""
  return jax.vmap(jax.random.categorical)(
    keys_B, filter_logits(logits_BxD, controls)
  )


def draw_bits(logits, u, controls):
  """Samples bits, int32, from uniform noise u; temperature 0 is greedy."""
  temperature = jnp.asarray(controls.temperature)
  temperature = temperature[..., *[None] * (logits.ndim - temperature.ndim)]
  cold = temperature == 0
  p = jax.nn.sigmoid(logits / jnp.where(cold, 1.0, temperature))
  return jnp.where(cold, logits > 0, u < p).astype(jnp.int32)
