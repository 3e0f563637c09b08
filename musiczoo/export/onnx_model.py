"""A net walks in, as the program that JAX traces of it; model.onnx walks out.

So the graph is the model's own arithmetic, whatever the net; but a recurrent
layer becomes the one node that ONNX has for it. The batch and, where the family
has no windows, time are dynamic.
"""

from collections.abc import Mapping
import dataclasses

import jax
from jax import export
from jax.extend import core
import numpy as np

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.export.weights import missing, nested
from musiczoo.models.model import ExportableModel
from musiczoo.nn.recurrent import CELLS

# Gates in the order of ONNX, as places in that of `recurrent.CELLS`.
_ORDER = {'rnn': [0], 'lstm': [0, 3, 1, 2], 'gru': [1, 0, 2]}


def to_bytes(config: build.RunConfig, weights: Mapping[str, np.ndarray]) -> bytes | None:
  """The bytes of model.onnx, None if no one net writes.

  Raises:
    UserError: onnx isn't installed.
  """
  # Computes in float32, whatever the model was trained in.
  config = dataclasses.replace(config, dtype='float32', remat=False)
  pipeline = build.pipeline(config)
  if not isinstance(pipeline.model, ExportableModel):
    return None
  forward = pipeline.model.forward
  try:
    from musiczoo.export.graph import Graph
    from musiczoo.export.operations import TABLE
  except ImportError as e:
    raise missing('model.onnx', 'onnx', 'onnx') from e
  inputs = forward.inputs(*export.symbolic_shape('b, t'))
  params = nested(dict(weights))

  def apply(inputs):
    outputs = forward.apply(params, inputs)
    # Log probabilities follow of logits.
    return {k: v for k, v in outputs.items() if not k.startswith('log_prob')}

  traced, shapes = jax.make_jaxpr(apply, return_shape=True)(inputs)
  graph, names = Graph(), sorted(inputs)
  given = [graph.input(n, inputs[n].shape, inputs[n].dtype) for n in names]
  walk = _Walk(graph, TABLE)
  found = walk.run(traced.jaxpr, traced.consts, given)
  for (name, like), value in zip(sorted(shapes.items()), found):
    graph.output(name, value, like.shape, like.dtype)
  return graph.to_bytes(config.family)


class _Walk:
  """Goes through programs, and through those within them."""

  def __init__(self, graph, table):
    self._graph, self._table = graph, table

  def run(self, jaxpr, consts, values):
    """Adds the nodes of a program; returns the values of its outputs."""
    known = dict(zip(jaxpr.constvars, map(np.asarray, consts)))
    known |= zip(jaxpr.invars, values)

    def read(v):
      return np.asarray(v.val) if isinstance(v, core.Literal) else known[v]

    for eqn in _needed(jaxpr):
      values = [read(v) for v in eqn.invars]
      known |= zip(eqn.outvars, self._eqn(eqn, values))
    return [read(v) for v in jaxpr.outvars]

  def _eqn(self, eqn, values):
    name = eqn.primitive.name
    if (inner := _inner(eqn)) is not None:
      if name == 'custom_vjp_call' and _is_layer(inner):
        return self._layer(eqn, *values)
      return self.run(inner.jaxpr, inner.consts, values)
    if name == 'scan':
      return self._scan(eqn, values)
    if not any(isinstance(v, str) for v in values) and _static(eqn):
      folded = eqn.primitive.bind(*values, **eqn.params)
      folded = folded if eqn.primitive.multiple_results else [folded]
      return list(map(np.asarray, folded))
    if name not in self._table:
      raise UserError(
          f"model.onnx: nothing stands for JAX's {name} there: export with "
          '--noonnx'
      )
    value = self._table[name](self._graph, eqn, *values)
    return value if isinstance(value, list) else [value]

  def _scan(self, eqn, values):
    """Step after step, so many nodes each: NADE's bits, not time."""
    num_consts, num_carry = eqn.params['num_consts'], eqn.params['num_carry']
    consts, carry = values[:num_consts], values[num_consts:][:num_carry]
    xs, inner = values[num_consts + num_carry :], eqn.params['jaxpr']
    out = []
    for i in range(eqn.params['length']):
      now = [
          x[i] if isinstance(x, np.ndarray)
          else self._graph.node('Gather', x, np.array(i), axis=0)
          for x in xs
      ]
      after = self.run(inner.jaxpr, inner.consts, [*consts, *carry, *now])
      carry = after[:num_carry]
      out.append(after[num_carry:])
    zero = np.array([0], np.int64)
    stacked = [
        self._graph.node(
            'Concat',
            *(self._graph.node('Unsqueeze', y, zero) for y in ys),
            axis=0,
        )
        for ys in zip(*out)
    ]
    return [*carry, *stacked]

  def _layer(self, eqn, x, w, u, b, *state):
    """`recurrent.layer` as one node: -> y [T, B, H], state after."""
    hidden, num = u.shape[0], len(state)
    cell = {len(gates): name for name, gates in _ORDER.items()}[
        u.shape[1] // hidden
    ]
    assert num == CELLS[cell].states, 'a mask is not for ONNX'
    order = _ORDER[cell]
    biases = b.reshape(-1, hidden)
    # One of the two biases that ONNX adds stays 0, but in the GRU's new gate,
    # where the one of the state stands within what the reset gate scales.
    felt = np.zeros_like(biases[: len(order)])
    if cell == 'gru':
      felt[2] = biases[3]
    graph, zero = self._graph, np.array([0], np.int64)
    more = {'linear_before_reset': 1} if cell == 'gru' else {}
    outputs = graph.node(
        cell.upper(),
        x,
        _gates(w, order, hidden)[None],
        _gates(u, order, hidden)[None],
        np.concatenate([biases[order], felt]).reshape(1, -1),
        None,
        *(graph.node('Unsqueeze', s, zero) for s in state),
        outputs=1 + num,
        hidden_size=hidden,
        **more,
    )
    axes = [np.array([1], np.int64), zero, zero]
    return [graph.node('Squeeze', o, a) for o, a in zip(outputs, axes)]


def _gates(w, order, hidden):
  """[D, G H] -> [G H, D], the gates in the order of ONNX."""
  by_gate = w.reshape(w.shape[0], len(order), hidden)
  return np.transpose(by_gate[:, order], (1, 2, 0)).reshape(-1, w.shape[0])


def _needed(jaxpr):
  """The equations that the outputs depend on."""
  wanted, kept = set(jaxpr.outvars) - {None}, []
  for eqn in reversed(jaxpr.eqns):
    if wanted & set(eqn.outvars):
      kept.append(eqn)
      wanted |= {v for v in eqn.invars if not isinstance(v, core.Literal)}
  return kept[::-1]


def _inner(eqn):
  """The program that an equation only calls."""
  if eqn.primitive.name == 'scan':
    return None
  for name in 'jaxpr', 'call_jaxpr':
    if name in eqn.params:
      inner = eqn.params[name]
      return inner if hasattr(inner, 'consts') else core.ClosedJaxpr(inner, ())
  return None


def _is_layer(inner):
  return inner.jaxpr.debug_info.func_name == 'layer'


def _static(eqn):
  return all(
      isinstance(d, int) for v in eqn.outvars for d in v.aval.shape
  )
