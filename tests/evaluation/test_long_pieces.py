"""An hour of music is evaluated in two gigabytes, whatever the family."""

import subprocess
import sys

import numpy as np
import pytest

from musiczoo.music.score import Score, Track
from tests.experiments import commands

QUARTERS = 4800  # An hour at 80 a minute.
MOST = 2**21  # Kilobytes.

# Not ru_maxrss: that one begins with the memory of the process that forked.
PROGRAM = """
import pathlib
from experiments import evaluate
try:
  evaluate.run()
except SystemExit as end:
  assert not end.code
status = pathlib.Path('/proc/self/status').read_text()
print('VmHWM', status.split('VmHWM:')[1].split()[0])
"""


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  """A folder of one piece of an hour, in four voices."""
  folder = tmp_path_factory.mktemp('hour')
  rng = np.random.default_rng(0)
  beat = np.arange(QUARTERS)
  voices = []
  for track, pitch in enumerate((72, 65, 60, 48)):
    pitches = pitch + rng.integers(-4, 5, QUARTERS)
    columns = 480 * beat, 480 + 0 * beat, pitches, 80 + 0 * beat
    voices.append(np.stack([*columns, track + 0 * beat], axis=1))
  notes = np.concatenate(voices).astype(np.int32)
  tempi = np.array([[0, 750_000]], np.int32)
  Score(notes, (Track(),) * 4, tempi).write(folder / 'hour.mid')
  return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != 'linux', reason='the peak is read in /proc')
@pytest.mark.parametrize('name', ['structure', 'vae', 'infill'])
def test_an_hour_takes_two_gigabytes_at_most(name, corpus):
  of = f'--pretrained={name}-chorales', f'--corpus={corpus}'
  done = subprocess.run(
    [sys.executable, '-c', PROGRAM, *of, '--novoice_leading', '--nonovelty'],
    cwd=commands.ROOT,
    capture_output=True,
    text=True,
  )
  assert not done.returncode, done.stderr
  assert 'pieces  1' in done.stdout
  assert int(done.stdout.split('VmHWM')[1]) < MOST
