"""MODEL_CARD.md of an exported model."""

from collections.abc import Mapping
from importlib import resources

from jax import export

from musiczoo.build import Pipeline, RunConfig
from musiczoo.data.splits import ALL


def card(
  pipeline: Pipeline,
  config: RunConfig,
  step: int,
  weights: Mapping,
  figures: Mapping,
  programs: Mapping[str, bytes],
) -> str:
  """The model, its corpus and figures, and the inputs and outputs of its files.

  Args:
    step: of training.
    weights: flat.
    figures: of the checkpoint: name -> number.
    programs: the bytes of the files by name; signatures are of `.jaxexport`.
  """
  signatures = [
    f'  - `{name.removesuffix(".jaxexport")}`: {_signature(program)}'
    for name, program in programs.items()
    if name.endswith('.jaxexport')
  ]
  onnx = '- `model.onnx`: inputs and outputs of `step`, but `log_prob_...`.\n'
  window = pipeline.model.window
  figures = ''.join(f'- {k}: {v:.4f}\n' for k, v in sorted(figures.items()))
  seen = ', which it was trained on' if config.split == ALL else ''
  template = resources.files(__package__).joinpath('card.md').read_text()
  return template.format(
    family=config.family,
    representation=config.representation.name,
    grid=pipeline.spec.steps_per_quarter,
    step=step,
    corpus=config.corpus,
    parameters=sum(a.size for a in weights.values()),
    figures=figures and f'\n## Measured on the valid pieces{seen}\n\n{figures}',
    signatures='\n'.join(signatures),
    onnx=onnx if 'model.onnx' in programs else '',
    window=f', {window} steps or more' if window else '',
  )


def _signature(program: bytes) -> str:
  exported = export.deserialize(bytearray(program))
  (_, *inputs), _ = exported.in_tree.unflatten(exported.in_avals)
  outputs = exported.out_tree.unflatten(exported.out_avals)
  return f'{", ".join(map(_shapes, inputs))} -> {_shapes(outputs)}'


def _shapes(tree) -> str:
  if isinstance(tree, dict):
    return '{' + ', '.join(f'{k}: {_shapes(v)}' for k, v in tree.items()) + '}'
  return f'`{tree.str_short(short_dtypes=True)}`'
