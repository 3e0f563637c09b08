"""Proof that arithmetic is what it was at revision 0804405, under new names.

  git worktree add /tmp/old 0804405
  python -m benchmarks.equivalence --old=/tmp/old \
      --json=docs/results/equivalence.json

Trains a tiny model of each family for twelve steps in the old tree and then in
this one, which begins with the old initial parameters by their new names (see
`equivalence_names`) but makes its own batches, and compares parameters,
averages, moments, noise, batches, metrics and samples bit for bit. Validation
figures are to agree to 1e-6. The pretrained models are to write the same MIDI
bytes and to have the same figures to 1e-6. About ten minutes on two cores; with --work the old tree's side is
kept, and made only once.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks import equivalence_corpus, equivalence_names as names
from musiczoo.runs import config_history

HERE = pathlib.Path(__file__).resolve().parent
REVISION = '0804405'
BOUND = 1e-6
RUN = {
  'batch_size': '8',
  'window': '32',
  'steps': '12',
  'steps_per_dispatch': '12',
  'model.hidden': '32',
}
WARM = {'optimizer.warmup_steps': '4'}
NET = RUN | WARM | {'model.layers': '2'}
VOICES = NET | {'head.features': '8', 'head.hidden': '16'}
CODER = RUN | WARM | {'model.latent': '8'}
GAN = RUN | {'model.latent': '8', 'model.levels': '2', 'model.overlap': '8'}
# Case: (config, corpus, changes by their old names).
TRIALS = {
  'rnn': ('chorales.py:rnn', 'chorales', VOICES),
  'lstm': ('chorales.py:lstm', 'chorales', VOICES),
  'gru': ('chorales.py:gru', 'chorales', VOICES),
  'cnn': ('chorales.py:cnn', 'chorales', VOICES),
  'autoencoder': ('chorales.py:autoencoder', 'chorales', CODER),
  'vae': ('chorales.py:vae', 'chorales', CODER),
  'gan': ('chorales.py:gan', 'chorales', GAN),
  'structure': (
    'chorales.py:structure',
    'chorales',
    VOICES
    | {
      'model.planner_hidden': '16',
      'model.analyser_hidden': '16',
      'model.analyser_channels': '8',
    },
  ),
  'gru_conditioned': (
    'chorales.py:gru',
    'chorales',
    VOICES
    | {
      'conditions.use': 'key,chord,density,style',
      'conditions.styles': 'a,b',
    },
  ),
  'rnn_pianoroll': ('chorales.py:rnn_pianoroll', 'chorales', NET),
  'gru_nade': (
    'chorales.py:gru_pianoroll_nade',
    'chorales',
    NET | {'head.hidden': '16'},
  ),
  'lstm_events': ('tracks.py:lstm_events', 'songs', NET),
  'autoencoder_events': ('chorales.py:autoencoder_events', 'chorales', CODER),
  'vae_melody': (
    'chorales.py:vae_melody',
    'chorales',
    CODER | {'model.segment': '8'},
  ),
  'gan_tracks': ('tracks.py:gan', 'songs', GAN),
  'structure_tracks': (
    'tracks.py:structure',
    'songs',
    NET
    | {
      'model.planner_hidden': '16',
      'model.analyser_hidden': '16',
      'model.analyser_channels': '8',
    },
  ),
  'gru_invariant': (
    'chorales.py:gru',
    'chorales',
    VOICES
    | {
      'reproducible': 'device_invariant',
      'batch_size': '16',
      'microbatches': '2',
      'remat': 'true',
    },
  ),
}
SONG, OTHER = 'chorales/00.mid', 'chorales/01.mid'
PLAIN = ['--num_outputs=2', '--num_steps=64', '--seed=3']
# Pretrained model: flags of `generate`, one list for each call.
SHIPPED = {
  'lstm-chorales': [
    PLAIN,
    [*PLAIN, f'--primer_midi={SONG}', '--temperature=0.9', '--top_p=0.95'],
  ],
  'gru-chorales': [PLAIN, [*PLAIN, '--top_k=5', '--min_p=0.02']],
  'cnn-chorales': [PLAIN],
  'vae-chorales': [
    PLAIN,
    [f'--reconstruct={SONG}', '--attribute=density:+1'],
    ['--num_outputs=3', f'--interpolate={SONG},{OTHER}'],
  ],
  'gan-chorales': [PLAIN, ['--num_outputs=2', f'--harmonize_midi={SONG}']],
  'structure-chorales': [PLAIN, [*PLAIN, '--chords=C G Am F', '--key=C']],
}


def main() -> int:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--old', required=True, help=f'checkout of {REVISION}')
  parser.add_argument('--json', help='file for the receipt')
  parser.add_argument('--work', help='folder that keeps what the old tree made')
  parser.add_argument('--only', help='cases or pretrained models, by commas')
  parser.add_argument('--jobs', type=int, default=1, help='cases at a time')
  args = parser.parse_args()
  only = args.only.split(',') if args.only else [*TRIALS, *SHIPPED]
  with (
    tempfile.TemporaryDirectory() as folder,
    ThreadPoolExecutor(args.jobs) as pool,
  ):
    trees = Trees(args.old, args.work or folder)
    # Those that take longest first.
    used = {
      n: pool.submit(trees.compare_shipped, n) for n in SHIPPED if n in only
    }
    trained = {
      n: pool.submit(trees.compare_trial, n) for n in TRIALS if n in only
    }
    shipped = {n: f.result() for n, f in used.items()}
    trials = {n: f.result() for n, f in trained.items()}
  same = all(found['same'] for found in [*trials.values(), *shipped.values()])
  if args.json:
    receipt = {
      'command': (
        f'python -m benchmarks.equivalence --old=DIR --json={args.json}'
      ),
      'revision': REVISION,
      'bound': BOUND,
      'same': same,
      'may_differ': names.MAY_DIFFER,
      'trials': trials,
      'pretrained': shipped,
    }
    text = json.dumps(receipt, indent=1) + '\n'
    pathlib.Path(args.json).write_text(text)
  print('all the same' if same else 'NOT THE SAME')
  return 0 if same else 1


class Trees:
  """The old and the new source tree, and a folder for what both make."""

  def __init__(self, old: str, work: str):
    self._roots = {'old': pathlib.Path(old).resolve(), 'new': HERE.parent}
    self._work = pathlib.Path(work).resolve()
    for name, write in (
      ('chorales', equivalence_corpus.write_chorales),
      ('songs', equivalence_corpus.write_songs),
    ):
      if not (self._work / name).is_dir():
        write(self._work / name)

  def compare_trial(self, name: str) -> dict:
    """Trains a case in both trees; says what differs, and prints it."""
    begun = time.perf_counter()
    old, new = (self._work / f'{name}.{side}.npz' for side in ('old', 'new'))
    new.unlink(missing_ok=True)
    if not old.exists():
      self._train('old', name, None, old)
    error = self._train('new', name, old, new)
    found = (
      {'error': error, 'same': False}
      if error
      else _compare(name, _arrays(old), _arrays(new))
    )
    _print(name, found, time.perf_counter() - begun)
    return found

  def _train(self, side, name, state, output):
    """Runs a side's trial in a process of its own; returns its error, if any."""
    config, corpus, changes = TRIALS[name]
    changes = changes | {'corpus': str(self._work / corpus)}
    if side == 'new':
      changes = {
        config_history.renamed(k) or k: config_history.RENAMED_VALUES.get(
          k, {}
        ).get(v, v)
        for k, v in changes.items()
      }
    request = {
      'config': f'experiments/configs/{config}',
      'changes': changes,
      'state': state and str(state),
      'output': str(output),
    }
    file = HERE / f'equivalence_{side}.py'
    return self._run(side, [str(file)], self._roots[side], json.dumps(request))

  def _run(self, side, arguments, folder, given=''):
    done = subprocess.run(
      [sys.executable, *arguments],
      input=given,
      capture_output=True,
      text=True,
      cwd=folder,
      env=os.environ | {'PYTHONPATH': str(self._roots[side])},
    )
    if not done.returncode:
      return None
    if side == 'old':
      raise SystemExit(f'{arguments} in {folder}:\n{done.stderr}')
    return done.stderr.strip()[-3000:]

  def compare_shipped(self, name: str) -> dict:
    """Generates and evaluates in both trees; says what differs."""
    begun = time.perf_counter()
    output = self._work / 'new' / name
    if not (self._work / 'old' / name / 'figures.json').exists():
      self._use('old', name)
    error = self._use('new', name)
    if error:
      found = {'error': error, 'same': False}
    else:
      family = name.split('-')[0]
      old = _figures(self._work / 'old' / name, names.METRICS, family)
      new = _figures(output, [], family)
      differ = {
        k: (old.get(k), new.get(k))
        for k in sorted(old | new)
        if not _close(old.get(k), new.get(k))
      }
      songs = [_songs(self._work / side / name) for side in ('old', 'new')]
      found = {
        'same': songs[0] == songs[1] and not differ,
        'midi_files': len(songs[1]),
        'midi_differ': sorted(
          k for k in songs[0] | songs[1] if songs[0].get(k) != songs[1].get(k)
        ),
        'figures': len(new),
        'figures_differ': differ,
      }
    _print(name, found, time.perf_counter() - begun)
    return found

  def _use(self, side, name):
    folder = self._work / side / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.rglob('*.*'):
      file.unlink()
    for i, flags in enumerate(SHIPPED[name]):
      flags = [
        flag.replace('chorales/', f'{self._work}/chorales/') for flag in flags
      ]
      error = self._run(
        side,
        [
          '-m',
          'experiments.generate',
          f'--pretrained={name}',
          f'--output_dir={folder / str(i)}',
          *flags,
        ],
        self._roots[side],
      )
      if error:
        return error
    return self._run(
      side,
      [
        '-m',
        'experiments.evaluate',
        f'--pretrained={name}',
        f'--json={folder / "figures.json"}',
      ],
      self._roots[side],
    )


def _arrays(file):
  with np.load(file, allow_pickle=False) as saved:
    return dict(saved)


def _compare(name, old, new):
  """What of a trial differs, in today's names."""
  configs = [json.loads(str(side.pop('config'))) for side in (old, new)]
  family = configs[0]['family']
  renamed = {}
  for key, array in old.items():
    group, *path = key.split('/')
    rules = names.METRICS if group in ('metrics', 'figures') else names.PARAMS
    path = names.rename('/'.join(path), rules, f'{family} {name}')
    renamed['/'.join(filter(None, (group, path)))] = array
  differ = {}
  for key in sorted(renamed | new):
    apart = _apart(renamed.get(key), new.get(key))
    if apart:
      differ[key] = apart
  structure = 'one side' in differ.values()
  largest = {'arrays': 0.0, 'figures': 0.0}
  for key, apart in differ.items():
    group = 'figures' if key.startswith('figures/') else 'arrays'
    if apart != 'one side':
      largest[group] = max(largest[group], apart)
  keys = _config_differences(*configs)
  bound = BOUND if name in names.MAY_DIFFER else 0.0
  return {
    'same': (
      not structure
      and not keys
      and largest['arrays'] <= bound
      and largest['figures'] <= BOUND
    ),
    'arrays': len(new),
    'numbers': sum(a.size for a in new.values()),
    'differ': len(differ),
    'largest_difference': largest,
    **({'where': dict(list(differ.items())[:12])} if differ else {}),
    **({'config': keys} if keys else {}),
  }


def _apart(old, new):
  """0 of equal bits; else the difference relative to the largest number."""
  if old is None or new is None or old.shape != new.shape:
    return 'one side'
  if old.dtype == new.dtype and old.tobytes() == new.tobytes():
    return 0.0
  old, new = old.astype(np.float64), new.astype(np.float64)
  scale = max(np.abs(old).max(), np.finfo(np.float32).tiny)
  # A type of its own is a difference too, be the numbers the same.
  return float(np.abs(old - new).max() / scale) or float('inf')


def _config_differences(old, new):
  old = names.flat_config(config_history.upgraded(old))
  new = names.flat_config(new)
  return [
    f'{k}: {old.get(k)} -> {new.get(k)}'
    for k in sorted(old | new)
    if old.get(k) != new.get(k)
  ]


def _figures(folder, rules, family):
  found = _leaves(json.loads((folder / 'figures.json').read_text()))
  return {names.rename(k, rules, family): v for k, v in found.items()}


def _leaves(value, prefix=''):
  if isinstance(value, dict):
    items = value.items()
  elif isinstance(value, list):
    items = enumerate(value)
  else:
    return {prefix.rstrip('/'): value}
  found = {}
  for key, inner in items:
    found |= _leaves(inner, f'{prefix}{key}/')
  return found


def _close(old, new):
  if isinstance(old, float) and isinstance(new, float):
    return old == new or abs(old - new) <= BOUND * max(1.0, abs(old))
  return old == new


def _songs(folder):
  return {
    str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
    for file in sorted(folder.rglob('*.mid'))
  }


def _print(name, found, seconds):
  print(f'{name:20} {"same" if found["same"] else "DIFFERS"} {seconds:5.0f} s')
  if not found['same']:
    print(found.get('error') or json.dumps(found, indent=1), flush=True)


if __name__ == '__main__':
  sys.exit(main())
