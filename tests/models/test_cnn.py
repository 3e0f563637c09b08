"""The numbers of a cnn: those that no net can be made of are refused."""

import pytest

from musiczoo.errors import UserError
from musiczoo.models.zoo import ZOO
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import HEADS


@pytest.mark.parametrize(
    'wrong',
    [{'hidden': 0}, {'layers': 0}, {'kernel': 1}, {'dropout': 1.0}],
    ids=str,
)
def test_numbers_no_net_can_be_made_of(wrong):
  head = HEADS['categorical'](depth=6, features=3)
  numbers = {'hidden': 4, 'layers': 1, 'kernel': 2} | wrong
  with pytest.raises(UserError, match='give hidden and layers of 1 or more'):
    ZOO['cnn'](Spec('tokens', 6, ()), head, **numbers)
