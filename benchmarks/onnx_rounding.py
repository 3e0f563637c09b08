"""How far model.onnx and the model itself are from the same sums in float64.

  python -m benchmarks.onnx_rounding > docs/results/onnx_rounding.json

Of each pretrained model with recurrent layers, over several random inputs, in
millionths: the largest difference of any output of model.onnx from JAX, and of
either from the graph with all its numbers in float64.
"""

import dataclasses
import json

import jax
import numpy as np
import onnx
from onnx import numpy_helper, TensorProto
import onnxruntime

from musiczoo import build
from musiczoo.export import onnx_model, weights
from musiczoo.runs import pretrained

MODELS = ('lstm-chorales', 'gru-chorales', 'vae-chorales')
SEEDS, ROWS, STEPS = 8, 3, 48


def main() -> None:
  command = 'python -m benchmarks.onnx_rounding'
  figures = {name: rounding(name) for name in MODELS}
  print(json.dumps({'command': command, 'figures': figures}, indent=1))


def rounding(name) -> dict:
  config, _, params, _ = pretrained.find(name)
  config = dataclasses.replace(config, dtype='float32')
  pipeline = build.pipeline(config)
  forward = pipeline.model.forward
  model = onnx_model.to_bytes(config, weights.flat(params))
  single = onnxruntime.InferenceSession(model)
  # Its optimizer has no double variants of what it fuses.
  options = onnxruntime.SessionOptions()
  options.graph_optimization_level = (
    onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
  )
  model = in_float64(onnx.load_from_string(model)).SerializeToString()
  double = onnxruntime.InferenceSession(model, options)
  apply, found = jax.jit(forward.apply), {}
  for seed in range(SEEDS):
    inputs = random_inputs(pipeline, forward, seed)
    wide = {
      k: v.astype(np.float64) if v.dtype == np.float32 else v
      for k, v in inputs.items()
    }
    of_jax = apply(params, inputs)
    for output in single.get_outputs():
      n = output.name
      (of_onnx,), (exact,) = single.run([n], inputs), double.run([n], wide)
      for key, a, b in (
        ('largest', exact, 0),
        ('onnx_to_jax', of_onnx, of_jax[n]),
        ('onnx_to_float64', of_onnx, exact),
        ('jax_to_float64', of_jax[n], exact),
      ):
        apart = np.abs(np.asarray(a, np.float64) - np.asarray(b)).max()
        found[key] = max(found.get(key, 0.0), float(apart))
  return {
    k: round(v if k == 'largest' else 1e6 * v, 2) for k, v in found.items()
  }


def random_inputs(pipeline, forward, seed) -> dict:
  steps = pipeline.model.window or STEPS
  rng, top = np.random.default_rng(seed), pipeline.representation.spec
  return {
    name: (
      rng.standard_normal(like.shape)
      if like.dtype == np.float32
      else rng.integers(top.num_values, size=like.shape)
    ).astype(like.dtype)
    for name, like in forward.inputs(ROWS, steps).items()
  }


def in_float64(model: onnx.ModelProto) -> onnx.ModelProto:
  """The same graph with every float32 as float64."""
  single, double = TensorProto.FLOAT, TensorProto.DOUBLE

  def widen(graph):
    for tensor in graph.initializer:
      if tensor.data_type == single:
        array = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    for value in [*graph.input, *graph.output]:
      if value.type.tensor_type.elem_type == single:
        value.type.tensor_type.elem_type = double
    for node in graph.node:
      for attribute in node.attribute:
        if node.op_type == 'Cast' and attribute.i == single:
          attribute.i = double
        if attribute.HasField('g'):
          widen(attribute.g)

  widen(model.graph)
  return model


if __name__ == '__main__':
  main()
