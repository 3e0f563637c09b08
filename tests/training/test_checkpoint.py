"""Sealed folders: what goes in comes out, and damage never goes unseen."""

import json
import logging
import shutil

import jax
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.training import checkpoint, checkpoint_folder
from musiczoo.training.step import TrainState

CONFIG = {'family': 'gru', 'model': {'hidden': 3}}


def state(step: int, seed: int = 0, ema: bool = True) -> TrainState:
  rng = np.random.default_rng(seed + step)
  params = {'net': {'w': rng.normal(size=(3, 4)).astype(np.float32)}}
  return TrainState(
    step=np.asarray(step, np.int32),
    params=params,
    ema=jax.tree.map(lambda a: a / 2, params) if ema else None,
    opt_state=({'mu': params}, (), np.asarray(step, np.int32)),
    rng=np.array([1, step], np.uint32),
  )


def same(a, b):
  assert jax.tree.structure(a) == jax.tree.structure(b)
  for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b)):
    assert x.dtype == y.dtype
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize('ema', [True, False])
def test_what_is_saved_is_restored(tmp_path, ema):
  saved = state(7, ema=ema)
  checkpoint.save(tmp_path, saved, CONFIG, {})
  tree, config, step = checkpoint.restore(tmp_path)
  assert (config, step) == (CONFIG, 7)
  same(checkpoint.conform(tree, state(0, ema=ema), origin='here'), saved)


@pytest.mark.parametrize('name', ['a\\b', 'x$frac_{$', 'ü \'"'])
def test_a_folder_may_have_any_name(tmp_path, name):
  checkpoint.save(tmp_path / name, state(7), CONFIG, {})
  tree, *_ = checkpoint.restore(tmp_path / name)
  same(checkpoint.conform(tree, state(0), origin='here'), state(7))
  assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_last_three_and_the_best_stay(tmp_path):
  for step, loss in [(1, 3.0), (2, 1.0), (3, 2.0), (4, 2.5), (5, None), (6, 2)]:
    metrics = {} if loss is None else {'monitored': float(loss)}
    checkpoint.save(tmp_path, state(step), CONFIG, metrics)
  assert checkpoint_folder.steps(tmp_path) == [2, 4, 5, 6]
  assert checkpoint.restore(tmp_path)[2] == 6
  assert checkpoint.restore(tmp_path, best=True)[2] == 2


def test_the_best_is_of_one_figure(tmp_path):
  for step, name in enumerate(['nll_per_note', 'nll_given_key_per_note']):
    metrics = {'monitor': name, 'monitored': 1.0}
    checkpoint.save(tmp_path, state(step), CONFIG, metrics)
  with pytest.raises(UserError, match='not comparable'):
    checkpoint.restore(tmp_path, best=True)


def test_every_kind_of_damage_is_seen(tmp_path, caplog):
  """Flips, cuts or removes each file in turn: the sound step is used."""
  checkpoint.save(tmp_path / 'a', state(1), CONFIG, {})
  checkpoint.save(tmp_path / 'a', state(2), CONFIG, {})
  newest = tmp_path / 'a' / '000000002'
  files = [p.relative_to(newest) for p in newest.rglob('*') if p.is_file()]
  assert len(files) > 5
  rng = np.random.default_rng(0)
  for number, name in enumerate(files):
    for kind in ('flip', 'cut', 'remove'):
      root = tmp_path / f'{number}-{kind}'
      shutil.copytree(tmp_path / 'a', root)
      path = root / '000000002' / name
      content = bytearray(path.read_bytes())
      if kind == 'remove':
        path.unlink()
      elif not content:
        path.write_bytes(b'x')
      elif kind == 'cut':
        path.write_bytes(content[:-1])
      else:
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(content)
      with caplog.at_level(logging.WARNING):
        found = checkpoint.restore(root, set_aside=True)
        assert found[2] == 1, (name, kind)
      message = caplog.records[-1].getMessage()
      # A manifest that differs names the file that it describes.
      assert name.name in message or name.name == 'manifest.json'
      assert (root / 'damaged-000000002.0').is_dir()
      caplog.clear()


def test_nothing_sound_is_nothing(tmp_path):
  assert checkpoint.restore(tmp_path / 'absent') is None
  checkpoint.save(tmp_path, state(1), CONFIG, {})
  (tmp_path / '000000001/config.json').unlink()
  assert checkpoint.restore(tmp_path) is None


def test_another_model_is_refused(tmp_path):
  checkpoint.save(tmp_path, state(1), CONFIG, {})
  tree, _, _ = checkpoint.restore(tmp_path)
  other = state(1)
  other.params['net'] = {'w': np.zeros((3, 5), np.float16)}
  with pytest.raises(UserError, match=r'float32\[3,4\] there.*float16\[3,5\]'):
    checkpoint.conform(tree, other, origin='here')
  other.params['net'] = {'v': np.zeros((3, 4), np.float32)}
  with pytest.raises(UserError, match='params/net/v: absent there'):
    checkpoint.conform(tree, other, origin='here')


def test_a_failed_save_loses_nothing(tmp_path, monkeypatch):
  checkpoint.save(tmp_path, state(1), CONFIG, {})

  def full(*args):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(checkpoint.files, 'move_folder', full)
  with pytest.raises(UserError, match='step 2 could not be saved.*No space'):
    checkpoint.save(tmp_path, state(2), CONFIG, {})
  assert [p.name for p in tmp_path.iterdir()] == ['000000001']
  assert checkpoint.restore(tmp_path)[2] == 1


def test_what_a_crash_left_behind_is_no_checkpoint(tmp_path):
  checkpoint.save(tmp_path, state(1), CONFIG, {})
  shutil.copytree(tmp_path / '000000001', tmp_path / 'building-000000002')
  assert checkpoint.restore(tmp_path)[2] == 1
  checkpoint.save(tmp_path, state(2), CONFIG, {})
  assert checkpoint.restore(tmp_path)[2] == 2


def test_digest_depends_on_every_value_and_name():
  a, b = state(1), state(1)
  assert checkpoint.sha256(a.params) == checkpoint.sha256(b.params)
  b.params['net']['w'][0, 0] += 1e-6
  assert checkpoint.sha256(a.params) != checkpoint.sha256(b.params)
  renamed = {'other': a.params['net']}
  assert checkpoint.sha256(a.params) != checkpoint.sha256(renamed)


def test_manifest_lists_sha256_of_every_file(tmp_path):
  checkpoint.save(tmp_path, state(1), CONFIG, {'monitored': 1.0})
  path = tmp_path / '000000001'
  manifest = json.loads((path / 'manifest.json').read_text())
  files = {str(p.relative_to(path)) for p in path.rglob('*') if p.is_file()}
  assert set(manifest) == files - {'manifest.json'}
