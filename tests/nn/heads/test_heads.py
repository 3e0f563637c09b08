"""Heads: they sum to one, what they sample is what they say, in their order."""

import itertools

from hypothesis import given, settings, strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.nn.heads import (
  Bernoulli,
  Categorical,
  Compound,
  Controls,
  filter_logits,
  Gaussian,
  HEADS,
  NADE,
  Voices,
)

H = 6  # what the net says
TINY = {
  'bernoulli': Bernoulli(4),
  'categorical': Categorical(5, features=3),
  'voices': Voices(3, voices=2, features=3, hidden=4),
  'voices_without_onsets': Voices(
    3, voices=2, features=3, hidden=4, onsets=False
  ),
  # Decided in the order 0, 2, 1.
  'voices_with_intervals': Voices(
    3, voices=3, features=4, hidden=4, intervals=True
  ),
  'nade': NADE(4, hidden=5),
}
each_head = pytest.mark.parametrize('name', list(TINY))


def normal(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape, np.float32)


def steps_of(head, prev):
  """All that may follow `prev`: int32 [N, C], canonical."""
  if head.kind == 'tokens':
    return np.arange(head.depth)
  if head.kind == 'bits':
    return np.array(list(itertools.product((0, 1), repeat=head.depth)))

  def cells(before):
    moved = [2 * s + (s > 0) for s in range(head.depth) if s != before // 2]
    stayed = [2 * (before // 2)]
    if before // 2 and head.onsets:
      stayed += [stayed[0] + 1]
    return moved + stayed

  return np.array(list(itertools.product(*map(cells, prev))))


def prev_of(head):
  """A step; of voices, one in which every voice may strike its pitch again."""
  return {
    'bits': np.zeros(head.depth, np.int32),
    'tokens': np.int32(0),
    'voices': np.array([2, 5, 3], np.int32)[: getattr(head, 'voices', None)],
  }[head.kind][()]


def build(name, dtype=jnp.float32):
  """(head, variables), with opinions, but so that all that may be may be."""
  head = TINY[name].clone(dtype=dtype)
  h, prev = np.zeros((1, H), np.float32), prev_of(head)[None]
  both = lambda m, h, x: (m.embed(x), m.log_prob(h, x, x))
  shapes = jax.eval_shape(
    lambda rng: head.init(rng, h, prev, method=both), jax.random.key(0)
  )
  noise = lambda a: 0.5 * normal(a.size, *a.shape)
  return head, jax.tree.map(noise, shapes)


def log_prob(head, variables, h, x, prev):
  parts = head.apply(variables, h, x, prev, method='log_prob')
  return sum(parts.values())


def table(head, variables, h, prev):
  """(all steps [N, C], their probabilities [N]) after `prev`, given h [H]."""
  x = steps_of(head, prev)
  repeat = lambda a: np.broadcast_to(a, (len(x), *np.shape(a)))
  log_p = jax.jit(lambda *a: log_prob(head, variables, *a))
  return x, np.exp(log_p(repeat(h), x, repeat(prev)))


def draw(head, variables, h, prev, num, controls=Controls(), seed=0):
  """`num` samples of the step after `prev`, given h [H]."""
  repeat = lambda a: np.broadcast_to(a, (num, *np.shape(a)))
  keys = jax.random.split(jax.random.key(seed), num)
  sample = jax.jit(lambda *a: head.apply(variables, *a, method='sample'))
  return np.asarray(sample(repeat(h), repeat(prev), keys, controls))


@each_head
def test_probabilities_sum_to_one(name):
  head, variables = build(name)
  _, p = table(head, variables, normal(1, H), prev_of(head))
  assert p.sum() == pytest.approx(1, abs=1e-5)
  assert p.max() < 0.9  # or the sum would say little


@each_head
def test_samples_come_as_often_as_said(name):
  head, variables = build(name)
  h, prev, num = normal(1, H), prev_of(head), 20_000
  x, p = table(head, variables, h, prev)
  drawn = draw(head, variables, h, prev, num)
  assert drawn.dtype == np.int32
  axes = tuple(range(1, x.ndim))
  seen = np.array([(drawn == row).all(axes).sum() for row in x])
  assert seen.sum() == num  # nothing else was drawn
  # Chi-square of N - 1 degrees of freedom: mean N - 1, variance 2 (N - 1).
  common = p * num > 5
  chi2 = ((seen - p * num) ** 2 / (p * num))[common].sum()
  assert chi2 < common.sum() + 5 * np.sqrt(2 * common.sum())


@each_head
def test_a_row_is_the_same_in_any_batch(name):
  head, variables = build(name)
  keys = jax.random.split(jax.random.key(3), 6)
  h = 0.1 * normal(4, 6, H)
  prev = np.stack([prev_of(head)] * 6)
  sample = jax.jit(
    lambda *a: head.apply(variables, *a, Controls(), method='sample')
  )
  together = sample(h, prev, keys)
  alone = [sample(h[i:][:1], prev[i:][:1], keys[i:][:1]) for i in range(6)]
  np.testing.assert_array_equal(together, np.concatenate(alone))
  assert len(np.unique(together, axis=0)) > 1


@each_head
def test_cold_is_the_likeliest_and_hot_is_even(name):
  head, variables = build(name)
  h, prev = normal(1, H), prev_of(head)
  cold = draw(head, variables, h, prev, 8, Controls(temperature=0.0))
  assert (cold == cold[0]).all()
  _, p = table(head, variables, h, prev)
  if head.kind == 'tokens' or name == 'bernoulli':
    np.testing.assert_array_equal(cold[0], steps_of(head, prev)[p.argmax()])
  hot = draw(head, variables, h, prev, 4000, Controls(temperature=1e6))
  symbols = hot // 2 if head.kind == 'voices' else hot
  top = 2 if head.kind == 'bits' else head.depth
  assert symbols.mean() == pytest.approx((top - 1) / 2, abs=0.05)


@each_head
def test_any_leading_shape_and_bfloat16(name):
  head, variables = build(name, jnp.bfloat16)
  prev = np.broadcast_to(prev_of(head), (2, 3, *np.shape(prev_of(head))))
  x = prev.astype(np.uint8)
  log_p = log_prob(head, variables, normal(1, 2, 3, H), x, x)
  assert log_p.shape == (2, 3) and log_p.dtype == jnp.float32
  e = head.apply(variables, x, method='embed')
  assert e.shape[:2] == (2, 3) and e.ndim == 3 and e.dtype == jnp.bfloat16
  exact = log_prob(
    head.clone(dtype=jnp.float32), variables, normal(1, 2, 3, H), x, x
  )
  np.testing.assert_allclose(log_p, exact, rtol=0.05, atol=0.3)


def test_the_table_has_all_heads():
  # The gaussian's steps can't be counted, and compound rows need the bars before
  # them: they have tests of their own.
  choosing = {type(head) for head in TINY.values()}
  assert set(HEADS.values()) - choosing == {Gaussian, Compound}


def test_each_voice_depends_only_on_those_before():
  head, variables = build('voices')
  x = np.array([3, 5])  # symbols 1 and 2, both as in the step before

  def depends_on(part):
    """Which symbols of which voice this part of the probability follows."""

    def nats(table):
      params = variables['params'] | {'factor_embedding': {'embedding': table}}
      parts = head.apply(
        {'params': params}, normal(1, H), x, x, method='log_prob'
      )
      return parts[part]

    table = variables['params']['factor_embedding']['embedding']
    rows = np.abs(jax.jit(jax.grad(nats))(table)).sum(1) > 0
    return rows.reshape(head.voices, head.depth).tolist()

  no, upper, lower = [False] * 3, [False, True, False], [False, False, True]
  assert depends_on('pitch') == [upper, no]
  assert depends_on('onset') == [upper, lower]


def test_the_lowest_voice_is_decided_before_the_inner_ones():
  head, variables = build('voices_with_intervals')
  h, prev = normal(1, H), np.array([3, 3, 3])

  def logits(*x):
    found = head.apply(variables, h, np.array(x), prev, method='logits')
    return np.asarray(found['symbols'])

  a, other = logits(3, 3, 5), logits(3, 3, 3)
  np.testing.assert_array_equal(a[[0, 2]], other[[0, 2]])
  assert np.abs(a[1] - other[1]).max() > 0.01
  a, other = logits(3, 5, 3), logits(3, 3, 3)
  np.testing.assert_array_equal(a, other)


def test_a_struck_bit_depends_on_those_before():
  head, variables = build('voices')
  prev = np.array([2, 4])  # Both voices stay.

  def logits(*x):
    args = normal(1, H), np.array(x), prev
    return np.asarray(head.apply(variables, *args, method='logits')['onset'])

  a, struck, last = logits(2, 4), logits(3, 4), logits(2, 5)
  assert a[0] == struck[0] and abs(a[1] - struck[1]) > 0.01
  np.testing.assert_array_equal(a, last)


def test_a_struck_bit_counts_only_where_a_pitch_stays():
  head, variables = build('voices')
  h = normal(1, H)

  def nats(x, prev):
    parts = head.apply(
      variables, h, np.array(x), np.array(prev), method='log_prob'
    )
    return float(parts['onset'])

  pitch, other, rest = 2, 4, 0  # cells of two pitches and a rest, not struck
  held = nats([pitch, rest], [pitch, rest])
  again = nats([pitch + 1, rest], [pitch, rest])
  assert np.exp(held) + np.exp(again) == pytest.approx(1, abs=1e-5)
  # How the note began is not asked again; a change costs nothing.
  assert nats([pitch, rest], [pitch + 1, rest]) == held
  assert nats([pitch + 1, rest], [other, rest]) == 0
  assert nats([pitch, rest], [other, rest]) == 0
  assert nats([rest, rest], [pitch, other]) == 0
  both = nats([pitch, other], [pitch, other])
  assert both < max(held, again)


@pytest.mark.parametrize('name', ['voices', 'voices_without_onsets'])
def test_samples_begin_notes_where_they_must(name):
  head, variables = build(name)
  prev = np.array([3, 4], np.int32)
  drawn = draw(head, variables, normal(1, H), prev, 500)
  symbol, is_onset = drawn // 2, drawn % 2
  moved = symbol != prev // 2
  assert (is_onset[moved & (symbol > 0)] == 1).all()
  assert (is_onset[symbol == 0] == 0).all()
  stayed = is_onset[~moved & (symbol > 0)]
  assert set(stayed) == ({0, 1} if head.onsets else {0})


def test_nade_gradients_equal_autodiff():
  """Taking the bits off again is the derivative of adding them up."""
  head, variables = build('nade')
  h = normal(1, 2, 3, H)
  x = np.random.default_rng(2).integers(0, 2, (2, 3, head.depth))

  def ours(variables, h):
    return log_prob(head, variables, h, x, x).sum()

  def theirs(variables, h):
    params = variables['params']
    dense = lambda name: h @ params[name]['kernel'] + params[name]['bias']
    bias, a, total = dense('visible_bias'), dense('hidden_bias'), 0.0
    for i in range(head.depth):
      logit = bias[..., i] + jax.nn.sigmoid(a) @ params['output_weight'][i]
      p = jax.nn.sigmoid(logit)
      total += jnp.log(jnp.where(x[..., i] == 1, p, 1 - p)).sum()
      a += x[..., i, None] * params['input_weight'][i]
    return total

  grads = [
    jax.jit(jax.value_and_grad(f, (0, 1)))(variables, h) for f in (ours, theirs)
  ]
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), *grads
  )


def test_nade_keeps_no_hidden_layer_for_the_backward_pass():
  head = NADE(64, hidden=32)
  h, x = np.zeros((1, 100, H), np.float32), np.zeros((1, 100, 64), np.uint8)
  variables = head.init(jax.random.key(0), h, x, x, method='log_prob')
  loss = lambda v: log_prob(head, v, h, x, x).sum()
  kept = jax.eval_shape(lambda v: jax.vjp(loss, v)[1], variables)
  kept = sum(a.size for a in jax.tree.leaves(kept))
  # 64 hidden layers of 100 frames alone would be 204,800 numbers.
  assert kept < 50_000


@jax.jit
def sharp(logits, controls):
  """Probabilities under the controls."""
  return jax.nn.softmax(filter_logits(logits, controls))


logits_of = st.lists(st.integers(-9, 9), min_size=6, max_size=6).map(
  lambda values: np.array(values, np.float32) / 3
)


@settings(max_examples=50, deadline=None)
@given(logits_of)
def test_controls_that_are_off_change_nothing(logits):
  found = jax.jit(filter_logits)
  np.testing.assert_array_equal(found(logits, Controls()), logits)
  for temperature in 0.0, 0.7:
    without = found(logits, Controls(temperature))
    off = Controls(temperature, top_k=0, top_p=1.0, min_p=0.0)
    np.testing.assert_array_equal(without, found(logits, off))


@settings(max_examples=50, deadline=None)
@given(
  logits_of,
  st.sampled_from(
    [
      Controls(temperature=0.0),
      Controls(top_k=1),
      Controls(top_p=0.0),
      Controls(temperature=0.0, top_k=3, top_p=0.5, min_p=0.5),
    ]
  ),
)
def test_the_sharpest_of_all_is_argmax(logits, controls):
  wanted = np.arange(6) == logits.argmax()
  np.testing.assert_array_equal(sharp(logits, controls), wanted)


@settings(max_examples=50, deadline=None)
@given(logits_of, st.integers(1, 6))
def test_top_k_keeps_k(logits, k):
  p = np.asarray(sharp(logits, Controls(top_k=k)))
  assert (p > 0).sum() == k
  assert logits[p > 0].min() >= logits[p == 0].max(initial=-np.inf)


@settings(max_examples=50, deadline=None)
@given(logits_of, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_suffice(logits, top_p):
  full = np.asarray(jax.nn.softmax(logits), np.float64)
  kept = np.asarray(sharp(logits, Controls(top_p=top_p))) > 0
  assert full[kept].sum() >= top_p - 1e-6
  assert full[kept].sum() - full[kept].min() < top_p + 1e-6
  assert full[kept].min() >= full[~kept].max(initial=0)


@settings(max_examples=50, deadline=None)
@given(logits_of, st.floats(0.01, 0.99))
def test_min_p_keeps_what_is_near_the_likeliest(logits, min_p):
  full = np.asarray(jax.nn.softmax(logits), np.float64)
  kept = np.asarray(sharp(logits, Controls(min_p=min_p))) > 0
  assert (full[kept] >= min_p * full.max() - 1e-6).all()
  assert (full[~kept] < min_p * full.max() + 1e-6).all()


def test_temperature_divides_the_logits_of_each_row():
  logits = normal(0, 2, 6)
  temperature = jnp.array([0.5, 2.0])
  np.testing.assert_allclose(
    sharp(logits, Controls(temperature=temperature)),
    jax.nn.softmax(logits / temperature[:, None]),
    rtol=1e-6,
  )


def test_a_tail_of_many_survives_top_p_of_one():
  # In float32 the running sum of these is 1 long before the end.
  logits = np.linspace(0, -30, 2000, dtype=np.float32)
  assert np.isfinite(filter_logits(logits, Controls(top_p=1.0))).all()
