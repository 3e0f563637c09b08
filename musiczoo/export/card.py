"""MODEL_CARD.md of an exported model."""

from collections.abc import Mapping
import pathlib

from jax import export

from musiczoo.build import Pipeline, RunConfig

_CARD = """\
# {family}, {representation}

A model of the family `{family}` that generates `{representation}` on a grid of {grid}
steps a quarter note. Trained by musiczoo for {step:,} steps on `{corpus}`;
{parameters:,} parameters.

    python play.py --output_dir=music --num_outputs=2 --num_steps=64 --seed=0

writes MIDI with numpy, mido, jax and flatbuffers installed. It checks the files
first, as `sha256sum -c SHA256SUMS` does. `--help` lists its other flags.
{figures}
## Files

- `model.safetensors`: the parameters, float32, by name; `config.json`: the config of
  their net, and what `play.py` reads.
- `sample.jaxexport`, `step.jaxexport`: the sampler and the net without noise, as
  StableHLO for {platforms}, of `{{name: array}}` of the weights and:
{signatures}
{onnx}- `play.py`, and `SHA256SUMS` of all the others.

b are pieces, t steps: any number{window}. Of `steps` only the length counts.
Each piece has a key: `fold_in(key(seed), i)`. `given` is music whose `known` cells
stay, `before` the step before each of x, -1 where there is none, `state` zeros to
begin with. JAX promises to read a `.jaxexport` for six months after its release.

## Limits

The model was trained on this corpus alone, and may repeat some of it:
`experiments.generate` reports how much.
"""


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
  onnx = (
    '- `model.onnx`: inputs and outputs of `step`, but the `log_prob_...`.\n'
  )
  window = pipeline.model.window
  figures = ''.join(f'- {k}: {v:.4f}\n' for k, v in sorted(figures.items()))
  return _CARD.format(
    family=config.family,
    representation=config.representation.name,
    grid=pipeline.spec.steps_per_quarter,
    step=step,
    corpus=corpus_name(config),
    parameters=sum(a.size for a in weights.values()),
    platforms='cpu, cuda and tpu',
    figures=figures and f'\n## Measured on the valid pieces\n\n{figures}',
    signatures='\n'.join(signatures),
    onnx=onnx if 'model.onnx' in programs else '',
    window=f', {window} steps or more' if window else '',
  )


def corpus_name(config: RunConfig) -> str:
  """The name of the corpus, without the path of its folder."""
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
