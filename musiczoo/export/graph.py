"""A builder of ONNX graphs, node by node."""

import numpy as np
import onnx
from onnx import checker, helper, numpy_helper

# Runtimes of several years read these; all operations used here have them.
OPSET, IR_VERSION = 18, 9


class Graph:
  """An ONNX graph under construction.

  A value is the name of a tensor, or a NumPy array: a constant, which becomes
  an initializer when a node takes it.

  Args:
    parent: for the body of a loop, the graph of the loop. A body may use all
      values of its parent, which also holds its initializers.
  """

  def __init__(self, parent: 'Graph | None' = None):
    self._root = self if parent is None else parent._root
    self._nodes, self._inputs, self._outputs = [], [], []
    if parent is None:
      self._initializers, self._names, self._sizes = [], {}, {}
      self._num_names = 0

  def input(self, name: str, shape, dtype) -> str:
    """Adds an input; a dimension that is no number is a symbol with a name."""
    info = _info(name, shape, dtype)
    self._inputs.append(info)
    if self is self._root:
      for axis, dim in enumerate(map(str, shape)):
        self._sizes.setdefault(dim, (name, axis))
    return name

  def output(self, name: str, value, shape, dtype) -> None:
    """Adds an output."""
    self._outputs.append(_info(name, shape, dtype))
    self._nodes.append(helper.make_node('Identity', [self.name(value)], [name]))

  def new_name(self, prefix: str) -> str:
    """A name that no other value of this graph or of its bodies has."""
    self._root._num_names += 1
    return f'{prefix}_{self._root._num_names}'

  def node(self, op: str, *inputs, outputs: int = 1, **attributes):
    """Adds a node; returns the name of its output, or a list of them.

    An attribute that is a `Graph` is the body of a loop.
    """
    names = [self.new_name(op.lower()) for _ in range(outputs)]
    inputs = [self.name(value) for value in inputs]
    attributes = {
      k: v.build(names[0]) if isinstance(v, Graph) else v
      for k, v in attributes.items()
    }
    self._nodes.append(helper.make_node(op, inputs, names, **attributes))
    return names if outputs > 1 else names[0]

  def name(self, value) -> str:
    """The name of a value."""
    if isinstance(value, str):
      return value
    root, array = self._root, np.ascontiguousarray(value)
    array = array.reshape(np.shape(value))
    key = array.dtype.str, array.shape, array.tobytes()
    if key not in root._names:
      root._names[key] = f'constant_{len(root._names)}'
      tensor = numpy_helper.from_array(array, root._names[key])
      root._initializers.append(tensor)
    return root._names[key]

  def size(self, dim):
    """The size of a dimension, int64 [1]."""
    if isinstance(dim, int):
      return np.array([dim], np.int64)
    root = self._root  # The inputs with symbolic dimensions are there.
    value = root._sizes[str(dim)]
    if isinstance(value, tuple):
      name, axis = value
      value = root.node('Shape', name, start=axis, end=axis + 1)
      root._sizes[str(dim)] = value
    return value

  def shape(self, dims):
    """The sizes of dimensions, int64 [len(dims)]."""
    if all(isinstance(d, int) for d in dims):
      return np.array(dims, np.int64)
    return self.node('Concat', *map(self.size, dims), axis=0)

  def reshape(self, value, dims):
    """Reshapes a value; at most one symbol becomes -1."""
    symbols = [i for i, d in enumerate(dims) if not isinstance(d, int)]
    if len(symbols) > 1:
      return self.node('Reshape', value, self.shape(dims))
    dims = [-1 if i in symbols else d for i, d in enumerate(dims)]
    return self.node('Reshape', value, np.array(dims, np.int64))

  def build(self, name: str) -> onnx.GraphProto:
    """The graph as ONNX stores it."""
    constants = self._initializers if self is self._root else []
    return helper.make_graph(
      self._nodes, name, self._inputs, self._outputs, constants
    )

  def to_bytes(self, name: str) -> bytes:
    """The bytes of a model file."""
    model = helper.make_model(
      self.build(name),
      opset_imports=[helper.make_opsetid('', OPSET)],
      ir_version=IR_VERSION,
      producer_name='musiczoo',
    )
    checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _info(name, shape, dtype):
  dims = [d if isinstance(d, int) else str(d) for d in shape]
  return helper.make_tensor_value_info(name, type_of(dtype), dims)


def type_of(dtype) -> int:
  """ONNX's number of a NumPy type."""
  return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
