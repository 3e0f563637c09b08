"""A run is what it says: its config, its pieces, its checkpoints, its process."""

import json
import logging
import os
import shutil

import jax
import pytest

from musiczoo.errors import UserError
from musiczoo.runs import locks, run, verify, workdir
from musiczoo.training import (
  checkpoint,
  checkpoint_folder,
  journal,
  parallel,
)
from tests.golden_run import write_corpus
from tests.runs.test_run import config

_PROGRAMS = []  # One for all runs, on one device.


def place(options, pipeline):
  if not _PROGRAMS:
    devices = parallel.jit(jax.devices()[:1])
    train_steps = run.make_steps(options, pipeline, parallel.AXIS)
    program = devices.compile(train_steps, batch_axis=1, donate=True)
    _PROGRAMS.append((devices, program))
  return _PROGRAMS[0]


def quiet(options, folder, say=lambda line: None, **how):
  return run.fit(options, folder, say=say, place=place, **how)


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  folder = tmp_path_factory.mktemp('corpus')
  write_corpus(folder)
  return folder


@pytest.fixture(scope='module')
def trained(tmp_path_factory, corpus):
  """A run of four steps, to be copied."""
  folder = tmp_path_factory.mktemp('trained') / 'run'
  quiet(config(corpus, 'rnn', steps='4'), folder)
  return folder


@pytest.fixture
def copied(tmp_path, trained):
  shutil.copytree(trained, tmp_path / 'run')
  return tmp_path / 'run'


def longer(corpus, **changes):
  return config(corpus, 'rnn', **{'steps': '6'} | changes)


def test_other_pieces_under_the_same_names_are_refused(
  tmp_path, corpus, copied
):
  mine = tmp_path / 'corpus'
  shutil.copytree(corpus, mine)
  options = longer(mine)
  # As if it had been trained on this copy.
  path = copied / 'config.json'
  path.write_text(path.read_text().replace(str(corpus), str(mine)))
  assert quiet(options, copied).step == 6
  names = json.loads((copied / 'run.json').read_text())['pieces']
  train = sorted(n for n in names if n.startswith('train/'))
  (a, b) = (mine / name.removeprefix('train/') for name in train[:2])
  shutil.copy(a, b)
  with pytest.raises(UserError, match=f'other pieces .changed: {train[1]}.: '):
    quiet(longer(mine, steps='8'), copied)
  b.unlink()
  with pytest.raises(UserError, match=f'other pieces .gone: {train[1]}.: '):
    quiet(longer(mine, steps='8'), copied)
  with pytest.raises(UserError, match='other pieces'):
    verify.rerun(copied, tmp_path / 'again')
  assert not (tmp_path / 'again').exists()


def test_pieces_of_no_use_to_the_run_may_change(tmp_path, corpus, copied):
  names = json.loads((copied / 'run.json').read_text())['pieces']
  used = {name.split('/')[1] for name in names}
  test = next(p for p in corpus.iterdir() if p.name not in used)
  content = test.read_bytes()
  try:
    shutil.copy(corpus / next(iter(used)), test)
    assert quiet(longer(corpus), copied).step == 6
  finally:
    test.write_bytes(content)


def test_the_id_follows_from_config_and_pieces(corpus):
  options, pieces = longer(corpus), {'train/a': '0'}
  same = workdir.run_id(options, pieces)
  assert same == workdir.run_id(longer(corpus, steps='9'), pieces)
  assert same != workdir.run_id(longer(corpus, seed='9'), pieces)
  assert same != workdir.run_id(options, {'train/a': '1'})


def test_a_checkpoint_of_another_run_is_not_used(
  tmp_path, corpus, copied, caplog
):
  """One of the same shape: of another seed."""
  quiet(config(corpus, 'rnn', seed='1', steps='6'), tmp_path / 'other')
  shutil.copytree(
    tmp_path / 'other/checkpoints/000000006', copied / 'checkpoints/000000006'
  )
  with caplog.at_level(logging.WARNING):
    *_, step = workdir.load(copied)
  assert step == 4 and (copied / 'checkpoints/000000006').is_dir()
  said = []
  quiet(longer(corpus), copied, said.append)
  assert any('resume   at step 4' in line for line in said)
  assert 'it is of another run' in caplog.text
  assert (copied / 'checkpoints/other-000000006.0').is_dir()
  for step in checkpoint_folder.steps(copied / 'checkpoints'):
    shutil.rmtree(copied / f'checkpoints/{step:09d}')
  with pytest.raises(UserError, match='only other checkpoints'):
    quiet(longer(corpus), copied)


@pytest.mark.parametrize('has_identity', [True, False])
def test_a_renamed_checkpoint_is_not_used(copied, caplog, has_identity):
  folder = copied / 'checkpoints'
  if not has_identity:  # As of an earlier release.
    path = folder / '000000004'
    (path / 'run.json').unlink()
    sums = json.loads((path / 'manifest.json').read_text())
    del sums['run.json']
    (path / 'manifest.json').write_text(json.dumps(sums, indent=1) + '\n')
  shutil.copytree(folder / '000000004', folder / '000000025')
  assert checkpoint.restore(folder)[2] == 4
  assert 'it is of step 4' in caplog.text
  assert (folder / '000000025').is_dir()
  assert checkpoint.restore(folder, set_aside=True)[2] == 4
  assert (folder / 'other-000000025.0').is_dir()


def test_a_stray_copy_is_no_checkpoint(corpus, copied):
  folder = copied / 'checkpoints'
  shutil.copytree(folder / '000000004', folder / '99')
  (folder / '000000005').write_text('')
  assert quiet(longer(corpus), copied).step == 6
  assert (folder / '99').is_dir()


def test_two_do_not_train_in_one_folder(tmp_path, corpus, copied):
  with locks.alone(copied):
    with pytest.raises(UserError, match='another process trains there'):
      quiet(longer(corpus), copied)
  assert quiet(longer(corpus), copied).step == 6
  # A refused start leaves no folder behind.
  with pytest.raises(UserError, match='no such folder'):
    quiet(longer(corpus), tmp_path / 'new', init_from=str(tmp_path / 'absent'))
  assert not (tmp_path / 'new').exists()


def test_other_devices_are_reported(corpus, copied):
  path = copied / 'starts.jsonl'
  devices = jax.device_count()
  text = path.read_text()
  path.write_text(text.replace(f'"devices": {devices}', '"devices": 99'))
  said = []
  quiet(longer(corpus), copied, said.append)
  (note,) = (line for line in said if line.startswith('note'))
  assert f'devices {devices}, before 99: the run goes on to other bits' in note
  said.clear()
  quiet(longer(corpus, steps='8'), copied, said.append)
  assert not any(line.startswith('note') for line in said)


def test_a_run_is_not_compared_with_itself(tmp_path, copied):
  os.symlink(copied, tmp_path / 'link')
  for again in copied, f'{copied}/', tmp_path / 'link':
    with pytest.raises(UserError, match='is the run that --rerun names'):
      verify.rerun(copied, again)


def test_a_run_of_before_goes_on_and_is_recorded(corpus, copied):
  (copied / 'run.json').unlink()
  assert quiet(longer(corpus), copied).step == 6
  assert json.loads((copied / 'run.json').read_text())['run']


@pytest.mark.parametrize(
  'content', [b'\xff', b'[' * 10**5, b'{}', b'{"run": 1, "pieces": {}}']
)
def test_a_damaged_record_is_named(corpus, copied, content):
  (copied / 'run.json').write_bytes(content)
  for act in workdir.load, lambda folder: quiet(longer(corpus), folder):
    with pytest.raises(UserError, match='run.json is damaged'):
      act(copied)


def test_a_damaged_line_is_named_and_nothing_removed(corpus, copied):
  path = copied / journal.METRICS
  content = b'\xff' + path.read_bytes()
  path.write_bytes(content)
  with pytest.raises(UserError, match='metrics.jsonl: line 1 is damaged'):
    quiet(longer(corpus), copied)
  assert path.read_bytes() == content
