"""What a model is told: features of each column, of densities in order."""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import annotations
from musiczoo.nn.conditioning import ConditionEmbedding, Conditioning

USE = 'key', 'density'


def cond_of(density):
  cond = np.zeros((1, 1, len(annotations.COLUMNS)), np.int16)
  cond[..., annotations.KEY], cond[..., annotations.DENSITY] = 3, density
  return cond


def told_of(use, rises):
  """Density -> features, by a table in which so many values were trained."""
  told = ConditionEmbedding(Conditioning(annotations.columns(use), 5))
  params = told.init(jax.random.key(0), cond_of(1))['params']
  name = f'steps_{annotations.DENSITY}'
  trained = jax.random.normal(jax.random.key(1), (rises, 5))
  params[name] = params[name].at[:rises].set(trained)
  return lambda density: np.asarray(
    told.apply({'params': params}, cond_of(density))[0, 0]
  )


def test_a_density_beyond_all_that_was_trained_is_told_as_the_last():
  for use in (USE, ('density',)):
    told = told_of(use, rises=6)
    known = np.stack([told(density) for density in range(6)])
    assert len(np.unique(known, axis=0)) == 6
    for beyond in (6, 9, annotations.COLUMNS['density'] - 1):
      np.testing.assert_array_equal(told(beyond), known[-1])


def test_columns_are_told_apart():
  told = ConditionEmbedding(Conditioning(annotations.columns(USE), 5))
  cond = jnp.asarray(cond_of(4))
  variables = told.init(jax.random.key(0), cond)
  other = cond.at[..., annotations.KEY].set(4)
  assert (
    np.abs(told.apply(variables, cond) - told.apply(variables, other)).max()
    > 0.01
  )
