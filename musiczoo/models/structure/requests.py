"""Requests: which codes of a plan are given, by a user or in training.

Shapes as in `codes`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.models.structure.codes import Code
from musiczoo.music import annotations

NO_CHORD = 1  # The value of `quality` that has no root.


def is_requested(codes: tuple[Code, ...], requested_xC):
  """Which codes are requested: bool [..., C].

  A code of 0 is not, but for the root of no chord: it has no other value.
  """
  known = [requested_xC[..., i] > 0 for i in range(len(codes))]
  at = {(code.column, code.half): i for i, code in enumerate(codes)}
  for i, code in enumerate(codes):
    if code.column == annotations.ROOT:
      quality = requested_xC[..., at[annotations.QUALITY, code.half]]
      known[i] |= quality == NO_CHORD
  return jnp.stack(known, axis=-1)


def random_requests(codes: tuple[Code, ...], codes_BxNxC, keys_B):
  """Random requests of which these codes are a result, row by row: [B, N, C].

  Half of the rows have none; in the others each request is made for all bars or
  for none. In half of all rows the first bars are known too, as of a primer.
  """
  numbers = sorted({code.request for code in codes})
  request_C = np.array([numbers.index(code.request) for code in codes])
  num = codes_BxNxC.shape[1]

  def row(codes_NxC, key):
    any_key, request_key, begin_key, num_key = jax.random.split(key, 4)
    made = jax.random.bernoulli(request_key, shape=(len(numbers),))[request_C]
    made &= jax.random.bernoulli(any_key)
    begun = jax.random.randint(num_key, (), 0, num)
    begun *= jax.random.bernoulli(begin_key)
    known = made | (jnp.arange(num) < begun)[:, None]
    return jnp.where(known, codes_NxC, 0)

  return jax.vmap(row)(codes_BxNxC, keys_B)
