"""Autoencoders: what codes cost, what they say, and that windows come back."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.accuracy import accuracy
from musiczoo.models.autoencoder.attributes import measured
from musiczoo.models.autoencoder.convolutions import halvings
from musiczoo.models.autoencoder.flow import Flow
from musiczoo.models.autoencoder.vae import kl
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.sampling import attributes
from tests import families

WINDOW = families.LENGTH
BETA, FREE_BITS, ANNEAL = 0.5, 1.5, 10
ATTRIBUTES = {
  name: REPRESENTATIONS[name](steps_per_quarter=4)
  for name in ('voices', 'tracks', 'pianoroll')
}


@functools.cache
def build(
  name='vae', net='conv', segment=0, head='categorical', latent=3, attributes=0
):
  """-> a tiny model, its music as a Family, its parameters."""
  shape, arguments = families.HEAD_OF[head]
  module = HEADS[head](depth=families.DEPTH, **arguments)
  spec = Spec(module.kind, families.DEPTH, shape)
  costs = {'beta': BETA, 'free_bits': FREE_BITS, 'anneal_steps': ANNEAL}
  model = families.make(
    name,
    spec,
    module,
    net=net,
    segment=segment,
    hidden=7,
    latent=latent,
    dropout=0.3,
    word_dropout=0.3,
    attributes=attributes,
    **(costs if name == 'vae' else {}),
  )
  family = families.Family(model, None, spec)
  params = jax.jit(model.init)(jax.random.key(0), families.batch(family))
  return family, params


@functools.cache
def compiled(family, train):
  return jax.jit(
    lambda params, batch, step: family.model.loss(
      params, batch, jax.random.key(1), step=step, train=train
    )
  )


def loss(built, batch, step=0, train=True):
  family, params = built
  sums, _ = compiled(family, train)(params, batch, step)
  return {name: float(value) for name, value in sums.items()}


def alone(batch, i):
  """Row i at the first place, and of the others nothing counts."""
  batch = {k: np.roll(v, -i, axis=0) for k, v in batch.items()}
  batch['mask'][1:] = 0
  return batch


def constant_latent(params, mean, log_sd=None):
  """Parameters that encode every window as the same latent."""
  bias = jnp.concatenate([mean] if log_sd is None else [mean, log_sd])
  kernel = jnp.zeros_like(params['latent_proj']['kernel'])
  return params | {'latent_proj': {'kernel': kernel, 'bias': bias}}


def test_the_parts_of_the_loss_add_up():
  built = build()
  batch = families.batch(built[0], 4)
  first, last = loss(built, batch, 0), loss(built, batch, ANNEAL)
  np.testing.assert_allclose(
    first['nll_bound'],
    first['nll_bound_reconstruction'] + first['nll_bound_kl'],
    rtol=1e-6,
  )
  # It begins without a price and ends with the whole.
  np.testing.assert_allclose(first['loss'], first['nll_bound_reconstruction'])
  paid = last['loss'] - last['nll_bound_reconstruction']
  half = loss(built, batch, ANNEAL // 2)
  assert paid > 0
  np.testing.assert_allclose(
    half['loss'] - half['nll_bound_reconstruction'], paid / 2, rtol=1e-4
  )
  np.testing.assert_allclose(
    loss(built, batch, 10 * ANNEAL)['loss'], last['loss'], rtol=1e-6
  )


def test_free_bits_are_each_windows_own():
  built = build()
  batch = families.batch(built[0], 4)
  costs = []
  for i in range(4):
    sums = loss(built, alone(batch, i), ANNEAL)
    cost = sums['loss'] - sums['nll_bound_reconstruction']
    free = FREE_BITS * np.log(2)
    expected = BETA * max(sums['nll_bound_kl'] - free, 0)
    np.testing.assert_allclose(cost, expected, rtol=1e-4, atol=1e-5)
    costs.append(cost)
  assert min(costs) < 1e-5 < max(costs)  # Both sides of the price are seen.
  sums = loss(built, batch, ANNEAL)
  np.testing.assert_allclose(
    sums['loss'] - sums['nll_bound_reconstruction'], sum(costs), rtol=1e-4
  )


@pytest.mark.parametrize('name', families.CODED)
def test_a_row_has_the_same_noise_in_any_batch(name):
  built = build(name)
  batch = families.batch(built[0], 4)
  whole = loss(built, batch, ANNEAL)
  each = [loss(built, alone(batch, i), ANNEAL) for i in range(4)]
  for key in whole:
    np.testing.assert_allclose(
      whole[key], sum(e[key] for e in each), rtol=1e-4, atol=1e-5
    )
  other = batch | {'row': batch['row'] + 1}
  assert abs(loss(built, other, ANNEAL)['loss'] - whole['loss']) > 1e-3


@pytest.mark.parametrize(
  'name,net,segment',
  [('autoencoder', 'conv', 0), ('vae', 'conv', 0), ('vae', 'recurrent', 4)],
)
def test_what_is_masked_changes_nothing(name, net, segment):
  built = build(name, net, segment)
  batch = families.batch(built[0], 4)
  batch['mask'][3] = 0
  other = families.batch(built[0], 4, seed=9)
  other |= {
    'x': np.where(batch['mask'] > 0, batch['x'], other['x']),
    'mask': batch['mask'],
  }
  assert (other['x'] != batch['x']).any()
  families.close(loss(built, batch, ANNEAL), loss(built, other, ANNEAL), 1e-6)
  assert loss(built, alone(batch, 3), ANNEAL) == dict.fromkeys(
    loss(built, batch), 0.0
  )


@pytest.mark.parametrize('name', ATTRIBUTES)
def test_attributes_of_x_are_those_of_its_score(name):
  of = ATTRIBUTES[name]
  spec = of.spec
  top = 2 if spec.kind == 'bits' else 2 * spec.depth
  x = np.random.default_rng(0).integers(top, size=(3, WINDOW, *spec.shape))
  scores = [of.decode(a.astype(spec.dtype)) for a in x]
  # As its own rules would have it.
  x = np.stack([of.encode(score)[:WINDOW] for score in scores])
  mask = np.ones((3, WINDOW), np.float32)
  found = np.asarray(measured(spec, x, mask)).T
  density, pitch, spread = (
    np.array([measure(score) for score in scores])
    for measure in attributes.ATTRIBUTES.values()
  )
  np.testing.assert_allclose(4 * found[0], density, rtol=1e-5)
  # From another origin.
  np.testing.assert_allclose(
    12 * (found[1] - found[1, 0]), pitch - pitch[0], atol=1e-3
  )
  np.testing.assert_allclose(12 * found[2], spread, atol=1e-3)
  # What is masked does not count.
  mask[:, 9:] = 0
  np.testing.assert_allclose(
    measured(spec, x, mask), measured(spec, x[:, :9], mask[:, :9]), rtol=1e-6
  )


@pytest.mark.parametrize('name', families.CODED)
def test_attributes_cost_what_they_weigh(name):
  built = build(name, head='voices', attributes=5.0)
  batch = families.batch(built[0], 4)
  sums = loss(built, batch)
  rest = sum(v for k, v in sums.items() if k in ('reconstruction', 'prior'))
  rest += sums.get('nll_bound_reconstruction', 0)
  np.testing.assert_allclose(
    sums['loss'], rest + 5 * sums['attributes'], rtol=1e-5
  )
  np.testing.assert_allclose(
    sum(loss(built, alone(batch, i))['attributes'] for i in range(4)),
    sums['attributes'],
    rtol=1e-4,
  )


def test_kl_is_that_of_numerical_integration():
  z = np.linspace(-30, 30, 200_001)
  for mean, sd in ((0.0, 1.0), (1.5, 0.3), (-2.0, 2.5)):
    q = np.exp(-(((z - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
    log_ratio = -(((z - mean) / sd) ** 2) / 2 - np.log(sd) + z**2 / 2
    expected = np.trapezoid(q * log_ratio, z)
    np.testing.assert_allclose(kl(mean, np.log(sd)), expected, atol=1e-5)


def test_the_bound_is_above_the_exact_likelihood():
  """With one dimension the integral over codes can be done on a grid."""
  family, params = build(latent=1)
  batch = {k: v[:1] for k, v in families.batch(family, 1).items()}
  batch['mask'][:] = 1
  draws = 1000

  @jax.jit
  @functools.partial(jax.vmap, in_axes=(0, 0))
  def nats(bias, row):
    """Bound and reconstruction for codes that a bias gives, or x if it is nan."""
    proj = params['latent_proj']
    given = jnp.isfinite(bias)
    kernel = jnp.where(given[None], 0, proj['kernel'])
    bias = jnp.where(given, bias, proj['bias'])
    sums, _ = family.model.loss(
      params | {'latent_proj': {'kernel': kernel, 'bias': bias}},
      batch | {'row': row[None]},
      jax.random.key(0),
      step=0,
      train=False,
    )
    return sums['nll_bound'], sums['nll_bound_reconstruction']

  def drawn(mean, log_sd):
    bias = np.broadcast_to(np.float32([mean, log_sd]), (draws, 2))
    return nats(bias, np.arange(draws, dtype=np.uint32))

  grid = np.linspace(-6, 6, draws)
  points = np.stack([grid, np.full(draws, -20.0)], axis=1).astype(np.float32)
  _, at = nats(points, np.zeros(draws, np.uint32))
  at = np.asarray(at, np.float64)
  prior = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
  exact = -np.log(np.trapezoid(np.exp(-at) * prior, grid))
  assert np.ptp(at) > 0.1  # The code matters.

  for biases in ((np.nan, np.nan), (0.5, 0.1), (-1.0, -1.0)):
    bound = np.asarray(drawn(*biases)[0], np.float64)
    error = np.std(bound) / np.sqrt(draws)
    assert bound.mean() > exact - 4 * error
  # With codes of the prior, the mean likelihood is exact (importance sampling).
  p = np.exp(exact - np.asarray(drawn(0, 0)[0], np.float64))
  assert abs(p.mean() - 1) < 4 * np.std(p) / np.sqrt(draws)


@pytest.mark.parametrize('name', families.CODED)
def test_a_piece_is_the_same_in_any_batch_and_of_any_length(name):
  family, params = build(name, head='voices')
  sample = jax.jit(family.model.sample, static_argnums=2)
  keys = jax.random.split(jax.random.key(3), 3)
  x = np.asarray(sample(params, keys, 2 * WINDOW + 5, Controls()))
  assert x.shape == (3, 2 * WINDOW + 5, 4) and x.dtype == np.int32
  assert (x[:, :WINDOW] != x[:, WINDOW : 2 * WINDOW]).any()
  alone = sample(params, keys[1:2], WINDOW + 2, Controls())
  np.testing.assert_array_equal(alone[0], x[1, : WINDOW + 2])
  moved = sample(params, keys, WINDOW, Controls(shift=np.full(3, 9.0)))
  assert (moved != x[:, :WINDOW]).any()


@pytest.mark.parametrize(
  'net,segment,head',
  [('conv', 0, 'voices'), ('conv', 4, 'nade'), ('recurrent', 4, 'categorical')],
)
def test_what_was_written_is_what_is_expected_of_its_code(net, segment, head):
  """Scanned steps equal the whole: what is likeliest is found again."""
  family, params = build('autoencoder', net, segment, head)
  params = constant_latent(params, jnp.array([0.3, -1.0, 2.0]))
  batch = families.batch(family, 2)
  batch['mask'][:] = 1
  z = jax.jit(family.model.encode)(params, batch)
  assert z.shape == (2, 3)
  keys = jax.random.split(jax.random.key(0), 2)
  x = jax.jit(family.model.decode)(params, z, keys, Controls(temperature=0.0))
  assert x.shape == batch['x'].shape
  figures = jax.jit(family.model.metrics)(
    params, batch | {'x': np.asarray(x)}, jax.random.key(0)
  )
  for name in ('accuracy_teacher_forced', 'accuracy_free'):
    right, cells = map(float, figures[name])
    assert right == cells > 0, name


def test_the_prior_teaches_nobody_else():
  family, params = build('autoencoder')
  batch = families.batch(family)

  def grads(name):
    return jax.jit(
      jax.grad(
        lambda p: family.model.loss(
          p, batch, jax.random.key(0), step=0, train=True
        )[0][name]
      )
    )(params)

  whole, spec, prior = map(grads, ('loss', 'reconstruction', 'prior'))
  for part in params:
    if part != 'prior':
      families.close(whole[part], spec[part], 1e-5)
      assert not any(np.any(g) for g in jax.tree.leaves(prior[part]))
  assert any(np.any(g) for g in jax.tree.leaves(prior['prior']))


def test_a_flow_is_a_density_that_can_be_drawn_from():
  flow = Flow(latent=5, hidden=4, layers=3)
  u = jax.random.normal(jax.random.key(0), (6, 5))
  params = flow.init(jax.random.key(1), u, method='log_prob')
  keys = iter(jax.random.split(jax.random.key(2), 99))
  params = jax.tree.map(
    lambda p: p + 0.5 * jax.random.normal(next(keys), p.shape), params
  )
  draw = lambda u: flow.apply(params, u[None], method='inverse')[0]
  z = jax.vmap(draw)(u)
  volume = np.linalg.slogdet(jax.vmap(jax.jacobian(draw))(u))[1]
  normal = jax.scipy.stats.norm.logpdf(u).sum(-1)
  log_p = flow.apply(params, z, method='log_prob')
  np.testing.assert_allclose(log_p, normal - volume, rtol=1e-4, atol=1e-4)
  assert np.abs(z - u).max() > 0.1


def test_accuracy_counts_what_counts():
  mask = np.array([[1, 1, 0]], np.float32)
  bits = np.array([[[1, 1, 0], [0, 0, 0], [1, 1, 1]]])
  guess = np.array([[[1, 0, 1], [0, 0, 0], [0, 0, 0]]])
  assert accuracy('bits', guess, bits, mask) == (1, 3)
  tokens = np.array([[4, 5, 6]])
  assert accuracy('tokens', tokens + [[0, 1, 0]], tokens, mask) == (1, 2)
  # A first cell is struck, and a rest never is, whatever its bit says.
  held, is_onset = (
    np.array([[[4, 1], [4, 6], [0, 0]]]),
    np.array([[[5, 0], [5, 7], [9, 9]]]),
  )
  assert accuracy('voices', held, is_onset, mask) == (3, 4)


def test_halving_ends_at_four_steps():
  assert [halvings(n) for n in (2, 4, 5, 8, 9, 32, 33)] == [0, 0, 1, 1, 2, 3, 4]


@pytest.mark.parametrize(
  'changes,message',
  [
    ({'net': 'dense'}, 'model.net=dense: give one of conv, recurrent'),
    ({'latent': 0}, 'latent=0'),
    ({'segment': 5}, 'model.segment=5 does not divide the window of 16'),
    ({'beta': -1.0}, 'model.beta=-1.0'),
    ({'attributes': 1.0}, 'tokens and audio have none'),
  ],
)
def test_what_can_not_be_built_is_refused(changes, message):
  head = HEADS['categorical'](depth=6, features=3)
  usual = {'net': 'conv', 'hidden': 7, 'latent': 3}
  with pytest.raises(UserError, match=message):
    families.make('vae', Spec('tokens', 6, ()), head, **usual | changes)
