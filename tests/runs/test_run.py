"""A whole run on a handful of pieces: resumed exactly, evaluated, sampled."""

import jax
import numpy as np
import pytest

from experiments.configs import chorales
from musiczoo import build
from musiczoo.data import dataset
from musiczoo.errors import UserError
from musiczoo.models.zoo import ZOO
from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.runs import run, workdir
from musiczoo.sampling import generate
from musiczoo.sampling.primer import Primer
from musiczoo.training import checkpoint_folder, journal
from tests import configs, families

SMALL = {
  'model.hidden': '8',
  'model.layers': '2',
  'head.features': '3',
  'head.hidden': '4',
  'model.num_levels': '1',
  'model.overlap': '4',
  'steps': '8',
  'steps_per_dispatch': '3',
  'log_every': '1',
  'eval_every': '4',
  'checkpoint_every': '2',
  'batch_size': '8',
  'window': '16',
}


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  """A folder of forty short MIDI files in four parts."""
  folder = tmp_path_factory.mktemp('corpus')
  rng = np.random.default_rng(0)
  tracks = tuple(Track(52, name=n) for n in 'SATB')
  for i in range(40):
    notes = [
      (120 * 4 * j, 120 * 4, 40 + 8 * (3 - v) + rng.integers(5), 80, v)
      for j in range(rng.integers(4, 9))
      for v in range(4)
    ]
    score = Score(np.array(notes, np.int32), tracks)
    midi.write(score, folder / f'{i}.mid')
  return folder


def config(corpus, variant='lstm', **changes):
  changes = {'corpus': str(corpus)} | SMALL | changes
  plain = chorales.get_config(variant)
  keys = [(k, v) for k, v in changes.items() if has(plain, k)]
  return configs.load(f'chorales.py:{variant}', keys)


def has(table, key):
  for part in key.split('.'):
    if part not in table:
      return False
    table = table[part]
  return True


def quiet(*args, **kwargs):
  return run.fit(*args, say=lambda line: None, **kwargs)


def compiled_once(config):
  """Where runs of one config take place, with one program for all of them."""
  found = run.everywhere(config, build.pipeline(config))
  return lambda config, pipeline: found


@pytest.mark.parametrize(
  'name,parallel',
  [
    *(
      pytest.param(family, 'jit', marks=families.slow_but(family, 'lstm'))
      for family in ZOO
      if family in chorales.VARIANTS
    ),
    pytest.param('gru', 'pmap', marks=pytest.mark.slow),
    pytest.param('gan', 'pmap', marks=pytest.mark.slow),
  ],
)
def test_a_killed_run_goes_on_to_the_same_bits(
  tmp_path, corpus, name, parallel
):
  options = config(corpus, name, parallel=parallel)
  place = compiled_once(options)
  whole = quiet(options, tmp_path / 'whole', place=place)
  calls = iter([False, False, False, True, True, True])
  stopping = lambda: next(calls, True)
  quiet(options, tmp_path / 'cut', place=place, stopping=stopping)
  assert checkpoint_folder.steps(tmp_path / 'cut/checkpoints')[-1] < 8
  # As if killed later than it saved.
  journal.append(tmp_path / 'cut', journal.METRICS, [{'step': 8, 'loss': 0.0}])
  resumed = quiet(options, tmp_path / 'cut', place=place)
  for a, b in zip(
    jax.tree.leaves(whole.state), jax.tree.leaves(resumed.state), strict=True
  ):
    np.testing.assert_array_equal(a, b)
  assert (tmp_path / 'whole/metrics.jsonl').read_text() == (
    tmp_path / 'cut/metrics.jsonl'
  ).read_text()


def test_a_run_can_be_prolonged_but_not_changed(tmp_path, corpus):
  quiet(config(corpus, 'rnn', steps='4'), tmp_path)
  longer = quiet(config(corpus, 'rnn', steps='6'), tmp_path)
  assert longer.step == 6
  with pytest.raises(UserError, match='optimizer.learning_rate is 0.003 there'):
    quiet(config(corpus, 'rnn', **{'optimizer.learning_rate': '1.0'}), tmp_path)
  with pytest.raises(UserError, match='family is rnn there, gru here'):
    quiet(config(corpus, 'gru'), tmp_path)


def test_a_run_with_other_figures_does_not_go_on(tmp_path, corpus):
  quiet(config(corpus, 'rnn', steps='4'), tmp_path)
  path = tmp_path / journal.METRICS
  name = 'valid_nll_per_note"'
  given = 'valid_nll_given_key_per_note"'
  path.write_text(path.read_text().replace(name, given))
  with pytest.raises(UserError, match='has valid_nll_given_key.* not compar'):
    quiet(config(corpus, 'rnn', steps='6'), tmp_path)


def test_fine_tuning_takes_what_fits(tmp_path, corpus):
  quiet(config(corpus, 'gru'), tmp_path / 'a')
  said = []
  tuned = run.fit(
    config(corpus, 'gru', steps='0'),
    tmp_path / 'b',
    init_from=tmp_path / 'a',
    say=said.append,
  )
  _, _, params, _ = workdir.load(tmp_path / 'a')
  for a, b in zip(
    jax.tree.leaves(params), jax.tree.leaves(tuned.state.params), strict=True
  ):
    np.testing.assert_array_equal(a, b)
  assert any('0 not: none' in line for line in said)
  said.clear()
  wider = config(corpus, 'gru', **{'model.layers': '3', 'steps': '0'})
  run.fit(wider, tmp_path / 'c', init_from=tmp_path / 'a', say=said.append)
  assert any('3 not: net/bias_2' in line for line in said)


def test_the_checkpoint_says_all_that_generate_needs(tmp_path, corpus):
  options = config(corpus, 'lstm')
  quiet(options, tmp_path)
  saved, pipeline, params, _ = workdir.load(tmp_path)
  assert saved == options
  few, many = (
    generate.generate(pipeline, params, num_outputs=n, num_steps=20, seed=3).x
    for n in (2, 5)
  )
  # A piece is the same whatever else is written beside it.
  np.testing.assert_array_equal(few, many[:2])
  assert (many[0] != many[1]).any()
  other = generate.generate(
    pipeline, params, num_outputs=2, num_steps=20, seed=4
  )
  assert (few != other.x).any()


def test_a_primer_comes_back_at_the_head(tmp_path, corpus):
  quiet(config(corpus, 'lstm'), tmp_path)
  _, pipeline, params, _ = workdir.load(tmp_path)
  primer = pipeline.representation.encode(midi.read(corpus / '0.mid'))
  written = generate.generate(
    pipeline, params, num_outputs=3, num_steps=20, seed=3, primer=Primer(primer)
  )
  assert written.x.shape[1] == len(primer) + 20
  for x in written.x:
    np.testing.assert_array_equal(x[: len(primer)], primer)


def test_a_folder_that_holds_no_run(tmp_path):
  with pytest.raises(UserError, match='no such folder'):
    workdir.load(tmp_path / 'absent')
  with pytest.raises(UserError, match='no sound checkpoint'):
    workdir.load(tmp_path)


@pytest.mark.parametrize(
  'steps, kept, said',
  [
    (4, {4: 0.7, 12: 0.99}, '4 steps a quarter note keeps 70.0% of its onsets'),
    (12, {4: 0.7, 12: 0.99}, ''),
    (4, {4: 0.95, 12: 0.99}, ''),
    (4, {4: 0.6, 12: 0.5}, ''),  # The other is no better.
    (16, {4: 0.7, 12: 0.99}, ''),  # Not counted.
  ],
)
def test_a_grid_that_loses_onsets_of_a_dataset_is_named(
  tmp_path, caplog, steps, kept, said
):
  kept = {str(grid): share for grid, share in kept.items()}
  facts = {'steps_per_quarter': 12, 'onsets_kept': kept}
  with dataset.creating(tmp_path / 'd', facts):
    pass
  found = config(
    tmp_path / 'd', **{'representation.steps_per_quarter': str(steps)}
  )
  build.warn_of_grid(found, build.pipeline(found))
  assert said in caplog.text
  assert len(caplog.records) == bool(said)
  if said:
    assert caplog.text.rstrip().endswith('steps_per_quarter=12')
