"""The options of cnn: those out of range are refused."""

import pytest

from musiczoo.errors import UserError
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import HEADS
from tests import families


@pytest.mark.parametrize(
  'wrong',
  [{'hidden': 0}, {'layers': 0}, {'kernel': 1}, {'dropout': 1.0}],
  ids=str,
)
def test_an_option_out_of_range_is_refused(wrong):
  ((name, value),) = wrong.items()
  head = HEADS['categorical'](depth=6, features=3)
  numbers = {'hidden': 4, 'layers': 1, 'kernel': 2} | wrong
  with pytest.raises(UserError, match=f'--config.model.{name}={value}: give'):
    families.make('cnn', Spec('tokens', 6, ()), head, **numbers)
