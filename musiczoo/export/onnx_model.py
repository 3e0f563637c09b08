"""The bytes of model.onnx: the jaxpr of a net, translated by equation.

Batch size and, for families without windows, the number of steps are dynamic.
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


def to_bytes(
  config: build.RunConfig, weights: Mapping[str, np.ndarray]
) -> bytes | None:
  """The bytes of model.onnx; None for a family without a single net.

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
    # Log probabilities follow from the logits.
    return {k: v for k, v in outputs.items() if not k.startswith('log_prob')}

  traced, shapes = jax.make_jaxpr(apply, return_shape=True)(inputs)
  graph, names = Graph(), sorted(inputs)
  values = [graph.input(n, inputs[n].shape, inputs[n].dtype) for n in names]
  translation = _Translation(graph, TABLE)
  values = translation.run(traced.jaxpr, traced.consts, values)
  for (name, like), value in zip(sorted(shapes.items()), values):
    graph.output(name, value, like.shape, like.dtype)
  return graph.to_bytes(config.family)


class _Translation:
  """Translates a jaxpr, and those that it calls, to nodes of a graph."""

  def __init__(self, graph, table):
    self._graph, self._table = graph, table

  def run(self, jaxpr, consts, values):
    """Adds the nodes of a jaxpr; returns the values of its outputs."""
    known = dict(zip(jaxpr.constvars, map(np.asarray, consts)))
    known |= zip(jaxpr.invars, values)

    def read(v):
      return np.asarray(v.val) if isinstance(v, core.Literal) else known[v]

    for eqn in _needed(jaxpr):
      known |= zip(eqn.outvars, self._eqn(eqn, list(map(read, eqn.invars))))
    return [read(v) for v in jaxpr.outvars]

  def _eqn(self, eqn, values):
    name = eqn.primitive.name
    if name == 'scan':
      return self._scan(eqn, values)
    if (inner := _inner(eqn)) is not None:
      return self.run(inner.jaxpr, inner.consts, values)
    if not any(isinstance(v, str) for v in values) and _static(eqn):
      folded = eqn.primitive.bind(*values, **eqn.params)
      folded = folded if eqn.primitive.multiple_results else [folded]
      return list(map(np.asarray, folded))
    if name not in self._table:
      raise UserError(
        f"model.onnx: JAX's {name} has no translation: export with --noonnx"
      )
    value = self._table[name](self._graph, eqn, *values)
    return value if isinstance(value, list) else [value]

  def _scan(self, eqn, values):
    """`jax.lax.scan` as ONNX's Scan; the body takes constants from outside."""
    body, graph = eqn.params['jaxpr'], self._graph
    body = getattr(body, 'jaxpr', body)
    # Sequences have a dimension more than their slices. (How the parameters of
    # the equation are counted depends on the version of JAX.)
    num_xs = sum(map(_has_time, eqn.invars, body.invars))
    num_carry = len(eqn.outvars) - sum(
      map(_has_time, eqn.outvars, body.outvars)
    )
    num_consts = len(values) - num_xs - num_carry
    inner = type(graph)(graph)
    names = [
      inner.input(graph.new_name('slice'), v.aval.shape, v.aval.dtype)
      for v in body.invars[num_consts:]
    ]
    found = _Translation(inner, self._table).run(
      body,
      getattr(eqn.params['jaxpr'], 'consts', ()),
      [*values[:num_consts], *names],
    )
    for v, value in zip(body.outvars, found):
      inner.output(graph.new_name('after'), value, v.aval.shape, v.aval.dtype)
    reverse = int(eqn.params['reverse'])
    outputs = graph.node(
      'Scan',
      *values[num_consts:],
      outputs=len(found),
      body=inner,
      num_scan_inputs=num_xs,
      scan_input_directions=[reverse] * num_xs,
      scan_output_directions=[reverse] * (len(found) - num_carry),
    )
    return [outputs] if isinstance(outputs, str) else outputs


def _has_time(whole, part):
  return len(whole.aval.shape) > len(part.aval.shape)


def _needed(jaxpr):
  """The equations that the outputs depend on."""
  wanted, kept = set(jaxpr.outvars) - {None}, []
  for eqn in reversed(jaxpr.eqns):
    if wanted & set(eqn.outvars):
      kept.append(eqn)
      wanted |= {v for v in eqn.invars if not isinstance(v, core.Literal)}
  return kept[::-1]


def _inner(eqn):
  """The jaxpr that an equation only calls."""
  inner = eqn.params.get('jaxpr', eqn.params.get('call_jaxpr'))
  if inner is None or hasattr(inner, 'consts'):
    return inner
  return core.ClosedJaxpr(inner, ())


def _static(eqn):
  return all(isinstance(d, int) for v in eqn.outvars for d in v.aval.shape)
