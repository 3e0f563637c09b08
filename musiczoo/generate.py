"""A model, a seed and controls -> Scores."""

import functools
import logging
import math
import pathlib
from typing import NamedTuple

import jax
import numpy as np

from musiczoo import midi, score as scores
from musiczoo.build import System
from musiczoo.errors import UserError
from musiczoo.heads import Controls
from musiczoo.representations import Representation
from musiczoo.score import DURATION, ONSET, Score
from musiczoo.show import roll

log = logging.getLogger(__name__)

MOST_EVENTS = 64  # Per step of the grid: no music we know has more.


class Generated(NamedTuple):
  """What was written: arrays x [N, T, ...] and a Score of each."""

  x: np.ndarray
  scores: list[Score]


def generate(
    system: System,
    params,
    *,
    num_outputs: int,
    num_steps: int,
    seed: int,
    controls: Controls = Controls(),
    primer: np.ndarray | None = None,
) -> Generated:
  """Writes pieces in one compiled scan.

  The noise of piece i comes of (seed, i) alone, so it is the same piece in a
  batch of any size.

  Args:
    num_steps: steps of the grid to write, after the primer's.
    primer: x [P, ...] that each piece begins with, as it is.
  """
  representation = system.representation
  keys = jax.vmap(jax.random.fold_in, (None, 0))(
      jax.random.key(seed), np.arange(num_outputs, dtype=np.uint32)
  )
  sample = _compiled(system.model.sample)

  def written(num_new):
    """Pieces of the primer and so many steps of x more."""
    length, begun = num_new, controls
    if primer is not None:
      length += len(primer)
      given = np.zeros((num_outputs, length, *primer.shape[1:]), np.int32)
      given[:, : len(primer)] = primer
      known = np.arange(length) < len(primer)
      begun = controls._replace(given=given, known=known)
    x = np.asarray(sample(params, keys, length, begun))
    x = x.astype(representation.dtype)
    return Generated(x, [representation.decode(piece) for piece in x])

  if representation.end is None:
    return written(num_steps)
  # How many events a step of the grid takes is up to the music: twice as many,
  # from the same noise, begin with the same events.
  steps = num_steps
  if primer is not None:
    steps += scores.end(representation.decode(primer))
  num_new = 4 * num_steps
  result = written(num_new)
  while num_new < MOST_EVENTS * num_steps and not all(
      representation.end in x or scores.end(score) >= steps
      for x, score in zip(*result)
  ):
    num_new *= 2
    result = written(num_new)
  return result._replace(scores=[scores.crop(s, steps) for s in result.scores])


@functools.lru_cache(maxsize=8)
def _compiled(sample):
  return jax.jit(sample, static_argnums=2)


def check_controls(head, **asked) -> Controls:
  """Controls of a head; refuses those that would mean nothing to it."""
  for name, value in asked.items():
    if name not in head.controls and value != getattr(Controls(), name):
      raise UserError(
          f'--{name} means nothing to this model: it can be sampled with '
          f'{", ".join("--" + c for c in head.controls)} and --argmax'
      )
  if not 0 <= asked['temperature'] < math.inf or asked['top_k'] < 0:
    raise UserError('--temperature and --top_k must not be negative')
  if not (0 < asked['top_p'] <= 1 and 0 <= asked['min_p'] <= 1):
    raise UserError('--top_p must be in (0, 1] and --min_p in [0, 1]')
  return Controls(**asked)


def encode_primer(
    representation: Representation, primer: Score, origin: str
) -> np.ndarray:
  """What the representation keeps of a Score to continue; warns of the rest.

  Raises:
    UserError: nothing is left of it.
  """
  x = representation.encode(primer)
  kept = representation.decode(x)
  if not len(kept.notes):
    raise UserError(
        f'{origin}: none of its {len(primer.notes)} notes fits this model: '
        'give a primer with notes in its range'
    )
  if losses := list(_losses(primer, kept)):
    log.warning('%s is reduced to what the model hears: %s', origin,
                ', '.join(losses))
  if representation.end is not None:
    x = x[x != representation.end]  # It goes on.
  return x


def _losses(primer, kept):
  """What of a Score is not in the one on the grid that was kept of it."""
  grid = scores.quantize(primer, kept.resolution)
  if len(kept.notes) != len(grid.notes):
    yield f'{len(kept.notes)} of {len(grid.notes)} notes kept'
  elif not np.array_equal(grid.notes[:, :3], kept.notes[:, :3]):
    yield 'notes shortened or joined'
  times = primer.notes[:, [ONSET, DURATION]].astype(np.int64)
  if (times * kept.resolution % primer.resolution).any():
    yield f'moved to a grid of {kept.resolution} steps a quarter note'
  played = {(t.program, t.drums) for t in grid.tracks}
  if played - {(t.program, t.drums) for t in kept.tracks}:
    yield 'played by other instruments'


def write(
    music: list[Score],
    folder,
    *,
    title: str,
    tempo: float | None = None,
    usual_tempo: float = 80.0,
) -> None:
  """Writes 000.mid, 000.png, 001.mid, ... to a folder that is there.

  Args:
    tempo: quarter notes a minute; None leaves the music's own.
    usual_tempo: of music that has none of its own.
  """
  for i, score in enumerate(music):
    # A clock that other programs like.
    score = scores.quantize(score, 480)
    if tempo is not None or not len(score.tempi):
      microseconds = round(60e6 / (tempo or usual_tempo))
      score = score._replace(tempi=np.array([[0, microseconds]], np.int32))
    midi.write(score, pathlib.Path(folder) / f'{i:03d}.mid')
    roll.draw(score, pathlib.Path(folder) / f'{i:03d}.png', title=f'{title} #{i}')
