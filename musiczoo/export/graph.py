"""Nodes of an ONNX graph walk in, one by one; a model's bytes walk out."""

import numpy as np
from onnx import checker, helper, numpy_helper

# Old enough for the runtimes of some years, new enough for all that is used.
OPSET, IR_VERSION = 18, 9


class Graph:
  """A graph in the making.

  A value is the name of a tensor, or a NumPy array: a constant, which becomes
  an initializer when a node takes it.
  """

  def __init__(self):
    self._nodes, self._initializers, self._names = [], [], {}
    self._inputs, self._outputs, self._sizes = [], [], {}

  def input(self, name: str, shape, dtype) -> str:
    """An input; a dimension that is no number is a symbol with a name."""
    dims = [d if isinstance(d, int) else str(d) for d in shape]
    self._inputs.append(helper.make_tensor_value_info(name, type_of(dtype), dims))
    for axis, dim in enumerate(dims):
      if isinstance(dim, str) and dim not in self._sizes:
        self._sizes[dim] = name, axis
    return name

  def output(self, name: str, value, shape, dtype) -> None:
    dims = [d if isinstance(d, int) else str(d) for d in shape]
    self._outputs.append(helper.make_tensor_value_info(name, type_of(dtype), dims))
    self._nodes.append(
        helper.make_node('Identity', [self.name(value)], [name])
    )

  def node(self, op: str, *inputs, outputs: int = 1, **attributes):
    """A node; returns the name of its output, or a list of them."""
    names = [f'{op.lower()}_{len(self._nodes)}']
    if outputs > 1:
      names = [f'{names[0]}_{i}' for i in range(outputs)]
    inputs = [self.name(value) for value in inputs]
    self._nodes.append(helper.make_node(op, inputs, names, **attributes))
    return names if outputs > 1 else names[0]

  def name(self, value) -> str:
    """Of a value; '' for None, an input that is left out."""
    if value is None or isinstance(value, str):
      return value or ''
    array = np.ascontiguousarray(value)
    key = array.dtype.str, array.shape, array.tobytes()
    if key not in self._names:
      self._names[key] = f'constant_{len(self._names)}'
      tensor = numpy_helper.from_array(array, self._names[key])
      self._initializers.append(tensor)
    return self._names[key]

  def size(self, dim):
    """Of a dimension, int64 [1]."""
    if isinstance(dim, int):
      return np.array([dim], np.int64)
    value = self._sizes[str(dim)]
    if isinstance(value, tuple):
      name, axis = value
      value = self.node('Shape', name, start=axis, end=axis + 1)
      self._sizes[str(dim)] = value
    return value

  def shape(self, dims):
    """Of dimensions, int64 [len(dims)]."""
    if all(isinstance(d, int) for d in dims):
      return np.array(dims, np.int64)
    return self.node('Concat', *map(self.size, dims), axis=0)

  def reshape(self, value, dims):
    """To dimensions of which all but one are numbers, or in their old place."""
    symbols = [i for i, d in enumerate(dims) if not isinstance(d, int)]
    if len(symbols) > 1:
      return self.node('Reshape', value, self.shape(dims))
    dims = [-1 if i in symbols else d for i, d in enumerate(dims)]
    return self.node('Reshape', value, np.array(dims, np.int64))

  def to_bytes(self, name: str) -> bytes:
    graph = helper.make_graph(
        self._nodes, name, self._inputs, self._outputs, self._initializers
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid('', OPSET)],
        ir_version=IR_VERSION,
        producer_name='musiczoo',
    )
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def type_of(dtype) -> int:
  """The number that ONNX has for a type of NumPy's."""
  return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
