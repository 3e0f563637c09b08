"""A folder's sampler walks in; a function of steps and controls walks out."""

import json

import numpy as np


def make_sample(folder, num, seed):
  """(steps, controls) -> x [num, steps, ...]: piece i is of (seed, i) alone."""
  import jax
  from jax import export

  call = (folder / 'sample.jaxexport').read_bytes()
  call = export.deserialize(bytearray(call)).call
  # safetensors: the size of a header, the header as JSON, the arrays.
  data, weights = (folder / 'model.safetensors').read_bytes(), {}
  begin = 8 + int.from_bytes(data[:8], 'little')
  for name, of in json.loads(data[8:begin]).items():
    first, last = (begin + place for place in of['data_offsets'])
    weights[name] = np.frombuffer(data[first:last], '<f4').reshape(of['shape'])
  fold_in = jax.vmap(jax.random.fold_in, (None, 0))
  keys = fold_in(jax.random.key(seed), np.arange(num, dtype=np.uint32))
  keys = jax.random.key_data(keys)
  return lambda steps, controls: np.asarray(
    call(weights, keys, np.zeros(steps, np.uint8), controls)
  )
