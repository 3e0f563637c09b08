"""What a model of few songs gains from `--init_from`.

  python -m benchmarks.few_songs --songs=FIVE --others=OTHERS --workdir=out/few \
      [--json=FILE]

trains `tracks.py:lstm_compound` on a folder of few songs, anew and from
lstm-songs, each until songs held out cost no less, and samples 16 songs of both.
Figures are nats per note of OTHERS, songs of the same kind that no model has seen,
and how the samples differ from all these songs.
"""

import json
import pathlib
import shlex
import subprocess
import sys

from absl import flags

from experiments import launch

SONGS = flags.DEFINE_string('songs', None, 'A folder of few MIDI files.')
OTHERS = flags.DEFINE_string('others', None, 'A folder of others like them.')
WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of the runs.')
JSON = flags.DEFINE_string('json', None, 'A file to write all figures to.')

PRETRAINED = 'lstm-songs'
# Parameters that are good already are left with small steps.
RATES = {'optimizer.learning_rate': 5e-4, 'optimizer.warmup_steps': 20}
RUNS = {
  'init': (200, RATES, (f'--init_from={PRETRAINED}',)),
  'fresh': (400, {}, ()),
}


def main():
  from musiczoo import build
  from musiczoo.data import corpora
  from musiczoo.music import json_files
  from musiczoo.runs import pretrained

  build.cache_compilation()
  root = pathlib.Path(WORKDIR.value)
  loaded = corpora.load(OTHERS.value).values()
  # Of few pieces some are in several splits.
  others = list({piece.name: piece for of in loaded for piece in of}.values())
  figures = {'songs': len(others)}
  for name in RUNS:
    _train(name, root / name)
    figures[name] = _samples(root, name)
  for name in (*RUNS, PRETRAINED):
    where = root / name if name in RUNS else name
    _, pipeline, params, step = pretrained.find(str(where))
    found = {'step': step, 'nll_per_note': _nats(pipeline, params, others)}
    figures[name] = found | figures.get(name, {})
    print(name, *(f'{k} {v:.4g}' for k, v in figures[name].items()), flush=True)
  if JSON.value:
    command = shlex.join(
      ['python', '-m', 'benchmarks.few_songs', *sys.argv[1:]]
    )
    text = json_files.text({'command': command, 'figures': figures})
    launch.write_text(pathlib.Path(JSON.value), text)


def _train(name, workdir):
  """Trains a run, or nothing if it has been."""
  steps, changes, more = RUNS[name]
  changes = changes | {
    'corpus': SONGS.value,
    'steps': steps,
    'optimizer.decay_steps': steps,
    'eval_every': 50,
    'checkpoint_every': 50,
  }
  _run(
    'experiments.train',
    '--config=experiments/configs/tracks.py:lstm_compound',
    f'--workdir={workdir}',
    *(f'--config.{key}={value}' for key, value in changes.items()),
    *more,
  )


def _samples(root, name):
  """How 16 songs of a run differ from the others, and what they copy."""
  new, json_file = root / f'{name}_new', root / f'{name}.json'
  if not new.exists():
    many = '--num_outputs=16', '--num_steps=1536', f'--output_dir={new}'
    _run('experiments.generate', f'--workdir={root / name}', *many)
  songs = f'--train={SONGS.value}', f'--real={OTHERS.value}'
  where = f'--generated={new}', f'--json={json_file}'
  _run('benchmarks.songs', *songs, *where)
  found = json.loads(json_file.read_text())['figures'][new.name]
  figures = found['songs']['figures']
  return {
    'bar_copies': found['bar_copies']['generated'][0],
    'repeated_bar_share': figures['repeated_bar_share']['generated'],
    'groove_similarity': figures['groove_similarity']['generated'],
    'num_large': found['songs']['large_gaps'],
  }


def _nats(pipeline, params, pieces):
  """Nats per note of pieces."""
  import jax
  import numpy as np

  from musiczoo.data import encoding
  from musiczoo.evaluation.likelihood import make_validation
  from musiczoo.training import parallel

  devices = parallel.jit(jax.devices()[:1])
  split = encoding.open_split(
    pieces,
    pipeline.representation,
    annotate=pipeline.annotate,
    cache_key={},
  )
  validate = make_validation(devices, pipeline, split, 1)
  figures = validate(devices.replicate(params))
  decode = pipeline.representation.decode
  notes = sum(len(decode(np.asarray(x)).notes) for x in split.x)
  total = figures[f'nll_per_{pipeline.spec.unit}'] * int(split.offsets[-1])
  return float(total / notes)


def _run(module, *arguments):
  subprocess.run([sys.executable, '-m', module, *arguments], check=True)


if __name__ == '__main__':
  launch.run(main, required=(SONGS, OTHERS, WORKDIR))
