"""Makes a model of the zoo anew: its name in, its folder in the package out.

The figures of its card are what the commands it names say of the weights as
they are packed.
"""

import json
import pathlib
import subprocess
import tempfile

from absl import flags

from musiczoo.errors import UserError

from . import command, config as configs, launch
from .progress import Progress

VARIANTS = {
  f'{family}-chorales': f'experiments/configs/chorales.py:{family}'
  for family in ('lstm', 'gru', 'cnn', 'infill', 'vae', 'gan', 'structure')
}
NAME = flags.DEFINE_enum('name', None, list(VARIANTS), 'Which one.')
WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of its run; goes on with the run it holds.'
)

_CARD = """\
# {name}

A model of the family `{family}`: {parameters:,} parameters, {megabytes:.2f} MB as
float16. It writes four-part chorales on a grid of sixteenths. Made by

    python -m experiments.pretrain --name={name} --workdir=out/{name}

in {step:,} steps of `{variant}`, with seed 0.

    python -m experiments.generate --pretrained={name} --output_dir=out

## Data

{train} of the four-part chorales by J. S. Bach (1685-1750) that the corpus of the
music21 package holds, in every key within their voices' ranges. Bach's music is
in the public domain; who encoded it, and on what terms, is told in music21's
`corpus/license.txt`. No piece of the corpus is in the package.

## Figures

Of the {test} test pieces, by

    python -m experiments.evaluate --pretrained={name} --json=figures.json

{figures}
## Copying

Of 8 new pieces of 256 steps, seed 0, by

    python -m experiments.generate --pretrained={name} --output_dir=out --novelty

{novelty}

The share in brackets is how much of Bach's own test pieces is found in the
training pieces: chorales share their turns.

## Limits

It knows nothing but these chorales: no other style, no other instruments, no
words. {limits} One run with one seed; what it writes was looked at as pictures and
measured, but no listeners were asked.
"""
_WANDERS = 'Its harmony wanders, and its ends are cut where the steps end.'
_LIMITS = {
  'infill': 'Each of its rounds hears the whole piece, so long ones take long.',
  'vae': 'It writes two bars at a time: lines jump where they meet.',
  'gan': 'It writes four bars at a time, with stray sixteenths and no cadences.',
  'structure': 'Bars are sixteen sixteenths, and no section comes back.',
}


def main():
  launch.require(name=NAME.value, workdir=WORKDIR.value)
  from musiczoo import build
  from musiczoo.runs import pretrained, run

  variant = VARIANTS[NAME.value]
  config = build.RunConfig.from_dict(configs.load(variant))
  build.cache_compilation()
  with launch.Signals() as signals, Progress(config.steps) as progress:
    done = run.fit(
      config,
      WORKDIR.value,
      stopping=signals.stopping,
      report=progress.report,
      say=progress.say,
    )
  if signals.received:
    return 128 + signals.received
  if done.step < config.steps:
    raise UserError(f'{WORKDIR.value} ended at step {done.step}: see there')
  folder = pretrained.MODELS / NAME.value
  pretrained.pack(WORKDIR.value, folder)
  text = _card(variant, config, folder)
  (folder / pretrained.CARD).write_text(text)
  pretrained.seal(folder)
  print(text)
  return None


def _card(variant, config, folder) -> str:
  """What a packed model says of itself, by the commands its users have."""
  import jax

  from musiczoo import build
  from musiczoo.runs import pretrained

  _, _, params, step = pretrained.load(NAME.value)
  chosen = f'--pretrained={NAME.value}'
  with tempfile.TemporaryDirectory() as out:
    path = pathlib.Path(out) / 'figures.json'
    _run('evaluate', chosen, f'--json={path}')
    figures = json.loads(path.read_text())
    said = _run('generate', chosen, f'--output_dir={out}', '--novelty')
  corpus = build.corpus(config)
  return _CARD.format(
    name=NAME.value,
    family=config.family,
    variant=variant,
    parameters=sum(p.size for p in jax.tree.leaves(params)),
    megabytes=(folder / pretrained.WEIGHTS).stat().st_size / 1e6,
    step=step,
    train=len(corpus.splits['train']),
    test=len(corpus.splits['test']),
    figures=''.join(_rows(figures)),
    limits=_LIMITS.get(config.family, _WANDERS),
    novelty='\n'.join(
      f'    {line}' for line in said.splitlines() if 'cop' in line
    ),
  )


def _rows(figures):
  """Lines of a list, a figure each; of samples their mean beside the music's."""
  for name, value in figures.items():
    if isinstance(value, dict):
      value = ', '.join(
        f'{k} {v[0] if isinstance(v, list) else v:.4f}'
        for k, v in value.items()
      )
    elif isinstance(value, float):
      value = f'{value:.4f}'
    elif not isinstance(value, int):
      continue
    yield f'- `{name}`: {value}\n'


def _run(name, *arguments) -> str:
  answer = subprocess.run(
    command(name, *arguments),
    stdout=subprocess.PIPE,
    text=True,
    check=True,
  )
  return answer.stdout


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
