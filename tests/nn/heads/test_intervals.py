"""Intervals: logits by the definition, and the same in any key."""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.nn.heads.intervals import Intervals

V, DEPTH, HIDDEN = 4, 30, 5


def made():
  """The module, its variables with random tables, symbols and hidden layers."""
  module = Intervals(DEPTH, V, HIDDEN)
  rng = np.random.default_rng(0)
  s, prev = (jnp.asarray(rng.integers(0, 18, (50, V))) for _ in 'ab')
  hidden = jnp.asarray(rng.normal(size=(50, V, HIDDEN)), jnp.float32)
  own = tuple(range(V))

  def everything(module, hidden, s, prev):
    return module.features(own, s, prev), module.logits(own, hidden, s, prev)

  variables = module.init(jax.random.key(0), hidden, s, prev, method=everything)
  variables = jax.tree.map(
    lambda a: jnp.asarray(rng.normal(size=a.shape), jnp.float32), variables
  )
  return module, variables, hidden, s, prev, everything


def expected(params, row, v, q):
  """The logit of pitch q in voice v without the hidden layer's motion."""
  s, prev = row
  clip = lambda a, low, high: min(max(a, low), high) - low
  sign = lambda a: (a > 0) - (a < 0)
  gap = lambda a: clip(a, -36, 36)
  total = 0.0
  for u in range(v):
    pair = v * (v - 1) // 2 + u
    if s[u] and prev[u] and prev[v]:
      index = (pair * 12 + (prev[u] - prev[v]) % 12) * 3
      row = params['progression'][index + sign(s[u] - prev[u]) + 1]
      total += row[sign(q - prev[v]) + 1, (q - s[u]) % 12]
    if s[u]:
      total += params['interval'][pair, gap(s[u] - q)]
  if v and s[0]:
    index = 0
    for u in range(1, v):
      index = index * 13 + ((s[0] - s[u]) % 12 if s[u] else 12)
    total += params[f'chord_{v}'][index, (q - s[0]) % 12]
  return total


def test_logits_are_those_of_the_definition():
  module, variables, hidden, s, prev, both = made()
  _, logits = module.apply(variables, hidden, s, prev, method=both)
  params = jax.tree.map(np.asarray, variables['params'])
  s, prev = np.asarray(s), np.asarray(prev)
  for i in range(20):
    for v in range(V):
      assert logits[i, v, 0] == 0
      layer = params[f'motion_{v}']
      row = np.asarray(hidden)[i, v] @ layer['kernel'] + layer['bias']
      for q in (1, 7, 13, 29):
        value = expected(params, (s[i].tolist(), prev[i].tolist()), v, q)
        if prev[i, v]:
          value += row[min(max(q - prev[i, v], -13), 13) + 13]
        np.testing.assert_allclose(logits[i, v, q], value, atol=1e-4)


def test_other_keys_give_the_same():
  module, variables, hidden, s, prev, both = made()
  up = lambda a: jnp.where(a > 0, a + 5, 0)
  f, logits = module.apply(variables, hidden, s, prev, method=both)
  above = hidden, up(s), up(prev)
  g, moved = module.apply(variables, *above, method=both)
  np.testing.assert_allclose(f, g, atol=1e-5)
  np.testing.assert_allclose(logits[..., 1:-5], moved[..., 6:], atol=1e-4)
  assert np.abs(logits).max() > 1


def test_features_are_those_of_the_definition():
  module, variables, hidden, s, prev, both = made()
  f, _ = module.apply(variables, hidden, s, prev, method=both)
  tables = {
    name: np.asarray(table['embedding'])
    for name, table in variables['params'].items()
    if name.endswith('embedding')
  }
  s, prev = np.asarray(s), np.asarray(prev)
  gap = lambda a: min(max(a, -36), 36) + 36
  motion = lambda a: min(max(a, -13), 13) + 13
  for i, v in [(i, v) for i in range(20) for v in range(V)]:
    total = np.zeros(HIDDEN)
    for u in range(V):
      pair = v * (v - 1) // 2 + u
      if prev[i, v] and prev[i, u]:
        index = (v * V + u) * 73 + gap(prev[i, u] - prev[i, v])
        total += tables['before_embedding'][index]
      if u < v and s[i, u] and prev[i, u]:
        index = pair * 27 + motion(s[i, u] - prev[i, u])
        total += tables['motion_embedding'][index]
      if u < v and s[i, u] and prev[i, v]:
        index = pair * 73 + gap(s[i, u] - prev[i, v])
        total += tables['gap_embedding'][index]
    np.testing.assert_allclose(f[i, v], total, atol=1e-5)


def test_only_voices_before_matter():
  module, variables, hidden, s, prev, both = made()
  f, logits = module.apply(variables, hidden, s, prev, method=both)
  for v in range(V):
    other = s.at[:, v:].set(3)
    g, moved = module.apply(variables, hidden, other, prev, method=both)
    np.testing.assert_allclose(f[:, v], g[:, v], atol=1e-5)
    np.testing.assert_allclose(logits[:, v], moved[:, v], atol=1e-5)
