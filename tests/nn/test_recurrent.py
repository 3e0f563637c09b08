"""The recurrent core against torch, a naive scan, and its own laws."""

import functools
import pathlib
import types

from hypothesis import given, settings, strategies as st
import jax
from jax.experimental import rnn
from jax.extend import core
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.nn.recurrent import (
  backends,
  CELLS,
  layer as layers,
  pallas,
  Recurrent,
)

GOLDEN = pathlib.Path(__file__).parents[1] / 'golden' / 'recurrent.npz'

each_cell = pytest.mark.parametrize('cell', list(CELLS))


def normal(seed, *shape):
  return np.random.default_rng(seed).standard_normal(shape, np.float32)


def build(cell='lstm', rows=3, steps=6, depth=5, hidden=4, layers=2, **options):
  """(net, variables, x); no bias is zero."""
  net = Recurrent(cell, hidden, layers, **options)
  x = normal(0, rows, steps, depth)
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


def differentiate(function, cotangents, *args):
  """(value, gradients), compiled: op by op all this would take minutes."""

  @jax.jit
  def run(args, cotangents):
    value, pull = jax.vjp(function, *args)
    return value, pull(cotangents)

  return run(args, cotangents)


def naive(cell, x_TxD, w, u, b, state):
  """One row through one layer, as a text book has it: -> (y_TxH, state)."""
  gate = lambda m, k: jnp.split(m, m.shape[-1] // state[0].size, -1)[k]

  def step(state, x):
    h = state[0]
    if cell == 'rnn':
      h = jnp.tanh(x @ w + h @ u + b)
      return (h,), h
    if cell == 'lstm':
      z = x @ w + h @ u + b
      i, f, o = (jax.nn.sigmoid(gate(z, k)) for k in (0, 1, 3))
      c = f * state[1] + i * jnp.tanh(gate(z, 2))
      h = o * jnp.tanh(c)
      return (h, c), h
    r, z = (
      jax.nn.sigmoid(x @ gate(w, k) + h @ gate(u, k) + gate(b, k))
      for k in (0, 1)
    )
    m = h @ gate(u, 2) + gate(b, 3)
    n = jnp.tanh(x @ gate(w, 2) + gate(b, 2) + r * m)
    h = (1 - z) * n + z * h
    return (h,), h

  state, y = jax.lax.scan(step, state, x_TxD)
  return y, state


@each_cell
def test_equals_torch(cell):
  golden = {
    name.removeprefix(f'{cell}/'): jnp.asarray(a)
    for name, a in np.load(GOLDEN).items()
    if name.startswith(f'{cell}/')
  }
  states = ('h', 'c')[: CELLS[cell].states]
  layers, _, hidden = golden['h0'].shape

  def ours(tensors):
    """Our parameters and carry of what torch calls its own."""
    params, carry = {}, []
    for i in range(layers):
      params[f'input_{i}'] = tensors[f'weight_ih_l{i}'].T
      params[f'recurrent_{i}'] = tensors[f'weight_hh_l{i}'].T
      # The two biases of torch are one, but for that which r multiplies.
      b_ih, b_hh = tensors[f'bias_ih_l{i}'], tensors[f'bias_hh_l{i}']
      shared = 2 * hidden if cell == 'gru' else b_ih.size
      params[f'bias_{i}'] = jnp.concatenate(
        [b_ih[:shared] + b_hh[:shared], b_ih[shared:], b_hh[shared:]]
      )
      carry.append(tuple(tensors[f'{s}0'][i] for s in states))
    return {'params': params}, tuple(carry)

  def run(tensors):
    variables, carry = ours(tensors)
    net = Recurrent(cell, hidden, layers)
    y, last = net.apply(variables, tensors['x'], carry=carry)
    last = {s: jnp.stack([l[k] for l in last]) for k, s in enumerate(states)}
    return {'y': y} | last

  of = {n.removeprefix('grad_') for n in golden if n.startswith('grad_')}
  cotangents = {n: golden[f'ct_{n}'] for n in ('y', *states)}
  out, grads = differentiate(run, cotangents, {n: golden[n] for n in of})
  close(out, {n: golden[n] for n in out})
  close(grads, ({n: golden[f'grad_{n}'] for n in of},))


@each_cell
@settings(max_examples=4, deadline=None)
@given(
  steps=st.integers(1, 9),
  rows=st.integers(1, 4),
  depth=st.integers(1, 6),
  hidden=st.integers(1, 6),
  seed=st.integers(0, 99),
)
def test_equals_a_naive_scan(cell, steps, rows, depth, hidden, seed):
  kind = CELLS[cell]
  args = (
    normal(seed, steps, rows, depth),
    normal(seed + 1, depth, len(kind.input_gates) * hidden),
    normal(seed + 2, hidden, len(kind.recurrent_gates) * hidden),
    normal(seed + 3, len(kind.bias) * hidden),
    tuple(normal(seed + 4, kind.states, rows, hidden)),
  )
  ours = lambda *a: layers.layer('scan', kind, *a, None)
  theirs = jax.vmap(
    lambda *a: naive(cell, *a), (1, None, None, None, 0), (1, 0)
  )
  out = jax.eval_shape(ours, *args)
  cotangents = jax.tree.map(lambda o: normal(seed + 5, *o.shape), out)
  a, da = differentiate(ours, cotangents, *args)
  b, db = differentiate(theirs, cotangents, *args)
  close(a, b)
  # To float32's rounding, which grows with the sums.
  close(da, db, 1e-4)


@each_cell
def test_steps_equal_the_whole(cell):
  net, variables, x = build(cell, residual=True)
  step = lambda carry, now: net.apply(variables, carry, now, method='step')
  carry, y = jax.lax.scan(step, net.start(3), jnp.swapaxes(x, 0, 1))
  close(jax.jit(net.apply)(variables, x), (jnp.swapaxes(y, 0, 1), carry))


@each_cell
def test_a_carry_continues_the_piece(cell):
  net, variables, x = build(cell)
  apply = jax.jit(net.apply)
  y, whole = apply(variables, x)
  begin, carry = apply(variables, x[:, :2])
  end, carry = apply(variables, x[:, 2:], carry=carry)
  close((jnp.concatenate([begin, end], 1), carry), (y, whole))


@each_cell
def test_padding_changes_nothing(cell):
  net, variables, x = build(cell, rows=2)
  lengths = (2, 6)
  mask = jnp.arange(6) < jnp.array(lengths)[:, None]

  def padded(variables, x):
    y, carry = net.apply(variables, x, mask=mask)
    return (jnp.sin(y) * mask[..., None]).sum(), carry

  def piece_by_piece(variables, x):
    pieces = [
      net.apply(variables, x[i : i + 1, :length])
      for i, length in enumerate(lengths)
    ]
    carries = [carry for _, carry in pieces]
    carry = jax.tree.map(lambda *c: jnp.concatenate(c), *carries)
    return sum(jnp.sin(y).sum() for y, _ in pieces), carry

  def both(function):
    def total(variables, x):
      loss, carry = function(variables, x)
      return loss + sum(a.sum() for a in jax.tree.leaves(carry)), carry

    grad = jax.value_and_grad(total, (0, 1), has_aux=True)
    return jax.jit(grad)(variables, x)

  close(both(padded), both(piece_by_piece))


@each_cell
def test_no_step_depends_on_the_future(cell):
  net, variables, x = build(cell)
  y_T = lambda x: net.apply(variables, x)[0].sum((0, 2))
  heard_TxBxTxD = jax.jit(jax.jacrev(y_T))(x)
  heard_TxT = np.abs(heard_TxBxTxD).sum((1, 3)) > 0
  np.testing.assert_array_equal(heard_TxT, np.tri(6) > 0)


def test_dropout_is_locked_and_belongs_to_the_row():
  net, variables, x = build('rnn', rows=8, hidden=64, layers=1, dropout=0.25)
  keys = jax.random.split(jax.random.key(2), 8)
  apply = jax.jit(net.apply)
  clean, _ = apply(variables, x)
  noisy, _ = apply(variables, x, keys=keys)
  ratio = noisy / clean
  close(ratio, jnp.broadcast_to(ratio[:, :1], ratio.shape))
  kept = ratio[:, 0] > 0
  close(ratio[:, 0][kept], jnp.full(kept.sum(), 1 / 0.75))
  assert 0.65 < kept.mean() < 0.85
  assert (kept[0] != kept[1]).any()
  alone, _ = apply(variables, x[5:], keys=keys[5:])
  close(alone, noisy[5:])


def test_residual_adds_a_layers_input():
  net, variables, x = build('gru', layers=3)
  names = ('input', 'recurrent', 'bias')
  for name in names:
    # A GRU without weights adds nothing, so that only the first counts.
    for i in (1, 2):
      a = jnp.zeros_like(variables['params'][f'{name}_{i}'])
      variables['params'][f'{name}_{i}'] = a
  first = Recurrent('gru', 4, 1)
  params = {f'{n}_0': variables['params'][f'{n}_0'] for n in names}
  alone, _ = first.apply({'params': params}, x)
  close(net.clone(residual=True).apply(variables, x)[0], alone)
  close(net.apply(variables, x)[0], jnp.zeros_like(alone))


@pytest.mark.parametrize(
  'cell, size', [('rnn', 84), ('lstm', 336), ('gru', 260)]
)
def test_parameters_at_the_start(cell, size):
  net = Recurrent(cell, 4, 2)
  params = net.init(jax.random.key(0), jnp.zeros((1, 1, 7)))['params']
  leaves = jax.tree.leaves(params)
  # rnn: (7 + 4 + 1) * 4 + (4 + 4 + 1) * 4, and so on. A new count means old
  # checkpoints no longer fit.
  assert sum(a.size for a in leaves) == size
  assert all(a.dtype == jnp.float32 for a in leaves)
  for u in jnp.split(
    params['recurrent_1'], len(CELLS[cell].recurrent_gates), 1
  ):
    close(u @ u.T, jnp.eye(4))
  if cell == 'lstm':
    assert params['bias_0'].tolist() == [0] * 4 + [1] * 4 + [0] * 8


@each_cell
def test_bfloat16_stays_near_float32(cell):
  net, variables, x = build(cell, hidden=16)
  half = net.clone(dtype=jnp.bfloat16)
  assert half.apply(variables, x)[0].dtype == jnp.bfloat16
  leaves = jax.tree.leaves(half.apply(variables, x)[1])
  assert all(a.dtype == jnp.float32 for a in leaves)

  def grads(net):
    loss = lambda v: net.apply(v, x)[0].astype(jnp.float32).sum()
    return jax.jit(jax.grad(loss))(variables)

  def check(a, b):
    assert b.dtype == jnp.float32
    assert jnp.linalg.norm(a - b) < 0.05 * jnp.linalg.norm(a)

  jax.tree.map(check, grads(net), grads(half))


def test_a_small_change_is_not_lost_in_a_bfloat16_net():
  """A GRU that moves by 1 / 3,000 of the way per step, for 2,000 steps."""
  net = Recurrent('gru', 1, 1, dtype=jnp.bfloat16)
  x = jnp.zeros((1, 2000, 1))
  variables = jax.tree.map(
    jnp.zeros_like, jax.eval_shape(net.init, jax.random.key(0), x)
  )
  variables['params']['bias_0'] = jnp.array([0.0, 8.0, 1.0, 0.0])
  _, ((h,),) = jax.jit(net.apply)(variables, x)
  wanted = np.tanh(1) * (1 - (1 / (1 + np.exp(-8))) ** 2000)
  assert h.item() == pytest.approx(wanted, rel=1e-2)


@each_cell
def test_the_backward_loop_carries_state_gradients_alone(cell):
  net, variables, x = build(cell, rows=3, hidden=4, layers=1)
  loss = lambda v: net.apply(v, x)[0].sum()
  loops = [
    eqn
    for eqn in equations(jax.make_jaxpr(jax.grad(loss))(variables).jaxpr)
    if eqn.primitive.name == 'scan' and eqn.params['reverse']
  ]
  (scan,) = loops
  loop = scan.params
  # What is carried has the shape it has in the body; the rest is stacked.
  body = getattr(loop['jaxpr'], 'jaxpr', loop['jaxpr'])
  num_carry = sum(
    whole.aval.shape == part.aval.shape
    for whole, part in zip(scan.outvars, body.outvars)
  )
  assert num_carry == CELLS[cell].states
  made = [
    eqn.outvars[0].aval.shape
    for eqn in equations(body)
    if eqn.primitive.name == 'dot_general'
  ]
  assert set(made) == {(3, 4)}


def equations(jaxpr):
  for eqn in jaxpr.eqns:
    yield eqn
    for inner in core.jaxprs_in_params(eqn.params):
      yield from equations(inner)


def test_one_result_under_every_transformation():
  net, variables, x = build('lstm', rows=8)

  def loss(variables, x):
    return (net.apply(variables, x)[0] ** 2).sum()

  grad = jax.grad(loss)
  wanted = jax.jit(grad)(variables, x)
  remat = jax.grad(jax.checkpoint(loss))
  close(jax.jit(remat)(variables, x), wanted)

  add = lambda tree: jax.tree.map(lambda a: a.sum(0), tree)
  rows = jax.vmap(grad, (None, 0))
  close(add(jax.jit(rows)(variables, x[:, None])), wanted)
  seeds = jax.tree.map(lambda a: np.stack([a, 2 * a]), variables)
  both = jax.jit(jax.vmap(grad, (0, None)))(seeds, x)
  close(jax.tree.map(lambda a: a[0], both), wanted)

  num = jax.device_count()
  shards = x.reshape(num, -1, *x.shape[1:])
  close(add(jax.pmap(grad, in_axes=(None, 0))(variables, shards)), wanted)
  auto = (jax.sharding.AxisType.Auto,)
  mesh = jax.make_mesh((num,), ('data',), axis_types=auto)
  spec = jax.sharding.PartitionSpec
  sharded = jax.shard_map(
    lambda v, x: jax.lax.psum(grad(v, x), 'data'),
    mesh=mesh,
    in_specs=(spec(), spec('data')),
    out_specs=spec(),
    check_vma=False,
  )
  close(jax.jit(sharded)(variables, x), wanted)


@each_cell
@pytest.mark.parametrize('masked', [False, True])
@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_kernels_equal_the_scan(cell, masked, dtype, monkeypatch):
  loops = {
    name: functools.partial(getattr(pallas, name), interpret=True)
    for name in ('forward', 'backward')
  }
  monkeypatch.setitem(layers.LOOPS, 'pallas', types.SimpleNamespace(**loops))
  monkeypatch.setattr(pallas, 'fits', lambda *size: True)
  mask = normal(2, 3, 6) > 0 if masked else None
  # Of bfloat16 the last bits differ where sums are added in another order.
  tolerance = 1e-5 if dtype == 'float32' else 0.05
  equal_backends('scan', 'pallas', cell, jnp.dtype(dtype), mask, tolerance)


def equal_backends(one, other, cell, dtype, mask, tolerance):
  """Asserts that values and all gradients of two back ends are the same."""
  found = []
  for backend in one, other:
    net, variables, x = build(cell, dtype=dtype, backend=backend)
    carry = jax.tree.map(lambda a: normal(3, *a.shape), net.start(3))
    run = functools.partial(_apply, net, mask)
    shapes = jax.eval_shape(run, variables, x, carry)
    cotangents = jax.tree.map(
      lambda a: jnp.asarray(normal(4, *a.shape), a.dtype), shapes
    )
    found.append(differentiate(run, cotangents, variables, x, carry))
  close(*jax.tree.map(lambda a: np.asarray(a, np.float32), found), tolerance)


def _apply(net, mask, variables, x, carry):
  return net.apply(variables, x, carry=carry, mask=mask)


def test_cudnn_is_given_our_weights(monkeypatch):
  """By the equations that JAX states for it: here is no GPU."""

  def reference(x, h, c, weights, lengths, **sizes):
    numbers = [sizes[f'{n}_size'] for n in ('input', 'hidden')] + [1, False]
    parts = rnn.unpack_lstm_weights(weights, *numbers)
    return rnn.lstm_ref(x, h, c, *parts, lengths, *numbers[:3], 0.0, False)

  monkeypatch.setattr(rnn, 'lstm', reference)
  monkeypatch.setattr(jax, 'default_backend', lambda: 'gpu')
  equal_backends('scan', 'cudnn', 'lstm', jnp.dtype('float32'), None, 1e-5)


@each_cell
def test_the_device_chooses(cell, monkeypatch):
  def chosen(*size, asked='auto', dtype='float32', masked=False):
    return backends.choose(asked, cell, size, dtype, masked=masked)

  size = 16, 8, 128
  assert chosen(*size) == 'scan'
  assert chosen(*size, asked='pallas') == 'pallas'
  monkeypatch.setattr(jax, 'default_backend', lambda: 'tpu')
  assert chosen(*size) == 'pallas'
  assert chosen(*size, asked='scan') == 'scan'
  # Sizes that are no whole tiles, weights beyond the memory.
  for other in (16, 7, 128), (16, 8, 100), (16, 8, 8192):
    assert chosen(*other) == 'scan'
    with pytest.raises(UserError, match='kernels'):
      chosen(*other, asked='pallas')
  # A step of sampling, and what an export leaves open.
  rows, steps = jax.export.symbolic_shape('b, t')
  for asked in (*backends.NAMES, backends.PALLAS):
    assert chosen(1, 8, 128, asked=asked) == 'scan'
    assert chosen(steps, rows, 128, asked=asked) == 'scan'
  with pytest.raises(UserError, match='on a tpu'):
    chosen(*size, asked='cudnn')
  monkeypatch.setattr(jax, 'default_backend', lambda: 'gpu')
  assert chosen(*size) == 'scan'
  if cell == 'lstm':
    assert chosen(*size, asked='cudnn') == 'cudnn'
  for refused in {'dtype': 'bfloat16'}, {'masked': True}:
    with pytest.raises(UserError, match='cudnn'):
      chosen(*size, asked='cudnn', **refused)
