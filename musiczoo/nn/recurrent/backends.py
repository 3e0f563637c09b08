"""Which implementation computes a recurrent layer."""

import jax
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.nn.recurrent import pallas
from musiczoo.nn.recurrent.cells import CELLS

# auto   kernels on a TPU, of sizes that they can compute, else scan
# scan   a loop that XLA compiles: everywhere
# cudnn  NVIDIA's LSTM, on GPUs: float32, no mask; to be asked for, until it has
#        been measured
NAMES = 'auto', 'scan', 'cudnn'
PALLAS = 'pallas'  # The kernels, whatever the device.


def choose(
  asked: str, cell: str, size: tuple[int, int, int], dtype, *, masked: bool
) -> str:
  """The name of the implementation for this device, cell and size.

  Args:
    asked: of `NAMES`, or `PALLAS`.
    size: steps, rows and units. A single step, as of sampling, is always a scan, and
      so are sizes that are not known, as in an export.
    masked: whether there are steps that are not real.

  Raises:
    UserError: what was asked for cannot compute this.
  """
  steps, rows, hidden = size
  is_known = all(isinstance(number, int) for number in size)
  if asked == 'scan' or not is_known or steps == 1:
    return 'scan'
  fits = pallas.fits(CELLS[cell], rows, hidden, dtype)
  if asked == 'auto':
    return PALLAS if fits and jax.default_backend() == 'tpu' else 'scan'
  if asked == 'cudnn':
    device, dtype = jax.default_backend(), jnp.dtype(dtype)
    if (cell, dtype.name, device) != ('lstm', 'float32', 'gpu') or masked:
      raise UserError(
        f'--config.model.backend=cudnn computes an LSTM in float32 without masks '
        f'on a GPU, no {cell} in {dtype} on a {device}: use scan'
      )
  elif not fits:
    raise UserError(
      f'kernels compute whole tiles whose weights fit into the chip, not {rows} '
      f'rows and {hidden} units in {jnp.dtype(dtype)}: use scan'
    )
  return asked
