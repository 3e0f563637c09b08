"""The ensembles of training pieces, in a file beside the model."""

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.runs import ensembles

TRIO = np.array([[0, 0, 0, 2], [1, 33, 40, 1], [4, 73, 72, 1]])
SOLO = np.array([[3, 0, 64, 3]])


def test_they_come_back(tmp_path):
  ensembles.write(tmp_path, [TRIO, SOLO])
  found = ensembles.read(tmp_path)
  assert len(found) == 2
  np.testing.assert_array_equal(found[0], TRIO)
  np.testing.assert_array_equal(found[1], SOLO)


def test_without_any_there_is_no_file(tmp_path):
  ensembles.write(tmp_path, [])
  assert ensembles.read(tmp_path) == () and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
  'text',
  [
    '',
    '[',
    '3',
    '[[]]',
    '[[[0, 0, 0]]]',
    '[[[0, 0, 0, 0.5]]]',
    '[[[16, 0, 0, 0]]]',
    '[[[0, 128, 0, 0]]]',
    '[[[1, 0, -1, 0]]]',
    '[[[1, 0, 60, 1], [1, 0, 60, 1]]]',
    '[["abc"]]',
    '[[[1e300, 0, 0, 0]]]',
  ],
)
def test_damage_is_refused_in_a_line(tmp_path, text):
  (tmp_path / ensembles.NAME).write_text(text)
  with pytest.raises(UserError, match='is damaged: remove it'):
    ensembles.read(tmp_path)
