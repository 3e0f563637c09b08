"""Damaged files of a run end in one line: no traceback, no hang, nothing lost."""

import json
import os
import pathlib
import random
import shutil

import numpy as np
import pytest

from musiczoo.data import dataset
from musiczoo.data.corpus import Piece
from musiczoo.errors import UserError
from musiczoo.music import files, json_files
from musiczoo.music.score import Score
from musiczoo.runs import pretrained, provenance, workdir
from musiczoo.runs.sweep import results
from musiczoo.training import checkpoint, checkpoint_folder, journal
from tests.mutations import mutate
from tests.training.test_checkpoint import CONFIG, state

FEW = 300
MANY = [FEW, pytest.param(10_000, marks=pytest.mark.slow)]
FIGURES = [{'step': s, 'loss': 1.5, 'valid_nll': 0.25} for s in range(1, 6)]
JUMPS = [{'step': 3, 'batch': 3, 'from': 0, 'jump': 4}] * 2
STARTS = [{'step': 0, 'params_sha256': '0' * 64, 'init_from': None, 'jax': '1'}]
RESULT = {
  'status': 'done',
  'step': 3,
  'monitor': 'nll',
  'figures': {'valid_nll': 1.5, 'test_nll': 2.5},
}


@pytest.fixture
def guarded(tmp_path):
  """A folder to damage files in; what is beside it stays as it is."""
  beside = tmp_path / 'beside'
  beside.mkdir()
  (beside / 'file').write_text('as it was')
  (tmp_path / 'run').mkdir()
  before = files.digests(beside, but='')
  yield tmp_path / 'run'
  assert files.digests(beside, but='') == before
  assert {p.name for p in tmp_path.iterdir()} == {'beside', 'run'}


def in_one_line(read, *arguments):
  """What a reader returns, or None after an error in one line."""
  try:
    return read(*arguments)
  except UserError as e:
    assert '\n' not in str(e) and len(str(e)) < 1000
    return None


@pytest.mark.parametrize('num', MANY)
@pytest.mark.parametrize(
  'name,entries,read',
  [
    (journal.METRICS, FIGURES, journal.read),
    (journal.TIMING, FIGURES, lambda f: journal.read(f, journal.TIMING)),
    (journal.BAD, JUMPS, lambda f: journal.read(f, journal.BAD)),
    (provenance.STARTS, STARTS, provenance.read),
  ],
)
def test_of_journals(guarded, num, name, entries, read):
  journal.append(guarded, name, entries)
  path, rng = guarded / name, random.Random(0)
  content = path.read_bytes()
  for _ in range(num):
    damaged = mutate(content, rng)
    path.write_bytes(damaged)
    found = in_one_line(read, guarded)
    assert path.read_bytes() == damaged
    if found is not None:
      # All lines that have an end; perhaps one more, which has none.
      assert len(found) - damaged.count(b'\n') in (0, 1)
      in_one_line(journal.rewind, guarded, 10**9)
      journal.append(guarded, name, entries[:1])
      assert read(guarded)[: len(found)] == found
      journal.write_csv(guarded)


@pytest.mark.parametrize('num', MANY)
def test_of_checkpoints(guarded, num, caplog):
  for step in 1, 2:
    checkpoint.save(guarded, state(step), CONFIG, {'monitored': 3.0 - step})
  newest, rng = guarded / '000000002', random.Random(0)
  names = [n for n in files.names(newest, but='')]
  for i in range(num):
    # Half of them in the text files, which are the small ones.
    texts = [n for n in names if n.endswith('.json')]
    path = newest / rng.choice(names if i % 2 else texts)
    content = path.read_bytes()
    path.write_bytes(mutate(content, rng))
    before = files.digests(guarded, but='') if i % 50 == 0 else None
    problem = checkpoint_folder.find_problem(newest, 'run')
    assert problem.kind == 'damaged' and '\n' not in problem.what
    chosen = checkpoint_folder.choose(guarded, True, None, {}, False)
    assert chosen == 1
    if before is not None:
      assert files.digests(guarded, but='') == before
    path.write_bytes(content)
  assert checkpoint_folder.find_problem(newest, 'run') is None


@pytest.mark.parametrize('num', MANY)
@pytest.mark.parametrize('resealed', [False, True])
def test_of_datasets(guarded, num, resealed):
  path, rng = guarded / 'd', random.Random(0)
  with dataset.creating(path) as (writer, _):
    for i in range(4):
      notes = np.array([[j, 1, 60 + i, 80, 0] for j in range(i + 1)], np.int32)
      writer.add(Piece(f'{i}.mid', Score(notes)), 'train')
  seal = (path / dataset.SEAL).read_bytes()
  names = files.names(path, but=dataset.SEAL)
  for _ in range(num):
    file = path / rng.choice(names if resealed else [*names, dataset.SEAL])
    content = file.read_bytes()
    file.write_bytes(mutate(content, rng))
    if resealed:
      table = json.loads(seal)
      table['files'][file.name]['sha256'] = files.sha256(file)
      (path / dataset.SEAL).write_text(json.dumps(table))
    found = in_one_line(dataset.open, path)
    if found is not None:
      assert [len(list(split)) for split in found.values()]
    file.write_bytes(content)
    (path / dataset.SEAL).write_bytes(seal)


def recorded(folder):
  return workdir.check_pieces(folder, {'train/a': '0'})


def summed(folder):
  pretrained.check(folder)
  raise AssertionError('the sums differ')


@pytest.mark.parametrize('num', MANY)
@pytest.mark.parametrize(
  'name,content,read',
  [
    ('run.json', {'run': '0', 'pieces': {'train/a': '0'}}, recorded),
    (results.RESULT, RESULT, results.read),
    (
      'config.json',
      CONFIG,
      lambda f: workdir.read_table(f / 'config.json'),
    ),
  ],
)
def test_of_tables(guarded, num, name, content, read):
  path, rng = guarded / name, random.Random(0)
  text = json_files.text(content).encode()
  for _ in range(num):
    path.write_bytes(mutate(text, rng))
    in_one_line(read, guarded)
    in_one_line(results.finished, guarded)


@pytest.mark.parametrize('num', MANY)
def test_of_sums(guarded, num):
  for name in 'ab':
    (guarded / name).write_text(name)
  pretrained.seal(guarded)
  path, rng = guarded / pretrained.SUMS, random.Random(0)
  text = path.read_bytes()
  for _ in range(num):
    path.write_bytes(damaged := mutate(text, rng))
    if {*damaged.splitlines()} != {*text.splitlines()}:
      assert in_one_line(summed, guarded) is None


def test_a_pipe_in_place_of_any_file_is_not_waited_for(guarded):
  checkpoint.save(guarded / 'checkpoints', state(1), CONFIG, {})
  newest = guarded / 'checkpoints/000000001'
  for name in files.names(newest, but=''):
    content = (newest / name).read_bytes()
    (newest / name).unlink()
    os.mkfifo(newest / name)
    assert checkpoint.restore(guarded / 'checkpoints') is None
    (newest / name).unlink()
    (newest / name).write_bytes(content)
  for name in journal.METRICS, 'run.json', results.RESULT, 'config.json':
    os.mkfifo(guarded / name)
  for read in (
    journal.read,
    recorded,
    lambda f: workdir.read_table(f / 'config.json'),
  ):
    with pytest.raises(UserError, match='no regular file'):
      read(guarded)
  assert results.read(guarded)['status'] == 'damaged'


def test_a_seal_leads_nowhere_else(guarded, caplog):
  checkpoint.save(guarded, state(1), CONFIG, {})
  path = guarded / '000000001/manifest.json'
  sums = json.loads(path.read_text())
  for name in '../../beside/file', '/etc/passwd', '..', 'state/../a', './a':
    path.write_text(json_files.text(sums | {name: '0' * 64}))
    assert checkpoint.restore(guarded) is None
    assert f'it lists {name!r}' in caplog.text


def test_what_may_not_be_read_is_no_damage(guarded, monkeypatch):
  checkpoint.save(guarded, state(1), CONFIG, {})
  opened = files.open_regular

  def refuse(path):
    if pathlib.Path(path).name == 'manifest.ocdbt':
      raise PermissionError(13, 'Permission denied', str(path))
    return opened(path)

  monkeypatch.setattr(files, 'open_regular', refuse)
  for set_aside in False, True:
    with pytest.raises(UserError, match='manifest.ocdbt cannot be read .Perm'):
      checkpoint.restore(guarded, set_aside=set_aside)
  assert [p.name for p in guarded.iterdir()] == ['000000001']


def test_damaged_figures_of_the_best_are_reported(guarded, caplog):
  for step, value in (1, 1.0), (2, 3.0), (3, 2.0), (4, 4.0), (5, 4.0):
    metrics = {'monitor': 'nll', 'monitored': value}
    checkpoint.save(guarded, state(step), CONFIG, metrics)
  assert checkpoint.restore(guarded, best=True)[2] == 1
  path = guarded / '000000001/metrics.json'
  path.write_text(path.read_text().replace('1.0', '9.0'))
  assert checkpoint.restore(guarded, best=True)[2] == 3
  assert '000000001 is not used: metrics.json is damaged' in caplog.text
  # It is not pruned, as the best is not.
  checkpoint.save(guarded, state(6), CONFIG, {})
  assert (guarded / 'damaged-000000001.0').is_dir()


def test_parameters_that_are_no_numbers_are_not_saved_or_used(guarded, caplog):
  checkpoint.save(guarded, state(1), CONFIG, {})
  bad = state(2)
  bad.params['net']['w'][0, 0] = np.nan
  with pytest.raises(
    UserError, match='not saved, since parameters after step 2'
  ):
    checkpoint.save(guarded, bad, CONFIG, {})
  finite = checkpoint._is_finite
  checkpoint._is_finite = lambda tree: True
  checkpoint.save(guarded, bad, CONFIG, {})
  checkpoint._is_finite = finite
  assert checkpoint.restore(guarded)[2] == 1
  assert 'parameters are no finite numbers' in caplog.text


def test_a_reader_beside_a_run_reads_on(guarded):
  """The best is removed while it is read: then the next best is."""
  for step, value in (1, 1.0), (2, 2.0), (3, 3.0):
    metrics = {'monitor': 'nll', 'monitored': value}
    checkpoint.save(guarded, state(step), CONFIG, metrics)
  checked = checkpoint_folder.find_problem

  def pruned_first(path, run):
    if path.name == '000000001':
      shutil.rmtree(path)
    return checked(path, run)

  checkpoint_folder.find_problem = pruned_first
  try:
    assert checkpoint.restore(guarded, best=True)[2] == 2
  finally:
    checkpoint_folder.find_problem = checked
  assert {p.name for p in guarded.iterdir()} == {'000000002', '000000003'}
