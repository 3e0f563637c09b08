"""Sums by hand; what failed is counted and named."""

import csv
import dataclasses
import io
import json
import math

from matplotlib import image
import pytest

from musiczoo.errors import UserError
from musiczoo.runs.sweep import table, trials
from musiczoo.show.plots import seeds
from tests.runs.sweep import small

CONFIG = small.config('jsb.npz')
TRIALS = trials.plan(
  {'a': CONFIG, 'b': dataclasses.replace(CONFIG, window=4)}, 3
)


def done(valid, test):
  figures = {'valid_nll_per_frame': valid, 'test_nll_per_frame': test}
  return {
    'status': 'done',
    'step': 12,
    'monitor': 'nll_per_frame',
    'figures': figures,
  }


RESULTS = dict(
  zip(
    [t.id for t in TRIALS],
    [
      done(1.0, 4.0),
      done(2.0, 6.0),
      done(3.0, 8.0),
      done(9.0, 1.0),
      {'status': 'diverged', 'reason': 'step 3: not finite'},
      None,
    ],
  )
)


def test_rows_by_hand():
  a, b = table.table(TRIALS, RESULTS).rows
  assert a[:9] == ('a', 3, 0, 2, 1, 6, 2, 4, 8)
  # 6 +- 4.3027 x 2 / sqrt(3)
  assert (a.low, a.high) == pytest.approx((1.0317, 10.9683), abs=1e-4)
  assert b[:4] == ('b', 1, 2, 9)
  assert math.isnan(b.sd) and math.isnan(b.low)


def test_figures_of_different_names_are_not_compared():
  given = {
    'status': 'done',
    'monitor': 'nll_given_key_per_frame',
    'figures': {
      'valid_nll_given_key_per_frame': 1.0,
      'test_nll_given_key_per_frame': 1.0,
    },
  }
  with pytest.raises(UserError, match='not comparable'):
    table.table(TRIALS, RESULTS | {TRIALS[3].id: given})


def test_the_best_is_chosen_on_valid_and_judged_on_test():
  found = table.table(TRIALS, RESULTS)
  assert found.best == 'a'
  (pair,) = found.verdicts
  assert (pair.n, pair.mean) == (1, 3.0)


def test_troubles_are_named():
  said = table.in_words(table.table(TRIALS, RESULTS))
  assert f'{TRIALS[4].id} (b): diverged: step 3: not finite' in said
  assert f'{TRIALS[5].id} (b): not finished' in said
  assert 'undecided at 1 seeds' in said
  assert '6.0000 ± 2.0000' in said


def test_nothing_done_yet():
  found = table.table(TRIALS, {})
  assert found.best is None
  assert len(found.troubles) == 6
  assert '- ± -' in table.in_words(found)
  assert json.loads(table.to_json(found, TRIALS, {}))['points'][0]['n'] == 0


def test_files_hold_the_same():
  found = table.table(TRIALS, RESULTS)
  a, b = csv.DictReader(io.StringIO(table.to_csv(found)))
  assert (a['point'], a['mean'], a['max']) == ('a', '6.0', '8.0')
  assert b['sd'] == ''
  text = table.to_json(found, TRIALS, RESULTS)
  assert 'NaN' not in text
  content = json.loads(text)
  assert content['best'] == 'a'
  assert content['points'][0]['sd'] == 2
  assert content['trials'][1]['figures']['test_nll_per_frame'] == 6
  assert [t['status'] for t in content['trials']][3:] == [
    'done',
    'diverged',
    'not finished',
  ]
  assert content['verdicts'][0]['decided'] is False


@pytest.mark.parametrize('results', [RESULTS, {}], ids=['some', 'none'])
def test_a_picture_comes_of_it(tmp_path, results):
  seeds.draw(table.table(TRIALS, results), tmp_path / 'a.png')
  seeds.draw(table.table(TRIALS, results), tmp_path / 'b.png')
  assert (tmp_path / 'a.png').read_bytes() == (tmp_path / 'b.png').read_bytes()
  assert image.imread(tmp_path / 'a.png').std() > 0
