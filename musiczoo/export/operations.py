"""JAX's operations -> those of ONNX: a table, with a function for each.

Each is called as (graph, eqn, *values) and returns the value of its output, or
a list of them. Only what the nets of the zoo are made of is here.
"""

import numpy as np

from musiczoo.export.graph import Graph, type_of


def _same(op):
  return lambda graph, eqn, *values: graph.node(op, *values)


def _not(op):
  return lambda graph, eqn, *values: graph.node('Not', graph.node(op, *values))


def _power(graph, eqn, x):
  if eqn.params['y'] == 2:
    return graph.node('Mul', x, x)
  dtype = eqn.invars[0].aval.dtype
  return graph.node('Pow', x, np.array(eqn.params['y'], dtype))


def _cast(graph, eqn, x):
  return graph.node('Cast', x, to=type_of(eqn.params['new_dtype']))


def _where(graph, eqn, which, *cases):
  return graph.node('Where', which, cases[1], cases[0])


def _mod(graph, eqn, a, b):
  return graph.node('Mod', a, b, fmod=1)


def _rsqrt(graph, eqn, x):
  return graph.node('Reciprocal', graph.node('Sqrt', x))


def _reduce(op):
  def reduce(graph, eqn, x):
    axes = np.array(eqn.params['axes'], np.int64)
    return graph.node(op, x, axes, keepdims=0)

  return reduce


def _all(graph, eqn, x):
  number = graph.node('Cast', x, to=type_of(np.int32))
  axes = np.array(eqn.params['axes'], np.int64)
  least = graph.node('ReduceMin', number, axes, keepdims=0)
  return graph.node('Cast', least, to=type_of(bool))


def _cumsum(graph, eqn, x):
  axis = np.array(eqn.params['axis'], np.int64)
  return graph.node('CumSum', x, axis, reverse=int(eqn.params['reverse']))


def _broadcast(graph: Graph, eqn, x):
  shape = eqn.params['shape']
  places = eqn.params['broadcast_dimensions']
  before = eqn.invars[0].aval.shape
  ones = [1] * len(shape)
  for place, size in zip(places, before):
    ones[place] = size
  if len(ones) != len(before):
    x = graph.reshape(x, ones)
  return (
    x if _equal(ones, shape) else graph.node('Expand', x, graph.shape(shape))
  )


def _equal(a, b):
  return len(a) == len(b) and all(str(x) == str(y) for x, y in zip(a, b))


def _reshape(graph, eqn, x, *sizes):
  return graph.reshape(x, eqn.outvars[0].aval.shape)


def _transpose(graph, eqn, x):
  return graph.node('Transpose', x, perm=list(eqn.params['permutation']))


def _concatenate(graph, eqn, *values):
  return graph.node('Concat', *values, axis=eqn.params['dimension'])


def _slice(graph, eqn, x):
  starts, ends = eqn.params['start_indices'], eqn.params['limit_indices']
  strides = eqn.params['strides'] or (1,) * len(starts)
  sizes = eqn.invars[0].aval.shape
  axes = [
    a
    for a, cut in enumerate(zip(starts, ends, strides))
    if not _equal(cut, (0, sizes[a], 1))
  ]
  if not axes:
    return x
  chosen = lambda of: [of[a] for a in axes]
  return graph.node(
    'Slice',
    x,
    graph.shape(chosen(starts)),
    graph.shape(chosen(ends)),
    np.array(axes, np.int64),
    np.array(chosen(strides), np.int64),
  )


def _split(graph, eqn, x):
  sizes, axis = eqn.params['sizes'], eqn.params['axis']
  if len(sizes) == 1:
    return [x]
  sizes = np.array(sizes, np.int64)
  return graph.node('Split', x, sizes, outputs=len(sizes), axis=axis)


def _pad(graph, eqn, x, value):
  """Also by less than nothing, which cuts."""
  low, high, inner = zip(*eqn.params['padding_config'])
  assert not any(inner), 'dilated padding'
  pads = np.array(np.maximum([*low, *high], 0), np.int64)
  x = graph.node('Pad', x, pads, value) if pads.any() else x
  cuts = [
    (a, -min(lo, 0), min(hi, 0)) for a, (lo, hi) in enumerate(zip(low, high))
  ]
  for axis, begin, end in cuts:
    if begin or end:
      x = graph.node(
        'Slice',
        x,
        *(np.array([v], np.int64) for v in (begin, end or 2**31, axis)),
      )
  return x


def _dot(graph, eqn, a, b):
  (of_a, of_b), (batch_a, batch_b) = eqn.params['dimension_numbers']
  rank_a, rank_b = (len(v.aval.shape) for v in eqn.invars)
  if tuple(of_a) == (rank_a - 1,) and tuple(of_b) == (0,) and rank_b == 2:
    return graph.node('MatMul', a, b)
  letters = iter('abcdefghijklmnop')
  name_a, name_b = [None] * rank_a, [None] * rank_b
  for i, j in [*zip(batch_a, batch_b), *zip(of_a, of_b)]:
    name_a[i] = name_b[j] = next(letters)
  name_a = [n or next(letters) for n in name_a]
  name_b = [n or next(letters) for n in name_b]
  out = [name_a[i] for i in batch_a]
  out += [n for i, n in enumerate(name_a) if i not in (*batch_a, *of_a)]
  out += [n for i, n in enumerate(name_b) if i not in (*batch_b, *of_b)]
  equation = f'{"".join(name_a)},{"".join(name_b)}->{"".join(out)}'
  return graph.node('Einsum', a, b, equation=equation)


def _gather(graph, eqn, x, index):
  """Along one axis: the slices that an array names, or those from a place on."""
  dims, sizes = eqn.params['dimension_numbers'], eqn.params['slice_sizes']
  (axis,), rank = dims.start_index_map, len(eqn.outvars[0].aval.shape)
  assert not dims.operand_batching_dims, dims
  if not dims.collapsed_slice_dims:
    begin = index.reshape(1).astype(np.int64)
    axes = np.array([axis], np.int64)
    return graph.node('Slice', x, begin, begin + sizes[axis], axes)
  named = [i for i in range(rank) if i not in dims.offset_dims]
  assert dims.collapsed_slice_dims == (axis,), dims
  assert named == list(range(axis, axis + len(named))), dims
  index = graph.reshape(index, eqn.invars[1].aval.shape[:-1])
  return graph.node('Gather', x, index, axis=axis)


def _stack(graph, eqn, *values):
  axis = eqn.params['axis']
  at = np.array([axis], np.int64)
  parts = (graph.node('Unsqueeze', v, at) for v in values)
  return graph.node('Concat', *parts, axis=axis)


def _unstack(graph, eqn, x):
  axis, num = eqn.params['axis'], len(eqn.outvars)
  at, sizes = np.array([axis], np.int64), np.ones(num, np.int64)
  parts = graph.node('Split', x, sizes, outputs=num, axis=axis)
  parts = parts if num > 1 else [parts]
  return [graph.node('Squeeze', part, at) for part in parts]


def _convolve(graph, eqn, x, w):
  """Over time, channels last."""
  params = eqn.params
  order = params['dimension_numbers']
  assert order.lhs_spec == (0, 2, 1) == order.out_spec, order
  assert order.rhs_spec == (2, 1, 0) and set(params['lhs_dilation']) == {1}
  ((before, after),) = params['padding']
  y = graph.node(
    'Conv',
    graph.node('Transpose', x, perm=[0, 2, 1]),
    np.transpose(w, (2, 1, 0)),
    pads=[before, after],
    dilations=list(params['rhs_dilation']),
    strides=list(params['window_strides']),
  )
  return graph.node('Transpose', y, perm=[0, 2, 1])


TABLE = {
  'abs': _same('Abs'),
  'add': _same('Add'),
  'add_any': _same('Add'),
  'and': _same('And'),
  'broadcast_in_dim': _broadcast,
  'concatenate': _concatenate,
  'conv_general_dilated': _convolve,
  'convert_element_type': _cast,
  'copy': lambda graph, eqn, x: x,
  'cumsum': _cumsum,
  'div': _same('Div'),
  'dot_general': _dot,
  'eq': _same('Equal'),
  'exp': _same('Exp'),
  'gather': _gather,
  'ge': _same('GreaterOrEqual'),
  'gt': _same('Greater'),
  'integer_pow': _power,
  'le': _same('LessOrEqual'),
  'log': _same('Log'),
  'logistic': _same('Sigmoid'),
  'lt': _same('Less'),
  'max': _same('Max'),
  'min': _same('Min'),
  'mul': _same('Mul'),
  'ne': _not('Equal'),
  'neg': _same('Neg'),
  'not': _same('Not'),
  'or': _same('Or'),
  'pad': _pad,
  'reduce_and': _all,
  'reduce_max': _reduce('ReduceMax'),
  'reduce_sum': _reduce('ReduceSum'),
  'rem': _mod,
  'reshape': _reshape,
  'rsqrt': _rsqrt,
  'select_n': _where,
  'sign': _same('Sign'),
  'slice': _slice,
  'split': _split,
  'sqrt': _same('Sqrt'),
  'stack': _stack,
  'square': lambda graph, eqn, x: graph.node('Mul', x, x),
  'squeeze': _reshape,
  'stop_gradient': lambda graph, eqn, x: x,
  'sub': _same('Sub'),
  'tanh': _same('Tanh'),
  'transpose': _transpose,
  'unstack': _unstack,
}
