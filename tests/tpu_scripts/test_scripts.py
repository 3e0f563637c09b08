"""The commands that the scripts give gcloud, and what they do where it fails."""

import os
import pathlib
import shlex
import shutil
import string
import subprocess
import sys
import time

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
SCRIPTS = ROOT / 'tpu_scripts'
WHERE = ['--name=bach', '--zone=us-west4-a']
TRAIN = ['python', '-m', 'experiments.train', '--workdir=../bucket/my lstm']
SLICE = [*WHERE, '--type=v5litepod-16', '--spot', '--bucket=music']

# What `train.sh --dry_run` says of a slice, spot, in a bucket.
GOLDEN = r"""
gcloud compute tpus queued-resources create bach --zone=us-west4-a --node-id=bach --accelerator-type=v5litepod-16 --runtime-version=v2-alpha-tpuv5-lite --spot
gcloud compute tpus queued-resources describe bach --zone=us-west4-a '--format=value(state.state)'
git -C tpu_scripts/.. archive --format=tar.gz --output=HERE/bach.tar.gz HEAD
gcloud compute tpus tpu-vm scp HERE/bach.tar.gz bach:musiczoo.tar.gz --zone=us-west4-a --worker=all --quiet
rm HERE/bach.tar.gz
gcloud compute tpus tpu-vm ssh bach --zone=us-west4-a --worker=all '--command=mkdir -p musiczoo && tar -xzf musiczoo.tar.gz -C musiczoo && musiczoo/tpu_scripts/install.sh --bucket=music' --quiet
gcloud compute tpus tpu-vm ssh bach --zone=us-west4-a --worker=all '--command=cd musiczoo && rm -f ~/run.status && export PATH=$PWD/.venv/bin:$PATH && (setsid nohup tpu_scripts/keep.sh --log=$HOME/run -- python -m experiments.train '\''--workdir=../bucket/my lstm'\'' >/dev/null 2>&1 </dev/null &)' --quiet
gcloud compute tpus queued-resources describe bach --zone=us-west4-a '--format=value(state.state)'
gcloud compute tpus tpu-vm ssh bach --zone=us-west4-a --worker=0 '--command=tail -n 5 run.log; echo status=$(cat run.status)' --quiet
gcloud compute tpus queued-resources delete bach --zone=us-west4-a --force --quiet
"""


@pytest.fixture
def machine(tmp_path):
  """Returns run(script, *args, **files) of the stand-in, and its folder."""
  shutil.copy(pathlib.Path(__file__).with_name('gcloud'), tmp_path)

  def run(script, *args, **files):
    for name, lines in files.items():
      (tmp_path / name).write_text('\n'.join(lines) + '\n')
    environ = os.environ | {
      'PATH': f'{tmp_path}:{os.environ["PATH"]}',
      'STAND_IN': str(tmp_path),
      'POLL': '0',
      'TMPDIR': str(tmp_path),
      'HOME': str(tmp_path),
      'SLURM_JOB_ID': '7',
    }
    return subprocess.run(
      ['bash', f'tpu_scripts/{script}', *args],
      cwd=ROOT,
      env=environ,
      capture_output=True,
      text=True,
      timeout=60,
    )

  return run, tmp_path


def golden(folder) -> list[str]:
  return GOLDEN.strip().replace('HERE', str(folder)).splitlines()


def asked(folder) -> list[list[str]]:
  log = folder / 'log'
  lines = log.read_text().splitlines() if log.exists() else []
  return list(map(shlex.split, lines))


def verbs(folder) -> list[str]:
  return [words[4] for words in asked(folder)]


def test_dry_run_says_all_and_does_nothing(machine):
  run, folder = machine
  done = run('train.sh', *SLICE, '--dry_run', '--', *TRAIN)
  assert done.stdout.splitlines() == golden(folder)
  assert not asked(folder)
  assert not (folder / 'bach.tar.gz').exists()


def test_one_machine_on_demand_in_a_project(machine):
  run, _ = machine
  where = [*WHERE, '--project=zoo', '--dry_run']
  done = run('create.sh', *where, '--type=v6e-4')
  assert done.stdout.splitlines()[0] == (
    'gcloud compute tpus queued-resources create bach --zone=us-west4-a '
    '--project=zoo --node-id=bach --accelerator-type=v6e-4 '
    '--runtime-version=v2-alpha-tpuv6e'
  )
  done = run('setup.sh', *where)
  assert 'install.sh' in done.stdout and '--bucket' not in done.stdout
  done = run('fetch.sh', *where, '--from=bucket/lstm', '--to=out')
  assert done.stdout.splitlines() == [
    'mkdir -p out',
    'gcloud compute tpus tpu-vm scp --recurse bach:bucket/lstm out '
    '--zone=us-west4-a --project=zoo --worker=0 --quiet',
  ]


def test_a_training_asks_what_the_dry_run_said(machine):
  run, folder = machine
  done = run(
    'train.sh',
    *SLICE,
    '--',
    *TRAIN,
    states=['NOT_FOUND', 'WAITING_FOR_RESOURCES', 'PROVISIONING', 'ACTIVE'],
    answers=['', '', 'step 10 status=', 'step 20 status=0'],
  )
  assert done.returncode == 0, done.stderr
  said = [
    shlex.split(line) for line in golden(folder) if line.startswith('gcloud')
  ]
  of = lambda words, verb: [w for w in words if w[4] == verb]
  for verb in 'create', 'scp', 'delete':
    assert of(asked(folder), verb) == of(said, verb)
  assert of(asked(folder), 'ssh')[:2] == of(said, 'ssh')[:2]
  assert 'step 20' in done.stdout
  assert not (folder / 'bach.tar.gz').exists()


def test_a_tpu_taken_away_is_asked_for_again(machine):
  run, folder = machine
  done = run(
    'train.sh',
    *SLICE,
    '--',
    *TRAIN,
    states=[
      'NOT_FOUND',
      'ACTIVE',
      'ACTIVE',
      'SUSPENDED',  # While watched;
      'NOT_FOUND',
      'ACTIVE',
    ],
    answers=['', '', 'status=', '', '', 'status=0'],
  )
  assert done.returncode == 0, done.stderr
  made = [v for v in verbs(folder) if v in ('create', 'scp', 'delete')]
  assert made == ['create', 'scp', 'delete'] * 2


def test_a_tpu_taken_away_in_setup_is_asked_for_again(machine):
  run, folder = machine
  (folder / 'home').mkdir()  # Where nothing was unpacked: setup fails.
  done = run(
    'train.sh',
    *SLICE,
    '--',
    *TRAIN,
    states=[
      'ACTIVE',
      'ACTIVE',
      'SUSPENDED',
      'SUSPENDED',
      'NOT_FOUND',
      'FAILED',
    ],
  )
  changes = [v for v in verbs(folder) if v != 'describe']
  assert changes == ['scp', 'ssh', 'delete', 'create']
  # That one was refused, and is not asked for again.
  assert done.returncode == 2 and 'refused' in done.stderr


def test_a_command_that_fails_leaves_the_tpu(machine):
  run, folder = machine
  done = run(
    'train.sh',
    *SLICE,
    '--',
    *TRAIN,
    states=['ACTIVE'],
    answers=['', '', 'error: no such config status=2'],
  )
  assert done.returncode == 2
  assert 'create' not in verbs(folder) and 'delete' not in verbs(folder)


@pytest.mark.parametrize(
  'script, args',
  [
    ('create.sh', ['--name=bach']),
    ('create.sh', [*WHERE, '--type=v9-4']),
    ('delete.sh', [*WHERE, '--forced']),
    ('run.sh', WHERE),
    ('fetch.sh', ['bach']),
  ],
)
def test_slips_end_in_one_line(machine, script, args):
  run, folder = machine
  done = run(script, *args)
  assert done.returncode == 2 and done.stderr.startswith('error: ')
  assert len(done.stderr.splitlines()) == 1 and not asked(folder)


def test_every_script_has_help(machine):
  run, _ = machine
  for path in SCRIPTS.glob('*.sh'):
    if path.name != 'flags.sh':
      done = run(path.name, '--help')
      assert f'tpu_scripts/{path.name}' in done.stdout and not done.returncode


def test_the_stand_in_refuses_what_gcloud_would(machine):
  _, folder = machine
  for command in (
    'compute tpus queued-resources make bach --zone=z',
    'compute tpus queued-resources delete bach --zone=z --forced',
    'compute tpus queued-resources delete bach --zone=z --force=yes',
    'compute tpus queued-resources describe --zone=z',
    'compute tpus tpu-vm ssh bach --worker=all',
  ):
    done = subprocess.run(
      [folder / 'gcloud', *command.split()],
      env=os.environ | {'STAND_IN': str(folder)},
      capture_output=True,
    )
    assert done.returncode == 2, command


def test_run_leaves_a_kept_command_on_the_worker(machine):
  run, folder = machine
  (folder / 'home').mkdir()
  (folder / 'home' / 'musiczoo').symlink_to(ROOT)
  done = run('run.sh', *WHERE, '--', 'echo', 'a  voice')
  assert done.returncode == 0, done.stderr
  status = folder / 'home' / 'run.status'
  for _ in range(100):
    if status.exists() and status.read_text():
      break
    time.sleep(0.05)
  assert status.read_text() == '0\n'
  assert (folder / 'home' / 'run.log').read_text() == 'a  voice\n'


@pytest.mark.parametrize(
  'statuses, begun', [((0,), 1), ((75, 134, 0), 3), ((2, 0), 1), ((143,), 1)]
)
def test_keep_begins_again_what_can_go_on(machine, statuses, begun):
  run, folder = machine
  (folder / 'statuses').write_text('\n'.join(map(str, statuses)))
  command = (
    f'cd {folder}; echo begun; s=$(head -n 1 statuses); '
    'sed -i 1d statuses; exit $s'
  )
  done = run('keep.sh', f'--log={folder}/run', '--', 'bash', '-c', command)
  assert done.returncode == statuses[begun - 1]
  assert (folder / 'run.status').read_text() == f'{done.returncode}\n'
  assert (folder / 'run.log').read_text().count('begun') == begun


def test_keep_gives_up_in_the_end(machine):
  run, folder = machine
  done = run('keep.sh', f'--log={folder}/run', '--times=2', '--', 'false')
  assert done.returncode == 1
  assert (folder / 'run.log').read_text().count('ended with 1') == 3


def test_nothing_is_kept_twice(machine):
  run, folder = machine
  again = f'{SCRIPTS}/keep.sh --log={folder}/run -- echo twice'
  done = run('keep.sh', f'--log={folder}/run', '--', 'bash', '-c', again)
  assert done.returncode == 2
  assert 'running already' in (folder / 'run.log').read_text()


def test_install_says_what_it_would_do(machine):
  run, folder = machine
  said = run('install.sh', '--bucket=music', '--dry_run').stdout
  assert not (folder / 'bucket').exists()
  assert "--editable '.[tpu,corpora]'" in said
  assert 'gcsfuse --implicit-dirs --metadata-cache-ttl-secs=0 music' in said


def test_scripts_are_clean():
  shellcheck = pathlib.Path(sys.executable).with_name('shellcheck')
  scripts = [*SCRIPTS.glob('*.sh'), *SCRIPTS.glob('*.sbatch')]
  done = subprocess.run(
    [shellcheck, '-x', *scripts], capture_output=True, text=True
  )
  assert not done.returncode, done.stdout


def test_jobset():
  text = (SCRIPTS / 'jobset.yaml').read_text()
  body = ''.join(
    line for line in text.splitlines(True) if not line.startswith('#')
  )
  values = {
    'NAME': 'bach',
    'IMAGE': 'image',
    'BUCKET': 'music',
    'WORKERS': '4',
    'ACCELERATOR': 'tpu-v5-lite-podslice',
    'TOPOLOGY': '4x4',
    'CHIPS': '4',
    'CONFIG': 'experiments/configs/chorales.py:lstm',
  }
  assert all(f'{name}=' in text for name in values)
  spec = yaml.safe_load(string.Template(body).substitute(values))['spec']
  (job,) = spec['replicatedJobs']
  job = job['template']['spec']
  # Who ends, ends them all, and all begin again together.
  assert job['parallelism'] == job['completions'] == 4
  assert job['backoffLimit'] == 0 and spec['failurePolicy']['maxRestarts']
  (container,) = job['template']['spec']['containers']
  assert container['command'][:3] == ['python', '-m', 'experiments.train']
  assert container['resources']['limits'] == {'google.com/tpu': 4}
  (rule,) = job['podFailurePolicy']['rules']
  assert rule['onExitCodes']['values'] == [2]
  assert rule['onExitCodes']['containerName'] == container['name']


@pytest.mark.parametrize('status, queued', [(0, 0), (2, 0), (75, 1), (143, 1)])
def test_slurm_queues_again_what_can_go_on(machine, status, queued):
  run, folder = machine
  for name, does in {'srun': f'exit {status}', 'scontrol': ''}.items():
    path = folder / name
    path.write_text(f'#!/bin/sh\necho {name} "$@" >> {folder}/log\n{does}\n')
    path.chmod(0o755)
  done = run('slurm_gpu.sbatch', '--workdir=out')
  lines = (folder / 'log').read_text().splitlines()
  assert done.returncode == status
  assert lines[0].endswith('-m experiments.train --workdir=out')
  assert lines[1:] == ['scontrol requeue 7'] * queued
