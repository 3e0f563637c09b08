"""Law 3 for every net and head: what is scored is what is sampled, causally."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.heads import Controls
from musiczoo.models.autoregressive import delay
from tests import families

PAIRS = [(n, 'voices') for n in families.RECURRENT] + [
    ('gru', h) for h in families.HEAD_OF if h != 'voices'
]


def outputs(family, params, batch):
  """Log probability per part and step, without dropout: dict of [B, T]."""
  masks = jnp.eye(batch['x'].shape[1], dtype=jnp.float32)

  def at(mask_T, row):
    one = {'x': row[None], 'mask': mask_T[None], 'row': jnp.zeros(1, jnp.uint32)}
    sums, _ = family.model.loss(
        params, one, jax.random.key(0), step=0, train=False
    )
    return sums['loss']

  steps = jax.vmap(jax.vmap(at, (0, None)), (None, 0))
  return np.asarray(jax.jit(steps)(masks, batch['x']))


@pytest.mark.parametrize('name,head', PAIRS)
def test_the_future_is_not_heard(name, head):
  family = families.build(name, head)
  a, b = families.batch(family, 3, seed=1), families.batch(family, 3, seed=2)
  params = family.model.init(jax.random.key(0), a)
  before = outputs(family, params, a)
  for cut in (1, 5, 11):
    mixed = {**a, 'x': a['x'].copy()}
    mixed['x'][:, cut:] = b['x'][:, cut:]
    after = outputs(family, params, mixed)
    np.testing.assert_allclose(before[:, :cut], after[:, :cut], atol=1e-5)
    assert np.abs(before[:, cut:] - after[:, cut:]).max() > 1e-3


@pytest.mark.parametrize('name', families.RECURRENT)
def test_no_gradient_flows_from_a_step_to_those_after_it(name):
  net = families.build(name).module.net
  e = jax.random.normal(jax.random.key(0), (2, 6, 3))
  variables = net.init(jax.random.key(1), e)

  def heard(e, t):
    return net.apply(variables, e)[0][:, t].sum()

  for t in range(6):
    gradient = np.abs(jax.grad(heard)(e, t)).max((0, 2))
    assert (gradient[t + 1 :] == 0).all()
    assert (gradient[: t + 1] > 0).all()


@pytest.mark.parametrize('name,head', PAIRS)
def test_scanned_steps_hear_what_the_whole_hears(name, head):
  """Forces a piece through `sample`: its h at each step is that of `loss`."""
  family = families.build(name, head)
  module = family.module
  batch = families.batch(family, 3)
  x = jnp.asarray(batch['x'], jnp.int32)
  params = family.model.init(jax.random.key(0), batch)
  variables = {'params': params}

  def whole(module):
    return module.net(delay(module.head.embed(x)))[0]

  def stepwise(module):
    carry, hs = module.net.start(len(x)), []
    for t in range(x.shape[1]):
      before = jnp.zeros_like(x[:, 0]) if t == 0 else x[:, t - 1]
      e = jnp.where(t > 0, module.head.embed(before), 0)
      carry, h = module.net.step(carry, e)
      hs.append(h)
    return jnp.stack(hs, 1)

  a = jax.jit(lambda v: module.apply(v, method=whole))(variables)
  b = jax.jit(lambda v: module.apply(v, method=stepwise))(variables)
  np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize('name,head', PAIRS)
def test_padding_does_not_change_the_loss(name, head):
  family = families.build(name, head)
  batch = families.batch(family, 4)
  longer = families.batch(family, 4, seed=9, length=families.LENGTH + 5)
  longer['x'][:, : families.LENGTH] = batch['x']
  longer['mask'][:] = 0
  longer['mask'][:, : families.LENGTH] = batch['mask']
  params = family.model.init(jax.random.key(0), batch)

  def loss(batch):
    return jax.jit(
        lambda p: family.model.loss(
            p, batch, jax.random.key(1), step=0, train=True
        )
    )(params)

  families.close(loss(batch), loss(longer), 1e-5)


@pytest.mark.parametrize('head', families.HEAD_OF)
def test_samples_follow_the_scores(head):
  """One step, many draws: how often x comes is how likely it was scored."""
  family = families.build('gru', head)
  batch = families.batch(family, 1, length=1)
  params = family.model.init(jax.random.key(0), batch)
  keys = jax.random.split(jax.random.key(1), 4000)
  x = family.model.sample(params, keys, 1, Controls())
  drawn, counts = np.unique(x, axis=0, return_counts=True)
  some = counts > 60
  nats = [
      outputs(family, params, {'x': d[None].astype(np.uint8)})[0, 0]
      for d in drawn[some][:6]
  ]
  share = counts[some][:6] / 4000
  error = 4 * np.sqrt(share / 4000)
  assert (np.abs(np.exp(-np.array(nats)) - share) < error).all()
