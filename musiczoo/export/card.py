"""A System walks in; MODEL_CARD.md walks out."""

from collections.abc import Mapping
import pathlib

from jax import export

from musiczoo.build import Pipeline, RunConfig

_CARD = """\
# {family}, {representation}

A model of the family `{family}` that writes `{representation}` on a grid of {grid}
steps a quarter note. Trained by musiczoo for {step:,} steps on `{corpus}`;
{parameters:,} parameters.

    python play.py --output_dir=music --num_outputs=2 --num_steps=64 --seed=0

writes MIDI with numpy, mido, jax and flatbuffers installed. It checks the files
first, as `sha256sum -c SHA256SUMS` does. `--help` names its other flags.
{figures}
## Files

- `model.safetensors`: the parameters, float32, by name; `config.json`: what builds
  the net they belong to.
- `sample.jaxexport`, `step.jaxexport`: the sampler and the net without noise, as
  StableHLO for {platforms}, of `{{name: array}}` of the weights and:
{signatures}
{onnx}- `play.py`, and `SHA256SUMS` of all the others.

b are pieces, t steps: any number{window}. Of `steps` only the length counts.
A key is a piece: `fold_in(key(seed), i)`. `given` is music whose `known` cells stay,
`before` the step before each of x, -1 where there is none, `state` zeros to begin
with. JAX promises to read a `.jaxexport` for six months after its release.

## Limits

It knows no music but its corpus, and may repeat some of it: `experiments.generate`
says how much. It was not asked to judge what it writes.
"""


def card(
  pipeline: Pipeline,
  config: RunConfig,
  step: int,
  weights: Mapping,
  figures: Mapping,
  programs: Mapping[str, bytes],
) -> str:
  """What the model is, what it was trained on, what its files take and give.

  Args:
    step: of training.
    weights: flat.
    figures: of the checkpoint: name -> number.
    programs: the bytes of the files that are programs, by name.
  """
  signatures = ''.join(
    f'  - `{name.removesuffix(".jaxexport")}`: {_signature(program)}\n'
    for name, program in programs.items()
    if name.endswith('.jaxexport')
  )
  window = pipeline.model.window
  has_onnx = 'model.onnx' in programs
  figures = ''.join(f'- {k}: {v:.4f}\n' for k, v in sorted(figures.items()))
  return _CARD.format(
    family=config.family,
    representation=config.representation.name,
    grid=pipeline.representation.spec.steps_per_quarter,
    step=step,
    corpus=corpus_name(config),
    parameters=sum(a.size for a in weights.values()),
    platforms='cpu, cuda and tpu',
    figures=figures and f'\n## Measured on the valid pieces\n\n{figures}',
    signatures=signatures.rstrip('\n'),
    onnx='- `model.onnx`: inputs and outputs of `step`, but the `log_prob_...`.\n'
    * has_onnx,
    window=f', {window} steps or more' if window else '',
  )


def corpus_name(config: RunConfig) -> str:
  """Without the folders it lies in, which are nobody's business."""
  return pathlib.PurePath(config.corpus).name


def _signature(program: bytes) -> str:
  exported = export.deserialize(bytearray(program))
  (_, *inputs), _ = exported.in_tree.unflatten(exported.in_avals)
  outputs = exported.out_tree.unflatten(exported.out_avals)
  return f'{", ".join(map(_shapes, inputs))} -> {_shapes(outputs)}'


def _shapes(tree) -> str:
  if isinstance(tree, dict):
    return '{' + ', '.join(f'{k}: {_shapes(v)}' for k, v in tree.items()) + '}'
  return f'`{tree.str_short(short_dtypes=True)}`'
