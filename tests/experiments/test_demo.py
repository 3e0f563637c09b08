"""The demo, small: all it promises is in its folder."""

import pathlib
import subprocess
import sys

from musiczoo import midi

ROOT = pathlib.Path(__file__).parents[2]


def test_a_small_demo(tmp_path):
  small = {
      'model.hidden': 8, 'head.hidden': 8, 'head.features': 4, 'batch_size': 4,
      'window': 16, 'steps': 12, 'eval_every': 6,
  }
  answer = subprocess.run(
      [
          sys.executable, '-m', 'experiments.demo', f'--output_dir={tmp_path}',
          *[f'--config.{k}={v}' for k, v in small.items()],
      ],
      cwd=ROOT, capture_output=True, text=True, timeout=500,
  )
  assert answer.returncode == 0, answer.stderr
  for i in range(8):
    assert len(midi.read(tmp_path / f'{i:03d}.mid').tracks) <= 4
    assert (tmp_path / f'{i:03d}.png').stat().st_size > 0
  assert (tmp_path / 'curve.png').stat().st_size > 0
  for word in ('valid:', 'test:', 'floor:', 'copied', 'experiments.generate'):
    assert word in answer.stdout
