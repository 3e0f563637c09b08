"""Law 3 for every net and head: what is scored is what is sampled, causally."""

import operator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.models.autoregressive_net import Context
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls, HEADS
from tests import families

WITH_VOICES = *families.CAUSAL, 'gru, conditioned', 'gru, chroma'
PAIRS = [(n, 'voices') for n in WITH_VOICES] + [
  ('gru', h) for h in families.HEAD_OF if h != 'voices'
]
PAIRS += [(name, 'categorical') for name in ('gru, look back', 'gru, degrees')]


def outputs(family, params, batch):
  """Log probability per part and step, without dropout: dict of [B, T]."""
  masks = jnp.eye(batch['x'].shape[1], dtype=jnp.float32)
  rows = {k: batch[k] for k in ('x', 'cond') if k in batch}

  def at(mask_T, row):
    one = {k: v[None] for k, v in row.items()}
    one |= {'mask': mask_T[None], 'row': jnp.zeros(1, jnp.uint32)}
    sums, _ = family.model.loss(
      params, one, jax.random.key(0), step=0, train=False
    )
    return sums['loss']

  steps = jax.vmap(jax.vmap(at, (0, None)), (None, 0))
  return np.asarray(jax.jit(steps)(masks, rows))


@pytest.mark.parametrize('name,head', PAIRS)
def test_no_step_depends_on_the_future(name, head):
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


@pytest.mark.parametrize('name', families.CAUSAL)
def test_no_gradient_flows_from_a_step_to_those_after_it(name):
  net = families.build(name).module.net
  e = jax.random.normal(jax.random.key(0), (2, 6, 3))
  variables = net.init(jax.random.key(1), e)

  def output(e, t):
    return net.apply(variables, e)[0][:, t].sum()

  for t in range(6):
    gradient = np.abs(jax.grad(output)(e, t)).max((0, 2))
    assert (gradient[t + 1 :] == 0).all()
    assert (gradient[: t + 1] > 0).all()


@pytest.mark.parametrize('name,head', PAIRS)
def test_scanned_steps_equal_the_whole(name, head):
  """Forces a piece through `sample`: its h at each step is that of `loss`."""
  family = families.build(name, head)
  module = family.module
  batch = families.batch(family, 3)
  x = jnp.asarray(batch['x'], jnp.int32)
  params = family.model.init(jax.random.key(0), batch)
  variables = {'params': params}

  cond = jnp.asarray(batch['cond'])

  def whole(module):
    return module.net(module.inputs(x, module.context(cond))[0])[0]

  def stepwise(module):
    (carry, _, past), hs = module.start(len(x), x.shape[1]), []
    for t in range(x.shape[1]):
      before = jnp.full_like(x[:, :1], -1) if t == 0 else x[:, t - 1 : t]
      e = jnp.where(t > 0, module.head.embed(jnp.maximum(before, 0)), 0)
      at = operator.itemgetter(np.s_[:, t : t + 1])
      now = jax.tree.map(at, module.context(cond))
      e = module.with_degrees(e, before, now)
      e, _, past = module.with_context(e, before, now, past)
      carry, h = module.net.step(carry, e[:, 0])
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
  longer['cond'][:, : families.LENGTH] = batch['cond']
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


def test_conditions_act_at_once_and_can_be_left_out():
  family = families.build('gru, conditioned', 'voices')
  batch = families.batch(family, 3, seed=1)
  params = family.model.init(jax.random.key(0), batch)
  before = outputs(family, params, batch)
  other = {**batch, 'cond': batch['cond'].copy()}
  place, size = families.CONDITIONING.columns[0]
  other['cond'][:, 5, place] = (other['cond'][:, 5, place] + 1) % size
  after = outputs(family, params, other)
  np.testing.assert_array_equal(before[:, :5], after[:, :5])
  assert (np.abs(before[:, 5:] - after[:, 5:]).max(1) > 1e-4).all()
  # Columns that the model is not conditioned on are as if they were not there.
  silent = {**batch, 'cond': batch['cond'].copy()}
  used = [place for place, _ in families.CONDITIONING.columns]
  silent['cond'][:, :, [i for i in range(8) if i not in used]] = 0
  np.testing.assert_array_equal(before, outputs(family, params, silent))


def test_a_row_drops_conditions_by_its_own_key():
  family = families.build('gru, conditioned')
  embedding = family.module.conditions
  cond = families.batch(family, 4)['cond']
  keys = jax.random.split(jax.random.key(1), 4)
  variables = embedding.init(jax.random.key(0), cond)
  embed = jax.jit(lambda keys: embedding.apply(variables, cond, keys))
  several = np.stack(
    [embed(jax.random.split(jax.random.key(i), 4)) for i in range(40)]
  )
  known, nothing = (
    embedding.apply(variables, cond),
    embedding.apply(variables, 0 * cond),
  )
  # At 0.3 a column, three columns: all are kept in .34 of rows, none in .03.
  whole = (np.abs(several - known).max((2, 3)) < 1e-6).mean()
  none = (np.abs(several - nothing).max((2, 3)) < 1e-6).mean()
  assert 0.2 < whole < 0.5 and none < 0.15
  turned = embedding.apply(variables, cond[::-1], keys[::-1])
  np.testing.assert_array_equal(embed(keys), turned[::-1])


def test_wishes_follow_the_clock_of_events():
  """Each token is asked for by what is wished at its time, not its place."""
  clock = np.array([0, 0, 1, 2, 0, 0], np.int32)
  spec = Spec('tokens', families.DEPTH, (), steps_per_token=clock)
  head = HEADS['categorical'](depth=families.DEPTH, features=3)
  model = families.make(
    'gru',
    spec,
    head,
    {'conditioning': families.CONDITIONING},
    hidden=4,
    layers=1,
  )
  rng = np.random.default_rng(0)
  x = rng.integers(6, size=(1, 12)).astype(np.int32)
  place = families.CONDITIONING.columns[0][0]
  plan = np.zeros((1, 8, 8), np.int16)
  plan[0, :, place] = 1 + np.arange(8)
  time = np.cumsum(clock[x[0]]) - clock[x[0]]
  rows = plan[:, np.minimum(time, 7)]
  batch = {'x': x, 'mask': np.ones((1, 12), np.float32), 'cond': rows}
  params = model.init(jax.random.key(0), batch)
  # Forced but for the last, which is then drawn as it is scored.
  known = np.arange(12) < 11
  keys = jax.random.split(jax.random.key(0), 2000)
  controls = Controls(
    given=np.repeat(x, 2000, 0), known=known, cond=np.repeat(plan, 2000, 0)
  )
  drawn = jax.jit(model.sample, static_argnums=2)(params, keys, 12, controls)
  share = np.bincount(np.asarray(drawn)[:, -1], minlength=6) / 2000
  nats = []
  for token in range(6):
    last = x.copy()
    last[0, -1] = token
    mask = np.zeros((1, 12), np.float32)
    mask[0, -1] = 1
    one = batch | {'x': last, 'mask': mask, 'row': np.zeros(1, np.uint32)}
    sums, _ = model.loss(params, one, jax.random.key(0), step=0, train=False)
    nats.append(float(sums['nll']))
  p = np.exp(-np.array(nats))
  assert (np.abs(share - p) < 4 * np.sqrt(p / 2000)).all()


def test_word_dropout_hides_whole_steps_from_the_net_in_training():
  family = families.build('gru')
  batch = families.batch(family, 3, seed=1)
  params = family.model.init(jax.random.key(0), batch)
  module = family.module.clone(word_dropout=0.5)

  def inputs(x, keys_B=None):
    variables = {'params': params}
    given = x, Context(), keys_B
    return np.asarray(module.apply(variables, *given, method='inputs')[0])

  keys_B = jax.random.split(jax.random.key(2), 3)
  whole, some = inputs(batch['x']), inputs(batch['x'], keys_B)
  is_hidden = (some == 0).all(-1)
  assert 0.2 < is_hidden[:, 1:].mean() < 0.8
  np.testing.assert_array_equal(some, whole * ~is_hidden[..., None])
  alone = inputs(batch['x'][1:2], keys_B[1:2])
  np.testing.assert_array_equal(alone, some[1:2])
