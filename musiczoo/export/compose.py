"""A System walks in; the text of play.py, written for it alone, walks out.

Its functions are those of `player`, as they stand there.
"""

from collections.abc import Sequence
import inspect
import textwrap

import numpy as np

from musiczoo.build import Pipeline, RunConfig
from musiczoo.export.player import folder, notes, requested, sample
from musiczoo.export.stablehlo import takes_given
from musiczoo.music import annotations, harmony
from musiczoo.music.score import Track
from musiczoo.representations import Representation, tracks, voices

_PLAY = '''\
"""Writes music with the {family} in this folder, as MIDI files.
  python play.py --output_dir=music --num_outputs=2 --num_steps=64 --seed=0

Needs numpy, mido, jax and flatbuffers. Same seed, same notes as `generate`.
"""
import argparse, hashlib, json, pathlib, sys

{constants}
{functions}
def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.error = stop
  parser.add_argument('--output_dir', type=pathlib.Path, required=True)
  for name, (usual, _, _) in FLAGS.items():
    parser.add_argument(f'--{{name}}', type=type(usual), default=usual)
{asked}  flags = vars(parser.parse_args())
  for name, (_, least, most) in FLAGS.items():
    if not least <= flags[name] <= most:
      stop(f'--{{name}}={{flags[name]}}: give {{least}} to {{most}}')
  folder = pathlib.Path(__file__).resolve().parent
  num, length, output = map(flags.get, ('num_outputs', 'num_steps', 'output_dir'))
  check(folder)
  output.mkdir(parents=True, exist_ok=True)
  sample = make_sample(folder, num, flags['seed'])
  controls = {{name: flags[name] for name in list(FLAGS)[3:]}}
{write}
try:
  import mido
  import numpy as np
  main()
except (ImportError, OSError) as e:
  stop(e)
'''
# A step of x is one of the grid; what a last window has beyond is cut off.
_GRID = """\
{inputs}  for i, x in enumerate(sample({steps}, controls)[:, :length]):
{notes}    to_midi(output / f'{{i:03d}}.mid', notes, TRACKS, {{}})
"""
# It is an event: twice as many begin with the same ones, until they are enough.
_EVENTS = """\
  for steps in 4 * length * 2 ** np.arange(5):
{inputs}    xs = sample({steps}, controls)
    pieces = [from_events(x, length) for x in xs]
    lasts = [notes[:, :2].sum(1).max(initial=0) for notes, _, _ in pieces]
    if all(0 in x or last >= length for x, last in zip(xs, lasts)):
      break
  for i, piece in enumerate(pieces):
    to_midi(output / f'{{i:03d}}.mid', *piece)
"""
_RUN = {
  'num_outputs': (8, 1, 65536),
  'num_steps': (256, 1, 65536),
  'seed': (0, 0, 2**32 - 1),
}
_CONTROLS = {
  'temperature': (1.0, 0.0, 1e9),
  'top_k': (0, 0, 65536),
  'top_p': (1.0, 1e-9, 1.0),
  'min_p': (0.0, 0.0, 1.0),
}
_WISHES = {
  'chords': 'type=str',
  'key': 'type=str',
  'density': 'type=float',
  'style': 'choices=STYLES',
}


def compose(pipeline: Pipeline, config: RunConfig, files: Sequence[str]) -> str:
  """The text of play.py, which checks `files`.

  Where x is events there is no room for the flags of wishes.
  """
  representation, model = pipeline.representation, pipeline.model
  is_events = representation.spec.end_token is not None
  decode, made, played = decoding(representation, config.representation.name)
  functions = [
    folder.stop,
    folder.check,
    sample.make_sample,
    *decode,
    notes.to_midi,
  ]
  controls = {k: v for k, v in _CONTROLS.items() if k in model.controls}
  constants = {
    'FILES': tuple(sorted(files)),
    # What is usual, the least and the most.
    'FLAGS': _RUN | controls,
    'GRID': representation.spec.steps_per_quarter,
  }
  if played is not None:
    constants['TRACKS'] = [tuple(track) for track in played]
  inputs, asked, steps = [], {}, 'steps' if is_events else 'length'
  if model.window:
    steps = f'max({steps}, {model.window})'
  if takes_given(model):
    shape = ''.join(f', {size}' for size in representation.spec.shape)
    inputs = [
      f"controls['given'] = np.zeros((num, {steps}{shape}), np.int32)",
      f"controls['known'] = np.zeros(({steps}{shape or ','}), bool)",
    ]
  if 'cond' in model.controls and is_events:
    inputs += [
      'place = np.minimum(np.arange(steps), length - 1) % (4 * GRID)',
      "controls['cond'] = np.zeros((num, steps, 8), np.int32)",
      "controls['cond'][..., 0] = np.minimum(place + 1, 96)",
    ]
  elif 'cond' in model.controls:
    told = config.conditions.columns
    asked = {k: v for k, v in _WISHES.items() if k.removesuffix('s') in told}
    functions += [requested.plan, requested.parse]
    constants |= {
      'STYLES': config.conditions.styles,
      'QUALITIES': list(harmony.QUALITIES),
      'DENSITIES': annotations.DENSITIES,
    }
    inputs += [
      "asked = map(flags.get, ('chords', 'key', 'density', 'style'))",
      f"controls['cond'] = np.array([plan({steps}, length, *asked)] * num)",
    ]
  indent = 4 if is_events else 2
  return _PLAY.format(
    family=config.family,
    constants='\n'.join(_constant(k, v) for k, v in constants.items()),
    functions=''.join(f'\n{inspect.getsource(f)}' for f in functions),
    asked=''.join(
      f"  parser.add_argument('--{k}', {v})\n" for k, v in asked.items()
    ),
    write=(_EVENTS if is_events else _GRID).format(
      steps=steps,
      inputs=''.join(f'{" " * indent}{line}\n' for line in inputs),
      notes=''.join(f'    {line}\n' for line in made),
    ),
  )


def _constant(name, value):
  return textwrap.fill(
    f'{name} = {value!r}',
    80,
    subsequent_indent='    ',
    break_long_words=False,
    break_on_hyphens=False,
  )


def decoding(representation: Representation, name: str):
  """Functions that decode x, lines that do, and tracks if always such.

  What the lowest pitch is and whether strikes count, `decode` is asked.
  """
  if name == 'events':
    return [notes.from_events], (), None
  if name in ('voices', 'melody'):
    struck_twice = np.full((2, *representation.spec.shape), 3)
    found = representation.decode(struck_twice).notes
    lines = 'x' if name == 'voices' else 'x[:, None]'
    if len(found) == len(np.unique(found[:, 4])):
      lines = f'{lines} // 2 * 2'
    played = voices.TRACKS if name == 'voices' else (Track(),)
    made = [f'notes = from_cells({lines}, {found[0, 2]})']
    return [notes.from_cells], made, played
  lowest = np.zeros((1, representation.spec.depth), int)
  lowest.reshape(representation.spec.planes, -1)[-2:, 0] = 1
  low = representation.decode(lowest).notes[0, 2]
  if name == 'pianoroll':
    made = [
      'keys = x[:, None] > 0',
      f'notes = from_roll(keys, keys & False, {low})',
    ]
    return [notes.from_roll], made, (Track(),)
  # Drums are struck; of all others a plane sounds and one is struck.
  made = [
    f'planes = x.reshape(len(x), {tracks.PLANES}, -1) > 0',
    'sounds, struck = planes[:, [0, 1, 3, 5, 7]], planes[:, ::2]',
    f'notes = from_roll(sounds, struck, {low})',
  ]
  return [notes.from_roll], made, tracks.GROUPS
