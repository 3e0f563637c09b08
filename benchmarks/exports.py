"""Runs exported models in environments without musiczoo and compares results.

  python -m benchmarks.exports --jax=PYTHON --onnx=PYTHON \\
      --models=gru-chorales,out/lstm,chorales.py:rnn_events

A model is the name of a pretrained one, a workdir, or a variant of a config, which
is then trained for a few steps. The interpreters are of environments with nothing
but `numpy mido jax flatbuffers` and `numpy mido onnxruntime`. Of each model:

  midi       how many of the files that play.py writes in the first are, byte for
             byte, those of `experiments.generate` with the same flags
  onnx       the largest difference of any output of model.onnx in the second from
             the outputs of the model here, on random inputs, and the largest output
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import jax
import numpy as np

from musiczoo.runs import pretrained
from tests.export.models import inputs

ROOT = pathlib.Path(__file__).parents[1]
RUN = ['--num_outputs=2', '--num_steps=64', '--seed=3']
SHORT = [
  '--config.steps=12',
  '--config.eval_every=12',
  '--config.checkpoint_every=12',
]
ROWS, STEPS = 3, 48

# Runs in an environment that has no musiczoo.
OUTSIDE = """
import sys
import numpy as np, onnxruntime
for name in 'jax', 'musiczoo', 'flax':
  try:
    __import__(name)
    sys.exit(f'{name} is there: give an environment without it')
  except ImportError:
    pass
session = onnxruntime.InferenceSession(sys.argv[1])
given = dict(np.load(sys.argv[2]))
names = [output.name for output in session.get_outputs()]
np.savez(sys.argv[3], **dict(zip(names, session.run(names, given))))
"""


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--jax', required=True, help='a Python with jax')
  parser.add_argument('--onnx', required=True, help='a Python with onnxruntime')
  parser.add_argument('--models', required=True)
  args = parser.parse_args()
  for name in args.models.split(','):
    with tempfile.TemporaryDirectory() as folder:
      print(json.dumps(exported(name, pathlib.Path(folder), args)), flush=True)


def exported(name, folder, args) -> dict:
  asked = [f'--pretrained={name}']
  if '.py:' in name:
    run(
      'train',
      f'--config=experiments/configs/{name}',
      *SHORT,
      f'--workdir={folder / "run"}',
    )
    found = folder / 'run'
  else:
    found = name
  if pathlib.Path(found).exists():
    asked = [f'--workdir={found}']
  out = folder / 'export'
  run('export', *asked, f'--output_dir={out}')
  run(
    'generate', *asked, *RUN, '--nonovelty', f'--output_dir={folder / "here"}'
  )
  # From elsewhere: Python looks for modules where it is started.
  subprocess.run(
    [args.jax, out / 'play.py', *RUN, f'--output_dir={folder / "there"}'],
    check=True,
    cwd=folder,
  )
  files = sorted((folder / 'here').glob('*.mid'))
  same = [
    f.read_bytes() == (folder / 'there' / f.name).read_bytes() for f in files
  ]
  result = {'model': name, 'midi': f'{sum(same)} of {len(files)}'}
  if (out / 'model.onnx').exists():
    result |= onnx(str(found), out / 'model.onnx', folder, args.onnx)
  return result


def run(command, *arguments):
  subprocess.run(
    [sys.executable, '-m', f'experiments.{command}', *arguments],
    check=True,
    cwd=ROOT,
    stdout=subprocess.DEVNULL,
  )


def onnx(name, model, folder, python) -> dict:
  _, pipeline, params, _ = pretrained.find(name)
  forward = pipeline.model.forward
  given = inputs(pipeline, forward, ROWS, STEPS)
  np.savez(folder / 'given.npz', **given)
  subprocess.run(
    [python, '-c', OUTSIDE, model, folder / 'given.npz', folder / 'found.npz'],
    check=True,
    cwd=folder,
  )
  expected = jax.jit(forward.apply)(params, given)
  with np.load(folder / 'found.npz') as found:
    apart = {k: float(np.abs(found[k] - expected[k]).max()) for k in found}
    largest = max(float(np.abs(found[k]).max()) for k in found)
  return {'onnx': max(apart.values()), 'largest': largest}


if __name__ == '__main__':
  main()
