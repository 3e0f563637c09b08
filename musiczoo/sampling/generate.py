"""Samples of a model, as arrays and as Scores or audio."""

import functools
from typing import NamedTuple

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.music import annotation_text, annotations, transform
from musiczoo.music.audio import Sound
from musiczoo.music.score import end, Score
from musiczoo.nn.heads import Controls

MAX_EVENTS = 64  # Per step of the grid; real music has fewer.


class Generated(NamedTuple):
  """Samples: arrays x [N, T, ...], and each decoded to a Score or a Sound."""

  x: np.ndarray
  scores: list[Score] | list[Sound]


def generate(
  pipeline: Pipeline,
  params,
  *,
  num_outputs: int,
  num_steps: int,
  seed: int,
  controls: Controls = Controls(),
  primer: np.ndarray | None = None,
  known: np.ndarray | None = None,
  requested: dict | None = None,
) -> Generated:
  """Samples pieces in one compiled scan.

  The noise of piece i depends on (seed, i) alone, so it is the same piece in a
  batch of any size.

  Args:
    num_steps: steps of the grid to sample, after the primer.
    primer: x [P, ...] that each piece begins with.
    known: bool like the primer, which of its cells are fixed; None: all.
    requested: conditions, as arguments of `annotation_text.plan`, for a model that
      has `cond` among its controls.
  """
  representation, spec = pipeline.representation, pipeline.spec
  keys = piece_keys(seed, num_outputs)
  sample = _compiled(pipeline.model.sample)
  if 'cond' in pipeline.model.controls and controls.cond is None:
    cond = _conditions(representation, num_steps, primer, requested or {})
    cond = np.broadcast_to(cond, (num_outputs, *cond.shape))
    controls = controls._replace(cond=cond)

  def sampled(num_new):
    """Pieces of the primer and `num_new` more steps of x."""
    length, fixed = num_new, controls
    if primer is not None:
      length += len(primer)
      fixed = _fix(controls, primer, known, length, num_outputs)
    x = np.asarray(sample(params, keys, length, fixed)).astype(spec.dtype)
    return Generated(x, [representation.decode(piece) for piece in x])

  if spec.end_token is None:
    return sampled(num_steps)
  # How many events a step of the grid takes depends on the music. A longer
  # sample of the same noise begins with the same events.
  steps = num_steps
  if primer is not None:
    steps += end(representation.decode(primer))
  num_new = 4 * num_steps
  result = sampled(num_new)
  while num_new < MAX_EVENTS * num_steps and not all(
    spec.end_token in x or end(score) >= steps for x, score in zip(*result)
  ):
    num_new *= 2
    result = sampled(num_new)
  return result._replace(
    scores=[transform.crop(s, steps) for s in result.scores]
  )


def piece_keys(seed: int, num: int) -> jax.Array:
  """One PRNG key per piece, a function of (seed, index of the piece) alone."""
  return jax.vmap(jax.random.fold_in, (None, 0))(
    jax.random.key(seed), np.arange(num, dtype=np.uint32)
  )


@functools.lru_cache(maxsize=8)
def _compiled(sample):
  return jax.jit(sample, static_argnums=2)


def _fix(controls, primer, known, length, num_outputs):
  """Controls that fix the known cells of a primer, padded to `length` steps."""
  shape = (length, *primer.shape[1:])
  given, is_known = np.zeros(shape, np.int32), np.zeros(shape, bool)
  given[: len(primer)] = primer
  is_known[: len(primer)] = True if known is None else known
  given = np.broadcast_to(given, (num_outputs, *shape))
  return controls._replace(given=given, known=is_known)


def _conditions(representation, num_steps, primer, requested):
  """The annotations of the primer, then the requested conditions."""
  grid = representation.spec.steps_per_quarter
  if primer is None:
    return annotation_text.plan(num_steps, grid, **requested)
  of_primer = annotations.annotate(representation.decode(primer), grid)
  begin = int(of_primer[-1, annotations.POSITION])
  of_primer[:, annotations.STYLE] = requested.get('style', 0)
  planned = annotation_text.plan(num_steps, grid, begin=begin, **requested)
  return np.concatenate([of_primer, planned])
