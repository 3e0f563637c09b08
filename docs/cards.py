"""Cards of the pretrained models, CARD.md, made of the receipts in docs/results.

`python -m docs.render` writes them.
"""

from collections.abc import Mapping, Sequence
import re

from musiczoo.evaluation.voice_comparison import MAIN, with_interval

CARD = """\
# {name}

A model of the family `{family}`: {parameters:,} parameters, {megabytes:.2f} MB as
float16. It generates four-part chorales on a grid of sixteenths. Made by

    python -m experiments.pretrain --name={name} --workdir=out/{name}

with seed 0. The weights are those of step {step:,}, the best on the validation pieces, of
a run of `experiments/configs/chorales.py:{family}`.

    python -m experiments.generate --pretrained={name} --output_dir=out

## Data

{pieces_train} of the four-part chorales by J. S. Bach (1685-1750) in the corpus of the
music21 package, in every key that fits the model's range of pitches. Bach's music is in the
public domain. The terms of the encodings are in music21's `corpus/license.txt`. No piece
of the corpus is in the package.

## Figures

Test split of {pieces_test} pieces, by

    python -m experiments.evaluate --pretrained={name} --json=figures.json

`*_in_train_*` are windows of 4, 8 or 16 steps that occur in the training pieces.

{figures}
{voices}{others}## Copying

Share of the windows of 8 generated pieces of 256 steps, seed 0, that occur in the
training pieces, by

    python -m experiments.generate --pretrained={name} --output_dir=out --novelty

{copies}
Chorales share phrases, so real test pieces have such windows too.

## Limits

Trained on these chorales only: no other style, no other instruments, no words.
{limits}
{seeds} Samples were looked at and measured, but not judged by listeners.
"""
SEEDS = """\
## Other seeds

Figures of runs that differ in their seed alone, by

    python -m benchmarks.figures --only=seeds

"""
VOICES = """\
## Voice-leading

Pieces of 256 steps sampled by `evaluate`, beside the test split, with bootstrap
intervals of 95 percent over the pieces. `docs/voice_leading.md` defines the figures.

"""
NO_PLAN = (
  'Phrases close and pieces end in the key in which they began, but nothing plans what '
  'is\nbetween: few bars return, and modulations come and go by chance.'
)
LIMITS = {
  'vae': 'Windows of two bars are sampled one by one: lines jump where they meet.',
  'gan': 'Windows of four bars, with stray sixteenths; only the end is made to close.',
  'structure': 'Bars have sixteen sixteenths, and sections do not return.',
}
# Beginnings of names -> unit; all others are shares, 0 to 1.
UNITS = {
  'plan_nats': 'nats per code',
  '(samples_)?nll_|annotation_nats|attributes_per_note|reconstruction': 'nats per note',
  'pitch_range': 'semitones',
  'polyphony$': 'pitches',
  '.*entropy': 'bits',
  'n_|used_pitch_classes|pieces|sampled_pieces|active_dimensions': 'number',
}
# What runs with several seeds are compared by, beside voice-leading.
NATS = ('nll_per_note', 'nll_given_phrases_per_note')
# Facts of the card's first lines.
ABOVE = (
  'family',
  'parameters',
  'megabytes',
  'step',
  'pieces_train',
  'pieces_test',
)


def card(
  name: str, figures: Mapping, others: Mapping[str, Mapping] = {}
) -> str:
  """The card of a model.

  Args:
    name: of the model.
    figures: its own, in the receipt.
    others: seed -> figures of runs with other seeds.
  """
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
  columns = {'samples': 'samples', 'split': 'test split'}
  voices = voices_table(figures.get('voice_leading', {}), columns, MAIN)
  return CARD.format(
    name=name,
    figures=_table(figures),
    voices=VOICES + voices + '\n' if voices else '',
    copies=head + ''.join(rows),
    others=SEEDS + _seeds_table({'0': figures, **others}) if others else '',
    seeds='The weights are of one seed.'
    if others
    else 'One run with one seed.',
    limits=LIMITS.get(figures['family'], NO_PLAN),
    **{key: figures[key] for key in ABOVE},
  )


def label(name: str) -> str:
  """A figure's name with its unit."""
  unit = next((u for key, u in UNITS.items() if re.match(key, name)), 'share')
  return f'`{name}`, {unit}'


def samples_table(figures: Mapping, left_out: Sequence[str] = ()) -> str:
  """Sample metrics of generated and real windows, and their gaps."""
  rows = [
    f'| {label(name)} | '
    + ' | '.join(f'{_mean(value[k]):.3f}' for k in ('samples', 'split', 'gap'))
    + ' |\n'
    for name, value in figures.items()
    if isinstance(value, dict) and 'gap' in value
    if not name.endswith(tuple(left_out))
  ]
  head = (
    '| metric | samples | test split | gap, 0 to 1 |\n|---|---:|---:|---:|\n'
  )
  return head + ''.join(rows) if rows else ''


def voices_table(
  figures: Mapping[str, Mapping],
  columns: Mapping[str, str],
  names: Sequence[str],
) -> str:
  """Figures of voice-leading with their intervals; those that were measured.

  Args:
    columns: set of pieces -> its name above the column.
    names: of the figures, in order.
  """
  rows = [
    f'| `{name}` | '
    + ' | '.join(with_interval(figures[name].get(of)) for of in columns)
    + ' |\n'
    for name in names
    if name in figures
  ]
  above = ' | '.join(columns.values())
  head = f'| figure | {above} |\n|---|{"---:|" * len(columns)}\n'
  return head + ''.join(rows) if rows else ''


def _seeds_table(runs):
  """Nats, and the main figures of samples; a column for each seed."""
  columns = {seed: f'seed {seed}' for seed in runs}
  samples = {
    key: {
      seed: of['voice_leading'][key]['samples'] for seed, of in runs.items()
    }
    for key in MAIN
  }
  nats = ''.join(
    f'| {label(key)} | '
    + ' | '.join(f'{of[key]:.4f}' for of in runs.values())
    + ' |\n'
    for key in NATS
  )
  head = f'| figure | {" | ".join(columns.values())} |\n|---|'
  head += f'{"---:|" * len(runs)}\n'
  return f'{head}{nats}\n{voices_table(samples, columns, MAIN)}\n'


def _table(figures):
  rows = [
    f'| {label(name)} | {value if isinstance(value, int) else f"{value:.4f}"} |\n'
    for name, value in figures.items()
    if isinstance(value, (int, float)) and name not in ABOVE
  ]
  tables = ['| figure | value |\n|---|---:|\n' + ''.join(rows)]
  return '\n'.join([*tables, *filter(None, [samples_table(figures)])])


def _mean(value):
  """A figure without its interval."""
  return value[0] if isinstance(value, list) else value
