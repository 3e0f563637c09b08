"""What grows row by row is what NumPy would have saved at once."""

import numpy as np
import pytest

from musiczoo.data.cache.npy_writer import NpyWriter


@pytest.mark.parametrize('shape,dtype', [((5,), np.int32), ((), np.uint8)])
@pytest.mark.parametrize('sizes', [[], [0], [3, 0, 1000, 1]])
def test_the_same_bytes_as_numpy(tmp_path, shape, dtype, sizes):
  rng = np.random.default_rng(0)
  parts = [
    rng.integers(0, 99, (size, *shape)).astype(dtype) for size in [0, *sizes]
  ]
  growing = NpyWriter(tmp_path / 'a.npy', shape, dtype)
  for part in parts:
    growing.append(part)
  growing.close()
  np.save(tmp_path / 'b.npy', np.concatenate(parts))
  assert (tmp_path / 'a.npy').read_bytes() == (tmp_path / 'b.npy').read_bytes()
  assert growing.rows == sum(sizes)


def test_rows_of_another_shape_are_refused(tmp_path):
  growing = NpyWriter(tmp_path / 'a.npy', (5,), np.int32)
  with pytest.raises(ValueError, match='shape'):
    growing.append(np.zeros((3, 4), np.int32))
  growing.close()
