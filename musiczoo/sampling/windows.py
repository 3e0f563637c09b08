"""Samples of windows, to be compared with real windows."""

from collections.abc import Callable

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.pieces import cut, Pieces
from musiczoo.errors import UserError
from musiczoo.nn.heads import Controls
from musiczoo.sampling.generate import piece_keys


def real_windows(
  pieces: Pieces, window: int, limit: int
) -> tuple[np.ndarray, np.ndarray | None]:
  """Whole windows from bar line to bar line, at most `limit`, evenly spread.

  Returns:
    x [N, window, ...], and cond [N, window, columns] or None.

  Raises:
    UserError: no piece is as long as a window.
  """
  found = cut(pieces, window)
  whole = np.flatnonzero(np.diff(found.offsets) == window)
  if not len(whole):
    raise UserError(
      f'no piece has a window of {window} steps: set --config.window lower, '
      'or add longer pieces'
    )
  spread = np.linspace(0, len(whole) - 1, min(limit, len(whole)))
  index = whole[spread.astype(int)]
  columns = found.x, found.cond
  return tuple(
    None if c is None else np.stack([c[i] for i in index]) for c in columns
  )


def make_sample_windows(
  pipeline: Pipeline, num: int, cond: np.ndarray | None
) -> Callable:
  """Returns sample(params, seed) -> x [num, window, ...].

  Args:
    cond: of real windows, [num, window, columns], for a model with conditions.
  """
  model, spec = pipeline.model, pipeline.spec
  controls = Controls(cond=cond if 'cond' in model.controls else None)
  compiled = jax.jit(model.sample, static_argnums=2)

  def sample(params, seed=0):
    x = compiled(params, piece_keys(seed, num), model.window, controls)
    return np.asarray(x).astype(spec.dtype)

  return sample
