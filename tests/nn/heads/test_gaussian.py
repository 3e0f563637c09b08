"""The gaussian head: densities are scipy's, samples are of them, MSE is its kin."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from musiczoo.errors import UserError
from musiczoo.models.autoregressive import autoregressive
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.heads.gaussian import Gaussian, LEAST
from musiczoo.nn.recurrent import Recurrent

D, H = 4, 3
HEADS = {
  'fixed': Gaussian(D, sd=0.7),
  'learned': Gaussian(D),
  'residual': Gaussian(D, residual=True),
}
each_head = pytest.mark.parametrize('name', HEADS)


def normal(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape, np.float32)


def build(name):
  """(head, its variables, h, x, prev) of five steps."""
  head, h, x, prev = (
    HEADS[name],
    normal(1, 5, H),
    normal(2, 5, D),
    normal(3, 5, D),
  )
  variables = head.init(jax.random.key(0), h, x, prev, method='log_prob')
  return (
    head,
    jax.tree.map(lambda a: normal(a.size, *a.shape), variables),
    h,
    x,
    prev,
  )


def expected(name, variables, h, prev):
  """Mean and deviation, by hand."""
  line = lambda layer: h @ layer['kernel'] + layer['bias']
  params = variables['params']
  mean = line(params['mean']) + (prev if name == 'residual' else 0)
  sd = (
    0.7 if name == 'fixed' else LEAST + np.log1p(np.exp(line(params['spread'])))
  )
  return mean, np.broadcast_to(sd, mean.shape)


@each_head
def test_the_density_is_that_of_scipy(name):
  head, variables, h, x, prev = build(name)
  found = head.apply(variables, h, x, prev, method='log_prob')
  log_p = stats.norm.logpdf(x, *expected(name, variables, h, prev)).sum(-1)
  assert list(found) == ['frame']
  np.testing.assert_allclose(found['frame'], log_p, rtol=1e-4)


def test_with_a_fixed_deviation_it_is_the_squared_error():
  head, variables, h, x, prev = build('fixed')
  head = head.clone(sd=0.5**0.5)

  def nats(variables):
    return -head.apply(variables, h, x, prev, method='log_prob')['frame'].sum()

  def error(variables):
    layer = variables['params']['mean']
    return ((x - h @ layer['kernel'] - layer['bias']) ** 2).sum()

  constant = x.size * np.log(np.pi) / 2
  assert nats(variables) == pytest.approx(error(variables) + constant, rel=1e-5)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4),
    jax.grad(nats)(variables),
    jax.grad(error)(variables),
  )


@each_head
def test_samples_have_mean_and_deviation(name):
  head, variables, h, _, prev = build(name)
  num = 4000
  repeat = lambda a: np.repeat(a[:1], num, axis=0)
  keys = jax.random.split(jax.random.key(0), num)
  mean, sd = expected(name, variables, h[:1], prev[:1])

  def drawn(temperature):
    return np.asarray(
      head.apply(
        variables,
        repeat(h),
        repeat(prev),
        keys,
        Controls(temperature=temperature),
        method='sample',
      )
    )

  for temperature in 1.0, 0.5:
    x = drawn(temperature)
    np.testing.assert_allclose((x.mean(0) - mean[0]) / sd[0], 0, atol=0.06)
    np.testing.assert_allclose(x.std(0), temperature * sd[0], rtol=0.05)
  np.testing.assert_allclose(drawn(0.0), repeat(mean), atol=1e-5)
  # Each row has its own temperature, and its noise is its own.
  mixed = drawn(np.where(np.arange(num) == 0, 0.0, 1.0).astype(np.float32))
  np.testing.assert_allclose(mixed[0], mean[0], atol=1e-5)
  np.testing.assert_allclose(mixed[1:], drawn(1.0)[1:], atol=1e-5)


@pytest.mark.parametrize('sd', [-1.0, 0.01, np.inf, np.nan])
def test_a_deviation_that_is_none(sd):
  with pytest.raises(UserError, match='give 0.05 or more, or 0'):
    Gaussian(D, sd=sd).init(jax.random.key(0), normal(0, 1, D), method='embed')


def test_a_gru_of_frames_depends_on_the_past_alone_and_samples_as_it_scores():
  head = Gaussian(D, residual=True)
  net = Recurrent('gru', 5, 1)
  model = autoregressive(net, head, Spec('frames', D, (D,)))
  x = normal(0, 2, 6, D)
  batch = {
    'x': x,
    'mask': np.ones((2, 6), np.float32),
    'row': np.arange(2, dtype=np.uint32),
  }
  params = model.init(jax.random.key(0), batch)
  noise = lambda a: normal(a.size, *a.shape) / 2
  params = jax.tree.map(noise, params)

  @jax.jit
  def nats(x, mask):
    given = batch | {'x': x, 'mask': mask}
    sums, weight = model.loss(
      params, given, jax.random.key(0), step=0, train=False
    )
    return sums['nll'], weight

  third = batch['mask'] * (np.arange(6) == 2)
  slope = jax.jit(jax.grad(lambda x: nats(x, third)[0]))(x)
  assert np.abs(slope[:, :3]).max() > 0 and not np.asarray(slope[:, 3:]).any()
  # At temperature 0 a step is its mean: no x of its own has smaller nats, and
  # a sampled frame is fed back as it was sampled.
  keys = jax.random.split(jax.random.key(1), 2)
  sample = jax.jit(model.sample, static_argnums=2)
  written = sample(params, keys, 6, Controls(temperature=0.0))
  assert written.dtype == jnp.float32 and written.shape == (2, 6, D)
  (error, numbers) = model.metrics(
    params, batch | {'x': written}, jax.random.key(0)
  )['mse_per_frame']
  assert error < 1e-8 and numbers == 2 * 6 * D
