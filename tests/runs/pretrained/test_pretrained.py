"""The models of the package are whole, small, and make music in three lines."""

import shutil

import jax
import numpy as np
import pytest

from experiments import config as configs, pretrain
import musiczoo
from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.runs import pretrained, run as run_lib, workdir
from musiczoo.sampling import generate
from tests.runs.test_run import config, corpus, quiet  # noqa: F401

NAMES = pretrained.names()


def test_every_one_of_the_zoo_is_there():
  assert set(NAMES) == set(pretrain.VARIANTS)


@pytest.mark.parametrize('name', NAMES)
def test_a_model_is_what_its_sums_and_its_card_say(name):
  config, _, params, step = pretrained.load(name)
  assert step > 0
  variant = configs.load(pretrain.VARIANTS[name])
  if name == 'lstm-songs':  # Of a dataset the name is kept.
    variant['corpus'] = 'songs'
  assert config == build.RunConfig.from_dict(variant)
  card = (pretrained.MODELS / name / pretrained.CARD).read_text()
  count = sum(p.size for p in jax.tree.leaves(params))
  assert f'{count:,} parameters' in card
  for part in ('## Data', '## Figures', '## Copying', '## Limits'):
    assert part in card
  assert all(np.isfinite(p).all() for p in jax.tree.leaves(params))


def test_all_together_are_small():
  files = [f for f in pretrained.MODELS.rglob('*') if f.is_file()]
  assert sum(f.stat().st_size for f in files) <= 20e6


def test_three_lines_make_music(tmp_path):
  model = musiczoo.load('lstm-chorales')
  paths = model.write(tmp_path / 'out', num_outputs=2, num_steps=16, seed=1)
  again = model.generate(2, 16, seed=1)
  for path, score in zip(paths, again):
    assert len(score.notes)
    assert np.array_equal(midi.read(path).notes[:, 2:4], score.notes[:, 2:4])
  begun = model.generate(1, 4, seed=1, primer=again[0])
  np.testing.assert_array_equal(begun[0].notes[:4, :3], again[0].notes[:4, :3])
  with pytest.raises(UserError, match='--chords cannot be used'):
    model.generate(requested={'chords': 'C'})


def test_a_name_is_not_there(tmp_path):
  with pytest.raises(UserError, match='did you mean lstm-chorales'):
    pretrained.load('lstm-choral')
  with pytest.raises(UserError, match='no model or workdir .*none.: give'):
    musiczoo.load(tmp_path / 'none')


@pytest.mark.parametrize('file', ['weights.npz', 'config.json', 'CARD.md'])
def test_damage_is_named(tmp_path, monkeypatch, file):
  shutil.copytree(pretrained.MODELS / 'lstm-chorales', tmp_path / 'lstm')
  monkeypatch.setattr(pretrained, 'MODELS', tmp_path)
  pretrained.load('lstm')
  path = tmp_path / 'lstm' / file
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1
  path.write_bytes(content)
  with pytest.raises(UserError, match=f'{file} is damaged: its content'):
    pretrained.load('lstm')


def test_sums_that_are_garbage_or_incomplete_are_damage(tmp_path, monkeypatch):
  shutil.copytree(pretrained.MODELS / 'lstm-chorales', tmp_path / 'lstm')
  monkeypatch.setattr(pretrained, 'MODELS', tmp_path)
  path = tmp_path / 'lstm' / pretrained.SUMS
  whole = path.read_text()
  others = [line for line in whole.splitlines() if 'weights' not in line]
  for content, message in [
    (b'\xff\n', 'SHA256SUMS is damaged'),
    (b'x', 'SHA256SUMS is damaged .line 1'),
    ('\n'.join(others).encode(), 'weights.npz is not expected'),
    (f'{"0" * 64}  ../lstm'.encode(), r"it lists '../lstm'"),
    (b'', 'CARD.md is not expected'),
  ]:
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
      pretrained.load('lstm')


@pytest.mark.slow
def test_packed_halves_write_nearly_what_the_run_does(
  tmp_path,
  monkeypatch,
  corpus,  # noqa: F811
):
  run, models = tmp_path / 'run', tmp_path / 'models'
  quiet(config(corpus, 'rnn'), run)
  pretrained.pack(run, models / 'mine')
  monkeypatch.setattr(pretrained, 'MODELS', models)
  (_, pipeline, ours, step), theirs = workdir.load(run), pretrained.load('mine')
  assert step == theirs[3]
  for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs[2])):
    assert b.dtype == np.float32
    np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-7)
  assert generate.generate(
    pipeline, theirs[2], num_outputs=1, num_steps=8, seed=0
  ).scores
  # A new run begins with them.
  options = config(corpus, 'rnn', steps='0')
  tuned = run_lib.fit(
    options, tmp_path / 'tuned', init_from='mine', say=lambda line: None
  )
  for a, b in zip(
    jax.tree.leaves(tuned.state.params), jax.tree.leaves(theirs[2])
  ):
    np.testing.assert_array_equal(a, b)
