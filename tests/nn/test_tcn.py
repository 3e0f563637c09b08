"""The causal convolutional net against a naive sum, and its own laws."""

from hypothesis import given, settings, strategies as st
import jax
from jax.extend import core
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.nn.conv import causal_conv
from musiczoo.nn.tcn import TCN


def normal(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape, np.float32)


def build(rows=3, steps=17, hidden=8, layers=2, kernel=3, **options):
  """(net, variables, x); no bias is zero. Longer than the longest ring."""
  net = TCN(hidden, layers, kernel, **options)
  x = normal(0, rows, steps, 5)
  variables = jax.eval_shape(net.init, jax.random.key(1), x)
  noise = lambda a: 0.5 * normal(a.size, *a.shape)
  return net, jax.tree.map(noise, variables), x


def close(a, b, tolerance=1e-5):
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(
      a, b, rtol=tolerance, atol=tolerance
    ),
    a,
    b,
  )


def naive(x_TxD, w_KxDxH, dilation):
  """One row, as the formula has it: y_t = sum_k x_{t - (K-1-k) d} W_k."""
  y_TxH = np.zeros((len(x_TxD), w_KxDxH.shape[-1]))
  for t in range(len(x_TxD)):
    for k, w_DxH in enumerate(w_KxDxH):
      source = t - (len(w_KxDxH) - 1 - k) * dilation
      if source >= 0:
        y_TxH[t] += x_TxD[source] @ w_DxH
  return y_TxH


@settings(max_examples=4, deadline=None)
@given(
  steps=st.integers(1, 9),
  kernel=st.integers(2, 4),
  dilation=st.sampled_from([1, 2, 8]),
  seed=st.integers(0, 99),
)
def test_equals_a_naive_sum(steps, kernel, dilation, seed):
  x, w = normal(seed, 2, steps, 3), normal(seed + 1, kernel, 3, 4)
  wanted = np.stack([naive(row, w, dilation) for row in x])
  y, pull = jax.vjp(lambda x, w: causal_conv(x, w, dilation), x, w)
  close(y, wanted)
  # Linear in x and in w, so each gradient is known by what it does to either.
  dy, dx, dw = (
    normal(seed + 2, *y.shape),
    *(normal(7, *a.shape) for a in (x, w)),
  )
  gx, gw = pull(dy)
  row = lambda x, w: np.stack([naive(r, w, dilation) for r in x])
  close((gx * dx).sum(), (row(dx, w) * dy).sum(), 1e-3)
  close((gw * dw).sum(), (row(x, dw) * dy).sum(), 1e-3)


def test_steps_equal_the_whole():
  net, variables, x = build()
  step = lambda carry, now: net.apply(variables, carry, now, method='step')
  start = net.apply(variables, 3, method='start')
  carry, y = jax.lax.scan(step, start, jnp.swapaxes(x, 0, 1))
  close(jax.jit(net.apply)(variables, x), (jnp.swapaxes(y, 0, 1), carry))


@pytest.mark.parametrize('begun', [2, 11])
def test_a_carry_continues_the_piece(begun):
  net, variables, x = build()
  whole, _ = jax.jit(net.apply)(variables, x)
  _, carry = jax.jit(net.apply)(variables, x[:, :begun])
  step = lambda carry, now: net.apply(variables, carry, now, method='step')
  _, y = jax.lax.scan(step, carry, jnp.swapaxes(x[:, begun:], 0, 1))
  close(jnp.swapaxes(y, 0, 1), whole[:, begun:])


@pytest.mark.parametrize(
  'layers,kernel,reach', [(2, 2, 7), (1, 4, 7), (2, 3, 13)]
)
def test_its_receptive_field_is_as_long_as_stated_and_causal(
  layers, kernel, reach
):
  net, variables, x = build(layers=layers, kernel=kernel)
  y_T = lambda x: net.apply(variables, x)[0][:, :, 0].sum(0)
  gradient_TxBxTxD = jax.jit(jax.jacrev(y_T))(x)
  depends_TxT = np.abs(gradient_TxBxTxD).sum((1, 3)) > 0
  num = x.shape[1]
  wanted = np.tri(num) - np.tri(num, k=-reach)
  np.testing.assert_array_equal(depends_TxT, wanted > 0)


def test_dropout_is_locked_and_belongs_to_the_row():
  net, variables, x = build(rows=8, hidden=32, dropout=0.25)
  keys = jax.random.split(jax.random.key(2), 8)
  apply = jax.jit(net.apply)
  noisy, _ = apply(variables, x, keys=keys)
  dropped = (noisy == 0).all(1)
  np.testing.assert_array_equal((noisy == 0).any(1), dropped)
  assert 0.15 < dropped.mean() < 0.35
  assert (dropped[0] != dropped[1]).any()
  alone, _ = apply(variables, x[5:], keys=keys[5:])
  close(alone, noisy[5:])
  clean, _ = jax.jit(net.apply)(variables, x)
  # Inside, too: what is kept at the end is not just the clean net's.
  assert np.abs(noisy - clean / 0.75)[noisy != 0].max() > 1e-2


def test_a_block_drops_what_its_convolutions_say():
  net, variables, x = build(hidden=4, layers=1)
  x = normal(3, 3, 9, 4)
  first, second = np.zeros((3, 1, 4)), np.ones((3, 1, 4))
  second[0, 0, 2] = 0

  @jax.jit
  def added(*kept):
    block = lambda net, x: net.blocks[0](x, kept)[0]
    return net.apply(variables, x, method=block) - x

  assert (added(second, second)[0, :, 2] == 0).all()
  assert (added(second, second)[1:] != 0).all()
  # After a convolution of zeros the next one depends on no step.
  y = added(first, np.ones((3, 1, 4)))
  close(y[:, 8:], jnp.broadcast_to(y[:, 8:], y[:, 8:].shape))


def equations(jaxpr):
  for eqn in jaxpr.eqns:
    yield eqn
    for inner in core.jaxprs_in_params(eqn.params):
      yield from equations(inner)


def test_every_convolution_has_its_channels_last():
  """What has not is no fast program inside the loop over train steps."""
  net, variables, x = build()
  grad = jax.grad(lambda v: net.apply(v, x)[0].sum())
  specs = [
    tuple(eqn.params['dimension_numbers'])
    for eqn in equations(jax.make_jaxpr(grad)(variables).jaxpr)
    if eqn.primitive.name == 'conv_general_dilated'
  ]
  assert specs and set(specs) == {((0, 2, 1), (2, 1, 0), (0, 2, 1))}


def test_remat_keeps_less_and_changes_nothing():
  net, variables, x = build(dropout=0.25)
  keys = jax.random.split(jax.random.key(2), 3)

  def grads(net):
    loss = lambda v: (net.apply(v, x, keys=keys)[0] ** 2).sum()
    return jax.jit(jax.grad(loss))(variables)

  def kept(net):
    said = lambda v: net.apply(v, x, keys=keys)[0]
    pull = jax.eval_shape(lambda v: jax.vjp(said, v)[1], variables)
    return sum(a.size for a in jax.tree.leaves(pull))

  frugal = net.clone(remat=True)
  close(grads(frugal), grads(net))
  assert kept(frugal) < 0.6 * kept(net)


def test_bfloat16_stays_near_float32():
  net, variables, x = build(hidden=16)
  half = net.clone(dtype=jnp.bfloat16)
  y, carry = jax.eval_shape(half.apply, variables, x)
  start = half.apply(variables, 3, method='start')
  shape = lambda tree: jax.tree.map(lambda a: (a.shape, a.dtype), tree)
  assert y.dtype == jnp.bfloat16 and shape(carry) == shape(start)

  def grads(net):
    loss = lambda v: jnp.sin(net.apply(v, x)[0].astype(jnp.float32)).sum()
    return jax.jit(jax.grad(loss))(variables)

  def check(a, b):
    assert b.dtype == jnp.float32
    assert jnp.linalg.norm(a - b) < 0.05 * jnp.linalg.norm(a)

  jax.tree.map(check, grads(net), grads(half))


def test_parameters_at_the_start():
  net, _, _ = build()
  init = lambda: net.init(jax.random.key(0), jnp.zeros((1, 1, 5)))
  leaves = jax.tree.leaves(jax.eval_shape(init))
  # (5 + 1) * 8 + 4 * ((3 * 8 + 1) * 8 + 2 * 8) + 2 * 8. A new count means old
  # checkpoints no longer fit.
  assert sum(a.size for a in leaves) == 928
  assert all(a.dtype == jnp.float32 for a in leaves)
