"""A model, a seed and controls -> Scores."""

import logging
import pathlib
from typing import NamedTuple

import jax
import numpy as np

from musiczoo import midi, score as scores
from musiczoo.build import System
from musiczoo.errors import UserError
from musiczoo.heads import Controls
from musiczoo.representations import Representation
from musiczoo.score import Score
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
  sample = jax.jit(system.model.sample, static_argnums=2)

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


def check_controls(head, **asked) -> Controls:
  """Controls of a head; refuses those that would mean nothing to it."""
  for name, value in asked.items():
    if name not in head.controls and value != getattr(Controls(), name):
      raise UserError(
          f'--{name} means nothing to this model: it can be sampled with '
          f'{", ".join("--" + c for c in head.controls)} and --argmax'
      )
  if asked['temperature'] < 0 or asked['top_k'] < 0:
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
  grid = scores.quantize(primer, representation.steps_per_quarter)
  kept = representation.decode(x)
  if not len(kept.notes):
    raise UserError(
        f'{origin}: no note of it fits this model '
        f'({len(grid.notes)} notes there): give a primer with notes in range'
    )
  lost = len(grid.notes) - len(kept.notes)
  moved = not np.array_equal(grid.notes[:, :3], kept.notes[:, :3])
  if lost or moved:
    log.warning(
        '%s: reduced to what the model can hear: %d of %d notes kept',
        origin, len(kept.notes), len(grid.notes),
    )
  if representation.end is not None:
    x = x[x != representation.end]  # It goes on.
  return x


def write(music: list[Score], folder, *, tempo: float, title: str) -> None:
  """Writes 000.mid, 000.png, 001.mid, ... to a folder that is there."""
  for i, score in enumerate(music):
    score = playable(score, tempo=tempo)
    midi.write(score, pathlib.Path(folder) / f'{i:03d}.mid')
    roll.draw(score, pathlib.Path(folder) / f'{i:03d}.png', title=f'{title} #{i}')


def playable(score: Score, *, tempo: float, resolution: int = 480) -> Score:
  """The Score on a clock other programs like, with a tempo if it has none."""
  score = scores.quantize(score, resolution)
  if len(score.tempi):
    return score
  return score._replace(
      tempi=np.array([[0, round(60e6 / tempo)]], np.int32)
  )
