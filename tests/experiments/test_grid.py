"""A grid is all combinations, and says what is wrong with it."""

import pytest

from experiments import grid
from musiczoo.errors import UserError
from tests.runs.sweep import small

CONFIG = small.config('jsb.npz', 'gru_bernoulli').to_dict()


def test_all_combinations_in_order():
  found = grid.points(
    CONFIG, 'optimizer.learning_rate=1e-3,3e-4; model.hidden = 8, 16'
  )
  assert list(found) == [
    'learning_rate=1e-3, hidden=8',
    'learning_rate=1e-3, hidden=16',
    'learning_rate=3e-4, hidden=8',
    'learning_rate=3e-4, hidden=16',
  ]
  last = found['learning_rate=3e-4, hidden=16']
  assert last['optimizer']['learning_rate'] == 3e-4
  assert last['model']['hidden'] == 16
  assert last['steps'] == CONFIG['steps']


def test_names_that_would_be_unclear_are_whole():
  assert list(grid.points(CONFIG, 'representation.name=pianoroll')) == [
    'name=pianoroll'
  ]
  (name,) = grid.points(
    CONFIG, 'representation.name=pianoroll;head.name=bernoulli'
  )
  assert name == 'representation.name=pianoroll, head.name=bernoulli'


def test_without_a_grid_there_is_one_point():
  assert list(grid.points(CONFIG, None).values()) == [CONFIG]


@pytest.mark.parametrize(
  'text,message',
  [
    ('', "'' lacks a value"),
    ('window', 'lacks a value'),
    ('window=', 'lacks a value'),
    ('window=8,', 'lacks a value'),
    ('window=8;', 'lacks a value'),
    ('=8', 'lacks a value'),
    (
      'optimizer.learning_rat=1,2',
      'did you mean --config.optimizer.learning_rate?',
    ),
    ('learning_rate=1', 'did you mean --config.optimizer.learning_rate?'),
    ('optimizer.learning_rate=fast', 'give float'),
    ('optimizer=1', 'is a table'),
    (
      'optimizer.learning_rate=1e-3,0.001',
      'learning_rate=0.001 is learning_rate=1e-3 again',
    ),
    ('window=8;window=9', 'window is there twice'),
    ('seed=1,2', 'give --seeds=8'),
  ],
)
def test_a_slip_is_named(text, message):
  with pytest.raises(UserError) as error:
    grid.points(CONFIG, text)
  assert str(error.value).startswith('--grid: ')
  assert message in str(error.value)
