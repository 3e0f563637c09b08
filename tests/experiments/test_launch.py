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
from musiczoo.runs import provenance
from musiczoo.training import checkpoint_folder, journal
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
  if arguments and arguments != [CONFIG]:
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
    ('window=1', '--config.window=1: give 2 to 1048576'),
    ('window=1000000000', '--config.window=1000000000: give 2 to 1048576'),
    ('window=1048576', 'of memory are needed at least, and there are'),
    ('steps_per_dispatch=100000', 'steps_per_dispatch=100000: give 1 to 65536'),
    ('model.hidden=1000000000', 'hidden=1000000000: give 1 to 65536'),
    ('model.layers=99', '--config.model.layers=99: give 1 to 64'),
    ('head.features=0', '--config.head.features=0: give 1 to 65536'),
    ('head.hidden=0', '--config.head.hidden=0: give 1 to 65536'),
    ('optimizer.learning_rate=-1', 'learning_rate=-1.0: give 0 or more'),
    ('optimizer.learning_rate=nan', 'learning_rate=nan: give 0 or more'),
    ('optimizer.clip=-1', '--config.optimizer.clip=-1.0: give 0 or more'),
    ('optimizer.weight_decay=-1', 'weight_decay=-1.0: give 0 or more'),
    ('optimizer.warmup_steps=-1', 'warmup_steps=-1: give 0 or more'),
    ('sampling.temperature=inf', 'sampling.temperature=inf: give 0 to 100'),
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
    (['--workdir=w', '--tempo=1'], 'in the range [4, 1000]'),
    (['--workdir=w', '--num_steps=1000000000'], 'in the range [1, 1000000]'),
    (['--workdir=w', '--num_outputs=100000'], 'in the range [1, 65536]'),
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
  assert answer.stderr.startswith('warning: ')
  assert len(answer.stderr.splitlines()) == 1


def test_work_goes_on_when_nobody_reads_what_is_printed(tmp_path):
  code = f"""
from experiments import launch
def main():
  for number in range(100_000):
    print('line', number)
  launch.write_text(launch.pathlib.Path({str(tmp_path / 'asked.json')!r}), '{{}}')
launch.run(main)"""
  with subprocess.Popen(
    [sys.executable, '-c', code],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  ) as process:
    assert process.stdout.readline() == 'line 0\n'
    process.stdout.close()  # As `| head -1`.
    assert process.stderr.read() == ''
  assert process.returncode == 0
  assert (tmp_path / 'asked.json').read_text() == '{}'


@pytest.mark.parametrize(
  'error,code',
  [
    ('MemoryError()', 2),
    ('RuntimeError("RESOURCE_EXHAUSTED: 9 bytes")', 2),
    ('RuntimeError("of the program")', 1),
  ],
)
def test_memory_that_is_used_up_is_an_error_of_one_line(error, code):
  program = f"""
from experiments import launch
def main():
  raise {error}
launch.run(main)"""
  answer = subprocess.run(
    [sys.executable, '-c', program], cwd=ROOT, capture_output=True, text=True
  )
  assert answer.returncode == code
  lines = answer.stderr.splitlines()
  assert (len(lines) == 1) == (code == 2)
  assert ('the memory is used up' in lines[0]) == (code == 2)


# Flag of a group of flags that the command imports.
COMMANDS = {
  'train': ['config', 'workdir', 'rerun', 'profile', 'coordinator'],
  'evaluate': ['workdir', 'pretrained', 'html', 'temperature', 'orderings'],
  'generate': ['workdir', 'pretrained', 'html', 'primer_midi', 'best_of'],
  'demo': ['config', 'output_dir'],
  'prepare': ['input', 'output', 'max_notes'],
  'inspect': ['file', 'pretrained', 'html'],
  'export': ['workdir', 'pretrained', 'output_dir', 'onnx'],
  'sweep': ['config', 'workdir', 'grid'],
  'trial': ['workdir', 'trials'],
  'pretrain': ['name', 'workdir'],
}


def test_help_names_every_flag_and_needs_no_jax():
  """Of all commands, each in a fork of one process that has imported none."""
  forks = f"""
import io, json, os, runpy, sys
from absl import flags
for name in {list(COMMANDS)}:
  if not os.fork():
    sys.argv, real = [name, '--help'], sys.stdout
    sys.stdout = io.StringIO()
    before = set(flags.FLAGS)
    try:
      runpy.run_module(f'experiments.{{name}}', run_name='__main__')
    except SystemExit as e:
      status = e.code
    by_module = flags.FLAGS.flags_by_module_dict().items()
    ours = [f.name for m, fs in by_module if m.split('.')[0] in
            ('experiments', 'musiczoo', name) for f in fs]
    said = [sys.stdout.getvalue(), ours, status, 'jax' in sys.modules]
    print(json.dumps(said), file=real, flush=True)
    os._exit(0)
  os.wait()
"""
  answer = subprocess.run(
    [sys.executable, '-c', forks], cwd=ROOT, capture_output=True, text=True
  )
  lines = answer.stdout.splitlines()
  assert len(lines) == len(COMMANDS), answer.stderr
  for (name, expected), line in zip(COMMANDS.items(), lines):
    text, flags, status, has_jax = json.loads(line)
    assert status == 0 and not has_jax, name
    shown = re.findall(r'^  --(?:\[no\])?(\w+)\b(?! or)', text, re.M)
    assert sorted(shown) == sorted(flags), name
    assert set(expected) <= set(flags), name
    assert max(map(len, text.splitlines())) <= 80, name
    # In a wheel the commands are those of musiczoo.experiments.
    installed = text.replace('-m experiments.', '-m musiczoo.experiments.')
    assert max(map(len, installed.splitlines())) <= 80, name
    # What cannot be left out stands before the rest, below an example.
    example = text.index(f'  python -m experiments.{name} ')
    assert name == 'demo' or example < text.index('Required:\n  --')


@pytest.mark.parametrize(
  'command,arguments,message',
  [
    ('generate', [], '--workdir is missing: give --workdir (folder of a tr'),
    ('generate', [], 'or --pretrained (name of a model of the package: cnn-'),
    ('generate', ['--workdir=w'], '--output_dir is missing: give --output_dir'),
    ('train', [], '--config is missing: give --config (FILE.py:VARIANT, such'),
    ('train', [], 'or --rerun (workdir of a run to repeat'),
    ('inspect', [], '--file is missing: give --file (MIDI file)'),
  ],
)
def test_a_missing_flag_is_named_with_its_alternatives(
  command, arguments, message
):
  answer = run(command, *arguments)
  assert answer.returncode == 2
  assert answer.stderr.count('\n') == 1
  assert message in answer.stderr


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
  (begun,) = provenance.read(tmp_path)
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


def test_earlier_pieces_are_replaced_as_a_whole(trained, tmp_path):
  workdir, _ = trained

  def generate(number, *more):
    return run(
      'generate',
      f'--workdir={workdir}',
      f'--output_dir={tmp_path}',
      f'--num_outputs={number}',
      '--num_steps=16',
      *more,
    )

  (tmp_path / '007.mid').write_bytes(b'of the user')
  assert generate(3).returncode == 0
  again = generate(1, '--nonovelty')
  assert f'1 pieces by the model of step 12 in {tmp_path}, in place of 3 ' in (
    again.stdout
  )
  names = sorted(path.name for path in tmp_path.iterdir())
  assert names == ['000.mid', '000.png', '007.mid']
  # What is given is never lost to what is made of it.
  given = f'--primer_midi={tmp_path / "000.mid"}'
  answer = generate(1, given)
  assert answer.returncode == 2
  assert 'choose another folder' in answer.stderr
  assert len(answer.stderr.splitlines()) == 1


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
  assert f'wrote {tmp_path / "e.json"}\n' in answer.stdout
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


def test_what_a_primer_loses_is_on_stderr(trained, tmp_path):
  workdir, _ = trained
  notes = [(480 * i, 480, pitch, 80, 0) for i, pitch in enumerate((62, 127))]
  midi.write(Score(np.array(notes, np.int32)), tmp_path / 'high.mid')
  answer = run(
    'generate',
    f'--workdir={workdir}',
    f'--output_dir={tmp_path / "new"}',
    f'--primer_midi={tmp_path / "high.mid"}',
    '--num_outputs=1',
    '--num_steps=16',
    '--nonovelty',
  )
  assert answer.returncode == 0, answer.stderr
  (line,) = answer.stderr.splitlines()
  assert line.startswith(f'warning: {tmp_path / "high.mid"} is reduced')
  assert '1 of 2 notes kept' in line


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
    (
      ['--workdir={}', '--num_outputs=65536', '--num_steps=1000000'],
      'of memory are needed at least, and there are',
    ),
    (['--workdir={}', '--top_p=0'], '--top_p=0: give 1e-09 to 1'),
    (['--workdir={}', '--temperature=-1'], '--temperature=-1: give 0 to 100'),
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
@pytest.mark.parametrize(
  'number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
)
def test_a_signal_to_a_process_of_its_own(corpus, tmp_path, number):
  process = start(*endless(corpus, tmp_path))
  wait_for_steps(tmp_path)
  os.kill(process.pid, number)
  output, _ = process.communicate(timeout=60)
  check_saved_and_continued(
    corpus, tmp_path, number, process.returncode, output
  )


@pytest.mark.slow
def test_the_end_of_the_pipe_that_is_written_to_saves(corpus, tmp_path):
  process = start(*endless(corpus, tmp_path), '--config.eval_every=1')
  assert process.stdout.readline().startswith('devices')
  process.stdout.close()
  assert process.wait(timeout=240) == 128 + signal.SIGPIPE
  steps = checkpoint_folder.steps(tmp_path / 'checkpoints')
  lines = [e['step'] for e in journal.read(tmp_path) if 'loss' in e]
  assert steps and steps[-1] == lines[-1]
  errors = process.stderr.read()
  process.stderr.close()
  assert 'Traceback' not in errors


@pytest.mark.slow
def test_a_run_needs_no_stdout(corpus, tmp_path):
  arguments = f'{CONFIG} --workdir={tmp_path} --config.corpus={corpus}'
  line = f'{sys.executable} -m experiments.train {arguments} {" ".join(SMALL)}'
  done = subprocess.run(
    ['sh', '-c', f'{line} >&-'], cwd=ROOT, capture_output=True, text=True
  )
  assert done.returncode == 0, done.stderr
  assert not done.stderr and list((tmp_path / 'checkpoints').iterdir())


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
