"""JAX's operations as nodes of ONNX: a table, with a function for each.

Each is called as (graph, eqn, *values) and returns the value of its output, or
a list of them. Only the operations of the zoo's nets are here.
"""

import numpy as np

from musiczoo.export.graph import Graph, type_of


def _same(op, **attributes):
  """One node; each attribute is a function of the equation's parameters."""

  def node(graph, eqn, *values):
    found = {name: of(eqn.params) for name, of in attributes.items()}
    return graph.node(op, *values, **found)

  return node


def _identity(graph, eqn, x):
  return x


def _integers(*values):
  return np.array(values, np.int64)


def _power(graph, eqn, x):
  if eqn.params['y'] == 2:
    return graph.node('Mul', x, x)
  dtype = eqn.invars[0].aval.dtype
  return graph.node('Pow', x, np.array(eqn.params['y'], dtype))


def _reduce(op):
  def reduce(graph, eqn, x):
    return graph.node(op, x, _integers(*eqn.params['axes']), keepdims=0)

  return reduce


def _all(graph, eqn, x):
  number = graph.node('Cast', x, to=type_of(np.int32))
  least = _reduce('ReduceMin')(graph, eqn, number)
  return graph.node('Cast', least, to=type_of(bool))


def _cumsum(graph, eqn, x):
  axis = np.array(eqn.params['axis'], np.int64)
  return graph.node('CumSum', x, axis, reverse=int(eqn.params['reverse']))


def _iota(graph: Graph, eqn):
  """0, 1, ... along a dimension whose size is dynamic."""
  (size,) = eqn.params['shape']
  number = graph.node('Squeeze', graph.size(size))
  zero, one = np.int64(0), np.int64(1)
  numbers = graph.node('Range', zero, number, one)
  return graph.node('Cast', numbers, to=type_of(eqn.params['dtype']))


def _reverse(graph: Graph, eqn, x):
  axes = np.array(eqn.params['dimensions'], np.int64)
  first = np.full_like(axes, np.iinfo(np.int64).min)
  back = np.full_like(axes, -1)
  return graph.node('Slice', x, back, first, axes, back)


def _broadcast(graph: Graph, eqn, x):
  shape, before = eqn.params['shape'], eqn.invars[0].aval.shape
  ones = [1] * len(shape)
  for axis, size in zip(eqn.params['broadcast_dimensions'], before):
    ones[axis] = size
  if len(ones) != len(before):
    x = graph.reshape(x, ones)
  same = list(map(str, ones)) == list(map(str, shape))
  return x if same else graph.node('Expand', x, graph.shape(shape))


def _reshape(graph, eqn, x, *sizes):
  return graph.reshape(x, eqn.outvars[0].aval.shape)


def _slice(graph, eqn, x):
  starts, ends = eqn.params['start_indices'], eqn.params['limit_indices']
  strides = eqn.params['strides'] or (1,) * len(starts)
  cuts = [
    (axis, *cut)
    for axis, (*cut, size) in enumerate(
      zip(starts, ends, strides, eqn.invars[0].aval.shape)
    )
    if tuple(map(str, cut)) != ('0', str(size), '1')
  ]
  if not cuts:
    return x
  axes, starts, ends, strides = zip(*cuts)
  starts, ends = graph.shape(starts), graph.shape(ends)
  axes, strides = _integers(*axes), _integers(*strides)
  return graph.node('Slice', x, starts, ends, axes, strides)


def _split(graph, eqn, x):
  sizes, axis = eqn.params['sizes'], eqn.params['axis']
  if len(sizes) == 1:
    return [x]
  return graph.node(
    'Split', x, _integers(*sizes), outputs=len(sizes), axis=axis
  )


def _pad(graph, eqn, x, value):
  """Negative padding cuts."""
  low, high, inner = zip(*eqn.params['padding_config'])
  assert not any(inner), 'dilated padding'
  pads = np.maximum(_integers(*low, *high), 0)
  x = graph.node('Pad', x, pads, value) if pads.any() else x
  for axis, (before, after) in enumerate(zip(low, high)):
    if min(before, after) < 0:
      cut = max(-before, 0), min(after, 0) or 2**31, axis
      x = graph.node('Slice', x, *map(_integers, cut))
  return x


def _dot(graph, eqn, a, b):
  (of_a, of_b), (batch_a, batch_b) = eqn.params['dimension_numbers']
  rank_a, rank_b = (len(v.aval.shape) for v in eqn.invars)
  if tuple(of_a) == (rank_a - 1,) and tuple(of_b) == (0,) and rank_b == 2:
    return graph.node('MatMul', a, b)
  name_a, name_b = list('abcdefgh'[:rank_a]), list('ijklmnop'[:rank_b])
  for i, j in zip((*batch_a, *of_a), (*batch_b, *of_b)):
    name_b[j] = name_a[i]
  out = [name_a[i] for i in batch_a]
  out += [n for i, n in enumerate(name_a) if i not in (*batch_a, *of_a)]
  out += [n for j, n in enumerate(name_b) if j not in (*batch_b, *of_b)]
  a_b, out = f'{"".join(name_a)},{"".join(name_b)}', ''.join(out)
  return graph.node('Einsum', a, b, equation=f'{a_b}->{out}')


def _gather(graph, eqn, x, index):
  """Along one axis: the slices that an array names, or those from a place on."""
  dims, sizes = eqn.params['dimension_numbers'], eqn.params['slice_sizes']
  (axis,), rank = dims.start_index_map, len(eqn.outvars[0].aval.shape)
  if dims.operand_batching_dims:  # jnp.take_along_axis.
    assert axis == rank - 1 == len(dims.operand_batching_dims), dims
    shape = eqn.invars[1].aval.shape[:-1]
    return graph.node(
      'GatherElements', x, graph.reshape(index, shape), axis=axis
    )
  if not dims.collapsed_slice_dims:
    begin = index.reshape(1).astype(np.int64)
    end = begin + sizes[axis]
    return graph.node('Slice', x, begin, end, _integers(axis))
  named = [i for i in range(rank) if i not in dims.offset_dims]
  assert dims.collapsed_slice_dims == (axis,), dims
  assert named == list(range(axis, axis + len(named))), dims
  index = graph.reshape(index, eqn.invars[1].aval.shape[:-1])
  return graph.node('Gather', x, index, axis=axis)


def _stack(graph, eqn, *values):
  axis = eqn.params['axis']
  parts = (graph.node('Unsqueeze', v, _integers(axis)) for v in values)
  return graph.node('Concat', *parts, axis=axis)


def _unstack(graph, eqn, x):
  axis, num = eqn.params['axis'], len(eqn.outvars)
  parts = [x]
  if num > 1:
    sizes = np.ones(num, np.int64)
    parts = graph.node('Split', x, sizes, outputs=num, axis=axis)
  return [graph.node('Squeeze', part, _integers(axis)) for part in parts]


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


# Elementwise operations with JAX's name, capitalized.
_CAPITALIZED = (
  'abs add and div exp log max min mul neg not or sign sqrt sub tanh'
)
_RENAMED = {
  'add_any': 'Add',
  'eq': 'Equal',
  'ge': 'GreaterOrEqual',
  'gt': 'Greater',
  'le': 'LessOrEqual',
  'logistic': 'Sigmoid',
  'lt': 'Less',
}
TABLE = {
  **{name: _same(name.capitalize()) for name in _CAPITALIZED.split()},
  **{name: _same(op) for name, op in _RENAMED.items()},
  'broadcast_in_dim': _broadcast,
  'concatenate': _same('Concat', axis=lambda p: p['dimension']),
  'conv_general_dilated': _convolve,
  'convert_element_type': _same('Cast', to=lambda p: type_of(p['new_dtype'])),
  'copy': _identity,
  'cumsum': _cumsum,
  'dot_general': _dot,
  'gather': _gather,
  'integer_pow': _power,
  'iota': _iota,
  'ne': lambda graph, eqn, a, b: graph.node('Not', graph.node('Equal', a, b)),
  'pad': _pad,
  'reduce_and': _all,
  'reduce_max': _reduce('ReduceMax'),
  'reduce_sum': _reduce('ReduceSum'),
  'rem': _same('Mod', fmod=lambda p: 1),
  'reshape': _reshape,
  'rev': _reverse,
  'rsqrt': lambda graph, eqn, x: graph.node(
    'Reciprocal', graph.node('Sqrt', x)
  ),
  'select_n': lambda graph, eqn, which, a, b: graph.node('Where', which, b, a),
  'slice': _slice,
  'split': _split,
  'square': lambda graph, eqn, x: graph.node('Mul', x, x),
  'squeeze': _reshape,
  'stack': _stack,
  'stop_gradient': _identity,
  'transpose': _same('Transpose', perm=lambda p: list(p['permutation'])),
  'unstack': _unstack,
}
