"""Samples of a model, as arrays and as Scores or audio."""

from collections.abc import Sequence
import functools
import logging
import math
from typing import Any, NamedTuple

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.music import annotations, metre, transform
from musiczoo.music.audio import Sound
from musiczoo.music.compound_rows import Layout
from musiczoo.music.form import Form
from musiczoo.music.score import end, Score
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.sampling import ensembles
from musiczoo.sampling.conditions import (
  conditions,
  num_steps as steps_of,
  with_form,
)
from musiczoo.sampling.forms import plan
from musiczoo.sampling.primer import Primer
from musiczoo.training import memory

log = logging.getLogger(__name__)

MAX_STEPS = 2**31 - 1  # Ticks of a Score are int32.
MAX_EVENTS = 64  # Per step of the grid; real music has fewer.
QUARTER_ROWS, MAX_QUARTER_ROWS = 24, 96  # Of songs, at first and at most.
MAX_ROWS = 1024  # Per bar of music that is completed.


class Generated(NamedTuple):
  """Samples of N pieces.

  Attributes:
    x: arrays [N, T, ...].
    scores: each decoded to a Score or a Sound.
    new: the first step of the grid that was sampled, and the last + 1; None: all.
  """

  x: np.ndarray
  scores: list[Score] | list[Sound]
  new: tuple[int, int] | None = None

  def new_scores(self) -> list[Score]:
    """Scores of the music that was sampled, without a primer."""
    if self.new is None:
      return self.scores
    return [transform.cut(score, *self.new) for score in self.scores]


def generate(
  pipeline: Pipeline,
  params,
  *,
  num_outputs: int,
  num_steps: int,
  seed: int,
  controls: Controls = Controls(),
  primer: Primer | None = None,
  requested: dict | None = None,
  forms: Sequence[Form] | None = None,
  phrase_candidates: int | None = None,
) -> Generated:
  """Samples pieces in one compiled scan.

  The noise of piece i depends on (seed, i) alone, so it is the same piece in a
  batch of any size.

  Args:
    num_steps: steps of the grid to sample, after the primer.
    primer: what each piece begins with; None: of a model that has ensembles, one
      of them.
    requested: conditions, as arguments of `annotation_text.plan`, for a model that
      has `cond` among its controls.
    forms: of each piece, its new steps; None: those of `forms.plan`.
    phrase_candidates: as of the config's table `sampling`; None: as there.

  Raises:
    UserError: the samples would need more memory than there is.
  """
  representation, spec = pipeline.representation, pipeline.spec
  keys = piece_keys(seed, num_outputs)
  if phrase_candidates is None:
    phrase_candidates = pipeline.sampling.phrase_candidates
  keys = with_candidates(keys, phrase_candidates)
  check_memory(spec, keys.size, num_steps)
  if 'cond' in pipeline.model.controls and controls.cond is None:
    forms = forms or plan(pipeline, num_outputs, num_steps, seed)
    cond = [
      conditions(representation, form, primer, requested or {})
      for form in forms
    ]
    controls = controls._replace(cond=np.stack(cond))
  if pipeline.ensembles and primer is None:
    controls = ensembles.draw(
      pipeline.ensembles,
      Layout(spec.steps_per_quarter),
      num_outputs,
      seed,
      controls,
    )
  if not {'position', 'meter'} & set(pipeline.conditions.columns):
    forms = None
  sampler = _Sampler(pipeline, params, keys, controls, primer, forms)
  if spec.end_token is None:
    return sampler.sample(num_steps, np.arange(num_outputs))
  return _until_over(sampler, num_steps)


class _Sampler(NamedTuple):
  """What is sampled: the arguments of `generate`; forms of a model given them."""

  pipeline: Pipeline
  params: Any
  keys: jax.Array
  controls: Controls
  primer: Primer | None
  forms: Sequence[Form] | None

  def sample(self, num_new: int, pieces: np.ndarray) -> Generated:
    """These pieces of the primer and of so many more steps of x."""
    spec, primer = self.pipeline.spec, self.primer
    length, fixed, new = num_new, _of_pieces(self.controls, pieces), None
    if primer is not None:
      length += len(primer.x)
      if primer.free is not None:
        length = _rounded(length, 1024)
      fixed = _fix(fixed, primer, length, len(pieces))
      new = _new_steps(self.pipeline.representation, primer, fixed.known)
    sample = _compiled(self.pipeline.model.sample)
    x = sample(self.params, self.keys[pieces], length, fixed)
    x = np.asarray(x).astype(spec.dtype)
    scores = [self._decode(*piece) for piece in zip(pieces, x)]
    return Generated(x, scores, new)

  def _decode(self, piece, x):
    primer, representation = self.primer, self.pipeline.representation
    if primer is not None and primer.complete is not None:
      return primer.complete(x)
    score = representation.decode(x)
    form = self.forms[piece] if self.forms is not None else None
    return with_form(representation, score, form, primer)


def _until_over(sampler, num_steps):
  """Samples of rows that end, until all have ended or have so many steps.

  How many events a step of the grid takes depends on the music. A longer sample of
  the same noise begins with the same events.
  """
  spec, primer = sampler.pipeline.spec, sampler.primer
  steps = num_steps
  if primer is not None:
    steps += steps_of(sampler.pipeline.representation, primer)
  num_new, most = 4 * num_steps, MAX_EVENTS * num_steps
  if spec.kind == 'compound':
    quarters = -(-num_steps // spec.steps_per_quarter)
    num_new, most = QUARTER_ROWS * quarters, MAX_QUARTER_ROWS * quarters
  if primer is not None and primer.free is not None:
    num_new, most = 32 * len(primer.free), MAX_ROWS * len(primer.free)
  pieces = np.arange(len(sampler.keys))
  result = sampler.sample(num_new, pieces)
  asked = steps if num_steps else 0
  left = [i for i in pieces if not _is_over(result, i, spec, asked)]
  while left and num_new < most:
    num_new *= 2
    longer = sampler.sample(num_new, np.array(left))
    result = _replaced(result, left, longer, spec)
    left = [i for i in left if not _is_over(result, i, spec, asked)]
  if left and num_steps:
    log.warning(
      'pieces %s are shorter than asked for: they are over after %d rows',
      *(', '.join(map(str, left)), num_new),
    )
  if primer is not None and primer.complete is not None:
    return result
  return result._replace(
    scores=[transform.crop(s, steps) for s in result.scores]
  )


def _is_over(result, piece, spec, steps):
  """Whether a piece has its end or so many steps; if they are 0, its end."""
  if spec.has_ended(result.x[piece]).any():
    return True
  return steps > 0 and end(result.scores[piece]) >= steps


def check_memory(spec: Spec, samples: int, num_steps: int) -> None:
  """Raises UserError if so many samples, with candidates, can't be in memory."""
  # An int32 of each number, and the conditions of each step.
  numbers = math.prod(spec.shape) + len(annotations.COLUMNS)
  needs = {'for samples': 4 * samples * num_steps * numbers}
  have = memory.available(1)
  memory.check(needs, have, 'lower --num_outputs or --num_steps')


def piece_keys(seed: int, num: int) -> jax.Array:
  """One PRNG key per piece, a function of (seed, index of the piece) alone."""
  return jax.vmap(jax.random.fold_in, (None, 0))(
    jax.random.key(seed), np.arange(num, dtype=np.uint32)
  )


def with_candidates(keys: jax.Array, number: int) -> jax.Array:
  """The keys of pieces, or of their candidates, [N, number], if it is over 1."""
  if number == 1:
    return keys
  each = jax.vmap(jax.random.fold_in, (None, 0))
  return jax.vmap(each, (0, None))(keys, np.arange(number, dtype=np.uint32))


def _of_pieces(controls, pieces):
  """The controls of some pieces."""
  number = {'temperature': 1, 'top_k': 1, 'top_p': 1, 'min_p': 1}
  number |= {'cond': 3, 'given': 3, 'known': 3}
  each = {
    name: np.asarray(getattr(controls, name))[pieces]
    for name, ndim in number.items()
    if np.ndim(getattr(controls, name)) == ndim
  }
  return controls._replace(**each)


def _replaced(result, pieces, longer, spec):
  """`result` with longer samples of some pieces; others end as they do."""
  x = np.zeros((len(result.x), *longer.x.shape[1:]), result.x.dtype)
  x[(..., *[0] * len(spec.shape))] = spec.end_token
  x[:, : result.x.shape[1]] = result.x
  x[pieces] = longer.x
  scores = list(result.scores)
  for piece, score in zip(pieces, longer.scores):
    scores[piece] = score
  return Generated(x, scores, longer.new)


@functools.lru_cache(maxsize=8)
def _compiled(sample):
  return jax.jit(sample, static_argnums=2)


def _new_steps(representation, primer, is_known):
  """As `Generated.new`, of a sample of which some cells are known."""
  if primer.free is not None:
    lines = metre.bars(primer.score)
    bars = np.flatnonzero(primer.free.any(1))
    last = min(int(bars[-1]) + 1, len(lines) - 1)
    return int(lines[bars[0]]), int(lines[last])
  if not representation.spec.is_grid:
    return steps_of(representation, primer), MAX_STEPS
  steps = np.flatnonzero(~is_known.reshape(len(is_known), -1).all(1))
  return (int(steps[0]), int(steps[-1]) + 1) if len(steps) else (0, 0)


def _rounded(number, multiple):
  """Rounded up, so that other music to complete reuses the compiled program."""
  return -(-number // multiple) * multiple


def _fix(controls, primer, length, num_outputs):
  """Controls that fix the known cells of a primer, padded to `length` steps."""
  free = primer.free
  if free is not None:
    bars = _rounded(len(free), 64)
    free = np.pad(free, ((0, bars - len(free)), (0, 0)))
    if controls.cond is not None:
      # The last row is of all later steps, too.
      more = -controls.cond.shape[1] % 4096
      padding = (0, 0), (0, more), (0, 0)
      controls = controls._replace(cond=np.pad(controls.cond, padding, 'edge'))
  shape = (length, *primer.x.shape[1:])
  given, is_known = np.zeros(shape, np.int32), np.zeros(shape, bool)
  given[: len(primer.x)] = primer.x
  is_known[: len(primer.x)] = True if primer.known is None else primer.known
  given = np.broadcast_to(given, (num_outputs, *shape))
  return controls._replace(given=given, known=is_known, free=free)
