"""NpyWriter: a .npy file that is appended to, longer than memory."""

from collections.abc import Iterator, Mapping
import contextlib
import pathlib

import numpy as np

from musiczoo.errors import UserError


class NpyWriter:
  """A .npy file longer than memory: `append` rows, then `close`.

  The header of an .npy file leaves room for the number of rows to grow, so it
  is written first, and overwritten once that number is known.
  """

  def __init__(self, path: pathlib.Path, shape: tuple[int, ...], dtype):
    """Opens the file; its array will be [rows, *shape]."""
    self._file = path.open('wb')
    self._shape, self._dtype = shape, np.dtype(dtype)
    self.rows = 0
    self._write_header()

  def append(self, rows: np.ndarray) -> None:
    """Adds rows [N, *shape].

    Raises:
      ValueError: they have another shape.
    """
    if rows.shape[1:] != self._shape:
      raise ValueError(f'rows of shape {rows.shape[1:]}, not {self._shape}')
    self._file.write(np.ascontiguousarray(rows, self._dtype).data)
    self.rows += len(rows)

  def close(self) -> None:
    try:
      self._write_header()
    finally:
      self._file.close()

  def _write_header(self):
    header = {
      'descr': np.lib.format.dtype_to_descr(self._dtype),
      'fortran_order': False,
      'shape': (self.rows, *self._shape),
    }
    self._file.seek(0)
    np.lib.format.write_array_header_1_0(self._file, header)


@contextlib.contextmanager
def writing(
  folder: pathlib.Path, arrays: Mapping[str, tuple]
) -> Iterator[dict[str, NpyWriter]]:
  """Gives an NpyWriter for each name -> (shape of a row, dtype)."""
  with contextlib.ExitStack() as stack:
    opened = lambda name, of: stack.enter_context(
      contextlib.closing(NpyWriter(folder / f'{name}.npy', *of))
    )
    yield {name: opened(name, of) for name, of in arrays.items()}


def load(
  path: pathlib.Path, shape: tuple[int, ...] | None, dtype=None
) -> np.ndarray:
  """Maps a .npy file of rows to memory, as an array that is sliced fast.

  Args:
    shape: of a row; None: any.
    dtype: of the array; None: any numbers.

  Raises:
    UserError: the file is no such array.
  """
  try:
    array = np.load(path, mmap_mode='r', allow_pickle=False)
    array = array.view(np.ndarray)
  except Exception as error:  # A damaged header can raise anything.
    reason = (str(error).splitlines() or [''])[0][:80]
    raise UserError(
      f'{path} is no array of numbers ({reason}): make the folder anew'
    ) from error
  fits = (
    array.ndim >= 1
    and array.dtype.kind in 'biuf'
    and shape in (None, array.shape[1:])
    and dtype in (None, array.dtype)
  )
  if not fits:
    raise UserError(
      f'{path} is an array of {array.dtype}{list(array.shape)}, not of '
      f'{np.dtype(dtype) if dtype else "numbers"} in rows of '
      f'{list(shape) if shape is not None else "any size"}: make the folder anew'
    )
  return array


def check_ends(path: pathlib.Path, ends: np.ndarray, lengths) -> None:
  """Refuses a table of where pieces end [pieces, arrays] that can't be right.

  Args:
    path: of its file.
    lengths: of each of the arrays.

  Raises:
    UserError: a piece ends before it begins, or the last not with its array.
  """
  begins = np.concatenate([np.zeros((1, ends.shape[1]), ends.dtype), ends])
  if (begins[1:] < begins[:-1]).any() or begins[-1].tolist() != [*lengths]:
    raise UserError(
      f'{path} is damaged (where its pieces end): make the folder anew'
    )
