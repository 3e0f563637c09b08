"""Cards of the pretrained models, CARD.md, made of docs/results/pretrained.json.

`python -m docs.render` writes them.
"""

from collections.abc import Mapping

CARD = """\
# {name}

A model of the family `{family}`: {parameters:,} parameters, {megabytes:.2f} MB as
float16. It generates four-part chorales on a grid of sixteenths. Made by

    python -m experiments.pretrain --name={name} --workdir=out/{name}

in {step:,} steps of `experiments/configs/chorales.py:{family}`, with seed 0.

    python -m experiments.generate --pretrained={name} --output_dir=out

## Data

{pieces_train} of the four-part chorales by J. S. Bach (1685-1750) in the corpus of the
music21 package, in every key that fits the ranges of the voices. Bach's music is in the
public domain. The terms of the encodings are in music21's `corpus/license.txt`. No piece
of the corpus is in the package.

## Figures

Test split of {pieces_test} pieces, by

    python -m experiments.evaluate --pretrained={name} --json=figures.json

`nll_*` and `plan_*` are nats; accuracies, gaps and `*_in_train_*` (windows of 4, 8 or 16
steps that occur in the training pieces) are shares, 0 to 1.

{figures}
## Copying

Share of the windows of 8 generated pieces of 256 steps, seed 0, that occur in the
training pieces, by

    python -m experiments.generate --pretrained={name} --output_dir=out --novelty

{copies}
Chorales share phrases, so real test pieces have such windows too.

## Limits

Trained on these chorales only: no other style, no other instruments, no words.
{limits}
One run with one seed. Samples were looked at and measured, but not judged by listeners.
"""
WANDERS = 'Harmony wanders, and pieces stop where the steps end.'
LIMITS = {
  'infill': 'Each round of sampling computes the whole piece, so long ones are slow.',
  'vae': 'Windows of two bars are sampled one by one: lines jump where they meet.',
  'gan': 'Windows of four bars, with stray sixteenths and no cadences.',
  'structure': 'Bars have sixteen sixteenths, and sections do not return.',
}
# Facts of the card's first lines.
ABOVE = (
  'family',
  'parameters',
  'megabytes',
  'step',
  'pieces_train',
  'pieces_test',
)


def card(name: str, figures: Mapping) -> str:
  """The card of a model, of its figures in the receipt."""
  copies = figures['copies']
  rows = [
    f'| {steps} steps | '
    + ' | '.join(
      f'{100 * copies[of][f"{key}_{steps}"]:.1f}'
      for of in ('generated', 'test')
      for key in ('verbatim', 'transposed')
    )
    + ' |\n'
    for steps in (4, 8, 16)
  ]
  head = (
    '| windows of | generated, same key, % | generated, any key, % '
    '| test pieces, same key, % | test pieces, any key, % |\n'
    '|---|---:|---:|---:|---:|\n'
  )
  return CARD.format(
    name=name,
    figures=_table(figures),
    copies=head + ''.join(rows),
    limits=LIMITS.get(figures['family'], WANDERS),
    **{key: figures[key] for key in ABOVE},
  )


def _table(figures):
  rows = []
  for name, value in figures.items():
    if isinstance(value, dict) and 'gap' in value:
      value = ', '.join(
        f'{k} {v[0] if isinstance(v, list) else v:.4f}'
        for k, v in value.items()
      )
    elif isinstance(value, float) and name not in ABOVE:
      value = f'{value:.4f}'
    elif not isinstance(value, int) or name in ABOVE:
      continue
    rows.append(f'| `{name}` | {value} |\n')
  return '| figure | value |\n|---|---|\n' + ''.join(rows)
