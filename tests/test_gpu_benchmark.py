"""The script for GPUs, with small sizes on this device."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.slow
def test_every_row_is_measured(tmp_path):
  # The other parts compile all families: minutes on two cores.
  arguments = '--tiny', '--parts=recurrent', f'--output_dir={tmp_path}'
  subprocess.run(
    [sys.executable, '-m', 'benchmarks.gpu', *arguments], cwd=ROOT, check=True
  )
  receipt = json.loads((tmp_path / 'gpu_recurrent.json').read_text())
  assert receipt['command'] == 'python -m benchmarks.gpu --tiny'
  figures = receipt['figures']
  assert len(figures) > 20 and all(type(n) is float for n in figures.values())
