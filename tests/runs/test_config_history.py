"""What this release saved is loaded by later ones; 0.1 is refused unharmed."""

import dataclasses
import json
import pathlib
import shutil

import pytest

from musiczoo.errors import UserError
from musiczoo.music import files
from musiczoo.runs import config_history, run, workdir
from tests import golden_run

ALL = pathlib.Path(__file__).parents[1] / 'golden'
# Of 0.2 and later: 0.1 has other names of parameters.
GOLDEN = sorted({*ALL.glob('checkpoint-*')} - {ALL / 'checkpoint-0.1'})


@pytest.fixture
def corpus(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  folder = pathlib.Path('corpus')
  folder.mkdir()
  golden_run.write_corpus(folder)
  return folder


@pytest.mark.parametrize('path', GOLDEN, ids=lambda p: p.name)
def test_an_old_checkpoint_says_what_it_said(path, corpus):
  expected = json.loads((path / 'expected.json').read_text())
  nats = golden_run.nats(path, corpus)
  assert abs(nats - expected['nll_per_note']) < 1e-5


@pytest.mark.parametrize('path', GOLDEN, ids=lambda p: p.name)
def test_an_old_run_goes_on(path, corpus, tmp_path):
  shutil.copytree(path, tmp_path / 'run')
  config, *_ = workdir.load(tmp_path / 'run')
  said = []
  done = run.fit(
    dataclasses.replace(config, steps=4), tmp_path / 'run', say=said.append
  )
  assert done.step == 4
  assert any('resume   at step 2' in line for line in said)


def test_a_run_of_0_1_is_refused_and_left_as_it_was(corpus, tmp_path):
  shutil.copytree(ALL / 'checkpoint-0.1', tmp_path / 'run')
  config = config_history.parse(
    json.loads((tmp_path / 'run/config.json').read_text())
  )
  before = files.digests(tmp_path / 'run', but='')
  for act in workdir.load, lambda run_: run.fit(config, run_):
    with pytest.raises(UserError, match='holds another model'):
      act(tmp_path / 'run')
  assert files.digests(tmp_path / 'run', but='') == before


def test_a_renamed_key_is_found_by_its_old_name():
  assert config_history.renamed('begin') == 'window_align'
  assert config_history.renamed('passages.bar') == 'sections.bar_steps'
  assert config_history.renamed('conditions.use') == 'conditions.columns'
  assert config_history.renamed('steps') is None


def test_what_was_added_does_not_change_what_is_there():
  assert config_history.upgraded({'on_nan': 'skip'})['on_nan'] == 'skip'
  assert config_history.upgraded({})['reproducible'] == 'run'


def test_keys_and_values_of_0_1_have_the_names_of_this_release():
  old = {
    'begin': 'bar',
    'passages': {'bar': 16, 'planes': [3]},
    'conditions': {'use': ['key'], 'features': 8, 'forget': 0.1},
    'model': {'levels': 3, 'rebuild': 0.1, 'hold': 1.0, 'whole': 0.5},
    'optimizer': {'name': 'players'},
  }
  assert config_history.upgraded(old) == config_history.upgraded({}) | {
    'window_align': 'bar',
    'sections': {'bar_steps': 16, 'required_planes': [3]},
    'conditions': {
      'columns': ['key'],
      'embed_dim': 8,
      'dropout': 0.1,
      'key_signatures': False,
    },
    'model': {
      'num_levels': 3,
      'reconstruction_weight': 0.1,
      'hysteresis': 1.0,
      'step_mask_prob': 0.5,
    },
    'optimizer': {'name': 'gan_adam'},
  }
