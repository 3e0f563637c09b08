"""The command line as a user meets it: one line for each error, status 2."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.training import journal
from tests.experiments.commands import ROOT, run, start

CONFIG = '--config=experiments/configs/chorales.py:gru'
SMALL = [
  '--config.model.hidden=8',
  '--config.model.layers=1',
  '--config.head.hidden=8',
  '--config.batch_size=4',
  '--config.window=16',
  '--config.steps=12',
]


@pytest.mark.parametrize(
  'arguments,message',
  [
    ([], '--config is missing'),
    (['--confg=x'], 'did you mean --config?'),
    ([CONFIG + 'x'], "no variant 'grux': choose one of"),
    (['--config=absent.py:gru'], 'absent.py: no such file'),
    (['--config=README.md'], 'README.md is not a .py file'),
    ([CONFIG], '--workdir is missing'),
    ([CONFIG, '--config.stepz=3'], 'did you mean --config.steps?'),
    (
      [CONFIG, '--config.learning_rate=3'],
      'did you mean --config.optimizer.learning_rate?',
    ),
    (
      [CONFIG, '--config.begin=bar'],
      '--config.begin is --config.window_align since 0.2',
    ),
    ([CONFIG, '--config.steps=many'], '--config.steps=many: give int'),
    ([CONFIG, '--config.augment=perhaps'], 'give bool, as in True'),
    ([CONFIG, '--config.model=3'], '--config.model is a table'),
    ([CONFIG, '--config.steps'], '--config.steps has no value'),
    ([CONFIG, 'extra'], "'extra' is no flag"),
    ([CONFIG, '--reproducible=never'], '--reproducible'),
    ([CONFIG, '--config.on_nan=cry'], '--config.on_nan=cry: give one of stop'),
    ([CONFIG, '--profile=8:4'], 'give two steps'),
    ([CONFIG, '--rerun=w'], '--config means nothing with --rerun'),
    (['--rerun=absent'], 'no sound checkpoint'),
    ([CONFIG, '--num_processes=2'], '--coordinator is missing'),
  ],
)
def test_a_slip_is_answered_in_one_line_at_once(tmp_path, arguments, message):
  if CONFIG in arguments and len(arguments) > 1:
    arguments = [f'--workdir={tmp_path}', *arguments]
  answer = run('train', *arguments)
  assert answer.returncode == 2
  assert answer.stdout == ''
  assert len(answer.stderr.splitlines()) == 1
  assert message in answer.stderr


@pytest.mark.parametrize(
  'change,message',
  [
    ('eval_every=0', '--config.eval_every=0: give 1 or more'),
    ('batch_size=0', '--config.batch_size=0: give 1 or more'),
    ('window=1', '--config.window=1: give 2 or more'),
    ('seed=-1', '--config.seed=-1: give 0 or more'),
    ('dtype=float33', '--config.dtype=float33: give one of float32'),
    ('model.hidden=0', 'model.hidden=0'),
    ('head.voices=3', 'the music has 4 voices'),
    ('corpus=/nowhere', 'there is no such path'),
  ],
)
def test_a_number_no_run_can_be_made_of(corpus, tmp_path, change, message):
  arguments = [f'--workdir={tmp_path}', f'--config.corpus={corpus}', *SMALL]
  answer = run('train', CONFIG, *arguments, f'--config.{change}')
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1
  assert message in answer.stderr
  # The folder is free for the command that is right.
  assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  'arguments,message',
  [
    (['--workdir=w', '--config.batch_size=3'], 'this command takes no config'),
    (['--workdir=w', '--seed=4294967296'], '--seed'),
    (['--workdir=w', '--tempo=0'], '--tempo'),
    (['--workdir=w', '--infill_midi=a.mid'], 'give both'),
    (['--workdir=w', '--infill_bars=1:2'], 'give both'),
    (['--workdir=w', '--accompany_midi=a.mid'], 'give both'),
    (
      ['--workdir=w', '--primer_midi=a.mid', '--harmonize_midi=b.mid'],
      '--primer_midi and --harmonize_midi: give one of them',
    ),
    (
      ['--workdir=w', '--harmonize_midi=b.mid', '--num_steps=3'],
      '--num_steps cannot be used with --harmonize_midi',
    ),
  ],
)
def test_generate_answers_slips_too(arguments, message):
  answer = run('generate', '--output_dir=unmade', *arguments)
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1
  assert message in answer.stderr


def test_a_warning_of_the_library_is_on_stderr(tmp_path):
  (tmp_path / '000000001').mkdir()
  (tmp_path / '000000001/manifest.json').write_text('{}')
  code = (
    'from experiments import launch\n'
    'from musiczoo.training import checkpoint\n'
    f'launch.run(lambda: checkpoint.restore({str(tmp_path)!r}))'
  )
  answer = subprocess.run(
    [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True
  )
  assert 'is damaged' in answer.stderr, answer.stderr
  assert len(answer.stderr.splitlines()) == 1


def test_help_needs_no_jax():
  """Of all commands, each in a fork of one process that has imported none."""
  names = (
    'train evaluate generate demo prepare inspect export sweep trial'
  ).split()
  forks = f"""
import os, runpy, sys
for name in {names}:
  if not os.fork():
    sys.argv = [name, '--help']
    try:
      runpy.run_module(f'experiments.{{name}}', run_name='__main__')
    except SystemExit:
      print(f'{{name}}: jax' if 'jax' in sys.modules else f'{{name}}: done')
    sys.stdout.flush()
    os._exit(0)
  os.wait()
"""
  answer = subprocess.run(
    [sys.executable, '-c', forks], cwd=ROOT, capture_output=True, text=True
  )
  lines = answer.stdout.splitlines()
  assert [line for line in lines if ': done' in line] == [
    f'{name}: done' for name in names
  ], answer.stderr
  assert sum(line.startswith('  --') for line in lines) > 20


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  """A folder of forty little pieces."""
  folder = tmp_path_factory.mktemp('corpus')
  rng = np.random.default_rng(0)
  for i in range(40):
    notes = [
      (480 * j, 480, 60 + int(rng.integers(12)), 80, 0) for j in range(12)
    ]
    midi.write(Score(np.array(notes, np.int32)), folder / f'{i}.mid')
  return folder


@pytest.fixture(scope='module')
def trained(corpus, tmp_path_factory):
  workdir = tmp_path_factory.mktemp('trained')
  answer = run(
    'train',
    CONFIG,
    f'--workdir={workdir}',
    f'--config.corpus={corpus}',
    *SMALL,
  )
  assert answer.returncode == 0, answer.stderr
  return workdir, answer


def test_train_ends_with_the_digest_of_its_parameters(trained):
  _, answer = trained
  assert 'devices' in answer.stdout
  last = answer.stdout.splitlines()[-1]
  assert re.fullmatch('params_sha256=[0-9a-f]{64}', last)


def test_a_run_is_repeated_to_the_same_bits(trained, tmp_path):
  workdir, first = trained
  again = run('train', f'--rerun={workdir}', f'--workdir={tmp_path / "again"}')
  assert again.returncode == 0, again.stderr
  assert 'the same bits came out, and the same journal' in again.stdout
  assert again.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]
  # The repetition is at hand, so that it need not be made once more.
  other = tmp_path / 'other'
  shutil.copytree(workdir, other)
  path = other / journal.METRICS
  path.write_text(path.read_text().replace('"step": 10', '"step": 9'))
  apart = run('train', f'--rerun={other}', f'--workdir={tmp_path / "again"}')
  assert apart.returncode == 1
  assert "not the same: {'step': 9" in apart.stdout


def test_a_run_can_be_watched(corpus, tmp_path):
  answer = run(
    'train',
    CONFIG,
    f'--workdir={tmp_path}',
    f'--config.corpus={corpus}',
    *SMALL,
    '--config.log_every=1',
    '--config.eval_every=4',
    '--tensorboard',
    '--config.steps_per_dispatch=2',
    '--profile=6:8',
  )
  assert answer.returncode == 0, answer.stderr
  assert 'GFLOP a step' in answer.stdout
  assert re.search(
    r'compiled in \d+\.\d s, with the first steps', answer.stdout
  )
  with (tmp_path / 'metrics.csv').open() as f:
    lines = list(csv.DictReader(f))
  assert [int(line['step']) for line in lines] == list(range(1, 13))
  assert all(float(line['loss']) > 0 for line in lines)
  assert float(lines[3]['valid_nll_per_note']) > 0
  assert not lines[4]['valid_nll_per_note']
  assert (tmp_path / 'curve.png').stat().st_size > 5000
  assert list((tmp_path / 'tensorboard').iterdir())
  assert any(p.is_file() for p in (tmp_path / 'profile').rglob('*'))
  (*_, last) = journal.read(tmp_path, journal.TIMING)
  # A window of 16 steps, four openings of 4 and a phrase end of 32.
  tokens = 4 * (16 + 4 * 4 + 32) * 4
  assert last['tokens_per_second'] == pytest.approx(
    tokens * last['steps_per_second'], rel=1e-4
  )
  (begun,) = journal.read(tmp_path, 'starts.jsonl')
  assert begun['PJRT_NPROC'] == '16'
  assert 'xla_gpu_deterministic_ops' in begun['XLA_FLAGS']


def test_generate_same_seed_same_bytes(trained, tmp_path):
  workdir, _ = trained
  made = {}
  for name, seed in [('a', 5), ('b', 5), ('c', 6)]:
    answer = run(
      'generate',
      f'--workdir={workdir}',
      f'--output_dir={tmp_path / name}',
      '--num_outputs=2',
      '--num_steps=32',
      f'--seed={seed}',
      '--tempo=100',
    )
    assert answer.returncode == 0, answer.stderr
    assert 'tokens/s' in answer.stdout
    assert 'copied, in any key' in answer.stdout
    made[name] = {
      p.name: p.read_bytes() for p in sorted((tmp_path / name).iterdir())
    }
  music = ['000.mid', '000.png', '001.mid', '001.png']
  assert sorted(made['a']) == [*music, 'novelty.json']
  assert made['a'] == made['b']
  assert made['a']['000.mid'] != made['c']['000.mid']
  score = midi.read(tmp_path / 'a' / '000.mid')
  assert score.tempi.tolist() == [[0, 600_000]]


def test_evaluate_writes_what_it_prints(trained, tmp_path):
  workdir, _ = trained
  answer = run(
    'evaluate',
    f'--workdir={workdir}',
    f'--json={tmp_path / "e.json"}',
    '--num_outputs=3',
    '--num_steps=32',
  )
  assert answer.returncode == 0, answer.stderr
  figures = json.loads((tmp_path / 'e.json').read_text())
  assert figures['sampled_pieces'] == 3
  length = figures['voice_leading']['quarters_per_piece']
  assert length['samples'] == [8, 8, 8]
  assert length['split'] == [12, 12, 12]
  grades = figures['voice_leading']['grade']
  assert grades['split'][0] < grades['samples'][0]
  assert 'parallel_fifths_per_100_changes' in answer.stdout
  assert figures['split'] == 'test'
  parts = figures['nll_per_note_pitch'] + figures['nll_per_note_onset']
  assert abs(figures['nll_per_note'] - parts) < 1e-6
  assert f'{figures["nll_per_note"]:.4f}' in answer.stdout


@pytest.mark.parametrize('flag', ['--num_steps=8', '--temperature=1'])
def test_evaluate_refuses_flags_of_samples_without_samples(trained, flag):
  answer = run('evaluate', f'--workdir={trained[0]}', '--novoice_leading', flag)
  assert answer.returncode == 2
  assert f'{flag.partition("=")[0]} is for the voice-leading' in answer.stderr
  assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
  'arguments,message',
  [
    (['--workdir=/nowhere'], 'no such folder'),
    (['--workdir={}', '--top_p=0'], '--top_p must be in (0, 1]'),
    (['--workdir={}', '--temperature=-1'], 'must not be negative'),
    (['--workdir={}', '--primer_midi=absent.mid'], 'absent.mid'),
    (['--workdir={}', '--reconstruct=absent.mid'], 'has no latent space'),
    (['--workdir={}', '--primer_midi=README.md'], 'README.md'),
    (['--workdir={}', '--primer_midi=DRUMS'], 'none of its 1 notes fits'),
    (
      ['--workdir={}', '--infill_midi=DRUMS', '--infill_bars=1'],
      '--infill_midi cannot be used with this model',
    ),
    (['--workdir={}', '--harmonize_midi=DRUMS'], 'none of its 1 notes fits'),
  ],
)
def test_generate_refuses_in_one_line(trained, tmp_path, arguments, message):
  drums = Score(np.array([[0, 1, 40, 9, 0]], np.int32), (Track(0, True),))
  midi.write(drums, tmp_path / 'drums.mid')
  workdir, _ = trained
  arguments = [
    a.format(workdir).replace('DRUMS', str(tmp_path / 'drums.mid'))
    for a in arguments
  ]
  answer = run('generate', f'--output_dir={tmp_path / "out"}', *arguments)
  assert answer.returncode == 2
  assert len(answer.stderr.splitlines()) == 1, answer.stderr
  assert message in answer.stderr


def wait_for_steps(workdir):
  deadline = time.monotonic() + 240
  while not journal.read(workdir) and time.monotonic() < deadline:
    time.sleep(0.1)


def signal_own_process(workdir, number):
  wait_for_steps(workdir)
  os.kill(os.getpid(), number)


def endless(corpus, workdir):
  return [
    'train',
    CONFIG,
    f'--workdir={workdir}',
    f'--config.corpus={corpus}',
    *SMALL,
    '--config.steps=1000000',
    '--config.log_every=1',
  ]


def test_a_signal_saves_and_the_run_continues(corpus, tmp_path):
  thread = threading.Thread(
    target=signal_own_process, args=(tmp_path, signal.SIGTERM)
  )
  thread.start()
  answer = run(*endless(corpus, tmp_path))
  thread.join()
  check_saved_and_continued(
    corpus, tmp_path, signal.SIGTERM, answer.returncode, answer.stdout
  )


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_a_process_of_its_own(corpus, tmp_path, number):
  process = start(*endless(corpus, tmp_path))
  wait_for_steps(tmp_path)
  os.kill(process.pid, number)
  output, _ = process.communicate(timeout=60)
  check_saved_and_continued(
    corpus, tmp_path, number, process.returncode, output
  )


def check_saved_and_continued(corpus, tmp_path, number, status, output):
  assert status == 128 + number, output
  assert 'the same command goes on from here' in output
  stopped = int(re.search(r'stopped at step (\d+)', output)[1])
  again = run(
    'train',
    CONFIG,
    f'--workdir={tmp_path}',
    f'--config.corpus={corpus}',
    *SMALL,
    f'--config.steps={stopped + 5}',
    '--config.log_every=1',
  )
  assert again.returncode == 0, again.stderr
  assert f'resume   at step {stopped}' in again.stdout
  steps = [e['step'] for e in journal.read(tmp_path) if 'loss' in e]
  assert steps == list(range(1, stopped + 6))


def test_a_workdir_of_another_run_is_refused(trained, corpus):
  workdir, _ = trained
  answer = run(
    'train',
    CONFIG.replace('gru', 'lstm'),
    f'--workdir={workdir}',
    f'--config.corpus={corpus}',
    *SMALL,
  )
  assert answer.returncode == 2
  assert 'family is gru there, lstm here' in answer.stderr
