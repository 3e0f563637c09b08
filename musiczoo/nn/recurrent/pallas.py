"""The loops of a recurrent layer as kernels for TPUs.

The recurrent weights stay in the chip's vector memory for all steps; a scan reads
them from HBM at each. The state is in that memory, too, while what a step needs
and gives streams in and out.

Shapes: T steps, B rows, H units; a block is one step of an array [T, B, H].
"""

import functools

import jax
from jax.experimental import pallas as pl
from jax.experimental.pallas import tpu as pltpu
import jax.numpy as jnp

from musiczoo.nn.recurrent.cells import cast

# Bytes of vector memory that the kernels may use: v5p has 64 MiB, v5e, v6e 128.
MEMORY = 56 * 2**20


def fits(cell, rows: int, hidden: int, dtype) -> bool:
  """Whether the kernels can compute a layer of this size.

  Blocks are whole tiles of vector memory, and all that a step needs is there
  twice, so that the next is read while one is computed.
  """
  dtype = jnp.dtype(dtype)
  tile = 8 * 4 // dtype.itemsize
  weights = hidden * hidden * len(cell.recurrent_gates) * dtype.itemsize
  blocks = 2 * (2 * len(cell.bias) + cell.states + 1) * rows * hidden
  size = weights + blocks * dtype.itemsize + 6 * cell.states * rows * hidden * 4
  whole = hidden % 128 == 0 and rows % tile == 0
  return whole and size <= MEMORY


def forward(cell, inputs, u_HxGH, b_PH, state, mask_TxB, *, interpret=False):
  """As of `scan.forward`."""
  steps, rows, hidden = inputs[cell.input_gates[0]].shape
  dtype, f32 = u_HxGH.dtype, jnp.float32

  def kernel(inputs, u, b, state, mask, y, p, before, last, now):
    @pl.when(pl.program_id(0) == 0)
    def _():
      for scratch, initial in zip(now, state):
        scratch[...] = initial[...]

    values = tuple(scratch[...] for scratch in now)
    h = values[0].astype(dtype)
    terms = {k: a[0].astype(f32) for k, a in inputs.items()}
    for i, k in enumerate(cell.recurrent_gates):
      product = _dot(h, u[:, i * hidden : (i + 1) * hidden], ((1,), (0,)))
      term = terms[k] if k in terms else b[k : k + 1]
      terms[k] = term + product
    after = _advance(cell, terms, values, mask)
    y[0] = after[0].astype(dtype)
    for k, a in p.items():
      a[0] = terms[k].astype(dtype)
    for a, value in zip(before, values):
      a[0] = value.astype(dtype)
    for scratch, end, value in zip(now, last, after):
      scratch[...] = end[...] = value

  block = _block(rows, hidden, lambda t: t)
  states, gates = range(cell.states), cell.recurrent_gates
  shape = jax.ShapeDtypeStruct((steps, rows, hidden), dtype)
  state_shape = jax.ShapeDtypeStruct((rows, hidden), f32)
  y, p, before, last = _call(
    kernel,
    (
      inputs,
      u_HxGH,
      b_PH.reshape(-1, hidden),
      tuple(state),
      _mask_as_numbers(mask_TxB),
    ),
    (
      dict.fromkeys(inputs, block),
      _whole(u_HxGH.shape),
      _whole((len(cell.bias), hidden)),
      tuple(_whole(s.shape) for s in state),
      _mask_block(mask_TxB, lambda t: t),
    ),
    (
      shape,
      dict.fromkeys(gates, shape),
      tuple(shape for _ in states),
      tuple(state_shape for _ in states),
    ),
    (
      block,
      dict.fromkeys(gates, block),
      tuple(block for _ in states),
      tuple(_whole((rows, hidden)) for _ in states),
    ),
    cell.states,
    interpret,
  )
  return (y, last), (inputs | p, before)


def backward(
  cell, u_HxGH, p, before, mask_TxB, dy_TxBxH, dstate, *, interpret=False
):
  """As of `scan.backward`."""
  steps, rows, hidden = dy_TxBxH.shape
  dtype, f32 = u_HxGH.dtype, jnp.float32

  def kernel(u, p, before, mask, dy, dlast, dp, dfirst, now):
    @pl.when(pl.program_id(0) == 0)
    def _():
      for scratch, initial in zip(now, dlast):
        scratch[...] = initial[...]

    values = {k: a[0].astype(f32) for k, a in p.items()}
    states = tuple(a[0].astype(f32) for a in before)
    step = functools.partial(_advance, cell, mask=mask)
    _, pull = jax.vjp(step, values, states)
    dh, *rest = (scratch[...] for scratch in now)
    grads, (dh, *rest) = pull((dh + dy[0].astype(f32), *rest))
    grads = cast(grads, dtype)
    for i, k in enumerate(cell.recurrent_gates):
      part = u[:, i * hidden : (i + 1) * hidden]
      dh += _dot(grads[k], part, ((1,), (1,)))
    for k, a in dp.items():
      a[0] = grads[k]
    for scratch, end, value in zip(now, dfirst, (dh, *rest)):
      scratch[...] = end[...] = value

  block = _block(rows, hidden, lambda t: steps - 1 - t)
  whole = _whole((rows, hidden))
  shape = jax.ShapeDtypeStruct((steps, rows, hidden), dtype)
  dp, dfirst = _call(
    kernel,
    (u_HxGH, p, before, _mask_as_numbers(mask_TxB), dy_TxBxH, tuple(dstate)),
    (
      _whole(u_HxGH.shape),
      dict.fromkeys(p, block),
      tuple(block for _ in before),
      _mask_block(mask_TxB, lambda t: steps - 1 - t),
      block,
      tuple(whole for _ in dstate),
    ),
    (
      dict.fromkeys(p, shape),
      tuple(jax.ShapeDtypeStruct((rows, hidden), f32) for _ in dstate),
    ),
    (dict.fromkeys(p, block), tuple(whole for _ in dstate)),
    cell.states,
    interpret,
  )
  return dfirst, dp


def _call(kernel, args, in_specs, out_shape, out_specs, states, interpret):
  """The kernel at each step in turn, with a State that it carries."""
  steps = jax.tree.leaves(out_shape)[0].shape[0]
  shape = next(s.shape for s in jax.tree.leaves(out_shape) if len(s.shape) == 2)
  return pl.pallas_call(
    kernel,
    grid=(steps,),
    in_specs=in_specs,
    out_specs=out_specs,
    out_shape=out_shape,
    scratch_shapes=[
      tuple(pltpu.VMEM(shape, jnp.float32) for _ in range(states))
    ],
    compiler_params=pltpu.CompilerParams(
      dimension_semantics=('arbitrary',), vmem_limit_bytes=MEMORY
    ),
    interpret=interpret,
  )(*args)


def _block(rows, hidden, at):
  """Of an array [T, B, H] the step at(t) is in vector memory."""
  return pl.BlockSpec((1, rows, hidden), lambda t: (at(t), 0, 0))


def _whole(shape):
  """The whole array is in vector memory, once, for all steps."""
  return pl.BlockSpec(
    shape, lambda t: (0,) * len(shape), pipeline_mode=pl.Buffered(1)
  )


def _mask_as_numbers(mask_TxB):
  return None if mask_TxB is None else mask_TxB[..., None].astype(jnp.float32)


def _mask_block(mask_TxB, at):
  return None if mask_TxB is None else _block(mask_TxB.shape[1], 1, at)


def _advance(cell, p, state, mask):
  """`advance`, with the mask as a block [1, B, 1] of numbers."""
  after = cell.update(p, state)
  if mask is None:
    return after
  real = mask[0]
  return jax.tree.map(lambda a, b: real * a + (1 - real) * b, after, state)


def _dot(a, b, contracted):
  return jax.lax.dot_general(
    a, b, (contracted, ((), ())), preferred_element_type=jnp.float32
  )
