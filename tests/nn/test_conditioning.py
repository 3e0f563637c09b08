"""Embeddings of condition columns: features of each, of densities in order."""

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


def embedding_of(use, rises):
  """Density -> features, by a table in which so many values were trained."""
  embedding = ConditionEmbedding(Conditioning(annotations.columns(use), 5))
  params = embedding.init(jax.random.key(0), cond_of(1))['params']
  name = f'steps_{annotations.DENSITY}'
  trained = jax.random.normal(jax.random.key(1), (rises, 5))
  params[name] = params[name].at[:rises].set(trained)
  return lambda density: np.asarray(
    embedding.apply({'params': params}, cond_of(density))[0, 0]
  )


def test_a_density_beyond_all_that_was_trained_is_embedded_as_the_last():
  for use in (USE, ('density',)):
    embedding = embedding_of(use, rises=6)
    known = np.stack([embedding(density) for density in range(6)])
    assert len(np.unique(known, axis=0)) == 6
    for beyond in (6, 9, annotations.COLUMNS['density'] - 1):
      np.testing.assert_array_equal(embedding(beyond), known[-1])


def test_columns_are_distinct():
  embedding = ConditionEmbedding(Conditioning(annotations.columns(USE), 5))
  cond = jnp.asarray(cond_of(4))
  variables = embedding.init(jax.random.key(0), cond)
  other = cond.at[..., annotations.KEY].set(4)
  assert (
    np.abs(
      embedding.apply(variables, cond) - embedding.apply(variables, other)
    ).max()
    > 0.01
  )
