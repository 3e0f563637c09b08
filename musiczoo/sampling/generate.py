"""A model, a seed and controls -> Scores."""

import functools
import logging
import math
import pathlib
from typing import NamedTuple

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.errors import UserError
from musiczoo.models.model import Model
from musiczoo.music import annotations, midi, score as scores
from musiczoo.music.audio import Sound
from musiczoo.music.score import DURATION, ONSET, Score
from musiczoo.nn.heads import Controls
from musiczoo.representations import Representation
from musiczoo.show import sound
from musiczoo.show.plots import pianoroll

log = logging.getLogger(__name__)

MOST_EVENTS = 64  # Per step of the grid: no music we know has more.


class Generated(NamedTuple):
  """What was written: arrays x [N, T, ...] and a Score, or a Sound, of each."""

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
  """Writes pieces in one compiled scan.

  The noise of piece i comes of (seed, i) alone, so it is the same piece in a
  batch of any size.

  Args:
    num_steps: steps of the grid to write, after the primer's.
    primer: x [P, ...] that each piece begins with, as it is.
    known: bool like the primer, which of its cells stay; None: all do.
    wishes: what a model that can be told conditions is told, as arguments of
      `conditions.plan`.
  """
  representation = pipeline.representation
  keys = piece_keys(seed, num_outputs)
  sample = _compiled(pipeline.model.sample)
  if 'cond' in pipeline.model.controls and controls.cond is None:
    plan = _plan(representation, num_steps, primer, requested or {})
    cond = np.broadcast_to(plan, (num_outputs, *plan.shape))
    controls = controls._replace(cond=cond)

  def written(num_new):
    """Pieces of the primer and so many steps of x more."""
    length, begun = num_new, controls
    if primer is not None:
      length += len(primer)
      shape = (length, *primer.shape[1:])
      given, stays = np.zeros(shape, np.int32), np.zeros(shape, bool)
      given[: len(primer)] = primer
      stays[: len(primer)] = True if known is None else known
      given = np.broadcast_to(given, (num_outputs, *shape))
      begun = controls._replace(given=given, known=stays)
    x = np.asarray(sample(params, keys, length, begun))
    x = x.astype(representation.spec.dtype)
    return Generated(x, [representation.decode(piece) for piece in x])

  if representation.spec.end_token is None:
    return written(num_steps)
  # How many events a step of the grid takes is up to the music: twice as many,
  # from the same noise, begin with the same events.
  steps = num_steps
  if primer is not None:
    steps += scores.end(representation.decode(primer))
  num_new = 4 * num_steps
  result = written(num_new)
  while num_new < MOST_EVENTS * num_steps and not all(
      representation.spec.end_token in x or scores.end(score) >= steps
      for x, score in zip(*result)
  ):
    num_new *= 2
    result = written(num_new)
  return result._replace(scores=[scores.crop(s, steps) for s in result.scores])


def piece_keys(seed: int, num: int) -> jax.Array:
  """One PRNG key per piece, of (seed, the piece's number) alone."""
  return jax.vmap(jax.random.fold_in, (None, 0))(
      jax.random.key(seed), np.arange(num, dtype=np.uint32)
  )


@functools.lru_cache(maxsize=8)
def _compiled(sample):
  return jax.jit(sample, static_argnums=2)


def _plan(representation, num_steps, primer, requested):
  """The conditions of the primer as it is, and of what is wished for then."""
  grid = representation.spec.steps_per_quarter
  if primer is None:
    return annotations.plan(num_steps, grid, **requested)
  heard = annotations.of(representation.decode(primer), grid)
  begin = int(heard[-1, annotations.POSITION])
  heard[:, annotations.STYLE] = requested.get('style', 0)
  asked = annotations.plan(num_steps, grid, begin=begin, **requested)
  return np.concatenate([heard, asked])


def check_controls(model: Model, **asked) -> Controls:
  """Controls of a model; refuses those that would mean nothing to it."""
  usual = Controls()
  for name, value in asked.items():
    if name not in model.controls and value != getattr(usual, name):
      known = [c for c in usual._fields if c in model.controls and c in asked]
      raise UserError(
          f'--{name} means nothing to this model: it can be sampled '
          + (f'with {", ".join("--" + c for c in known)}' if known else 'as it is')
      )
  if not 0 <= asked['temperature'] < math.inf or asked['top_k'] < 0:
    raise UserError('--temperature and --top_k must not be negative')
  if not (0 < asked['top_p'] <= 1 and 0 <= asked['min_p'] <= 1):
    raise UserError('--top_p must be in (0, 1] and --min_p in [0, 1]')
  return Controls(**asked)


def check_can(model: Model, control: str, flag: str) -> None:
  """Refuses a flag that asks a model for what it can't do."""
  if control not in model.controls:
    raise UserError(f'{flag} means nothing to this model: leave it out')


def check_requested(config: dict, **asked) -> dict:
  """The wishes that were uttered; refuses what the model was never told.

  Args:
    config: of the model.
    **asked: `chords`, `key`, `density` and `style`, each None if not asked for.
  """
  told, styles = config['conditions']['use'], config['conditions']['styles']
  requested = {name: value for name, value in asked.items() if value is not None}
  for name in requested:
    if name.removesuffix('s') not in told:
      raise UserError(
          f'--{name} means nothing to this model: it was told '
          f'{", ".join(told) or "nothing"} beside the music; train one with '
          f'--config.conditions.use={",".join([*told, name.removesuffix("s")])}'
      )
  if 'style' in requested:
    if requested['style'] not in styles:
      raise UserError(
          f"--style={requested['style']}: the model knows "
          f'{", ".join(styles) or "none, see --config.conditions.styles"}'
      )
    requested['style'] = annotations.style_number(requested['style'], styles)
  return requested


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
  if representation.spec.end_token is not None:
    x = x[x != representation.spec.end_token]  # It goes on.
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


def timed(
    score: Score, *, tempo: float | None = None, usual_tempo: float = 80.0
) -> Score:
  """A Score on a clock that other programs like, with a tempo.

  Args:
    tempo: quarter notes a minute; None leaves the music's own.
    usual_tempo: of music that has none of its own.
  """
  score = scores.quantize(score, 480)
  if tempo is not None or not len(score.tempi):
    microseconds = round(60e6 / (tempo or usual_tempo))
    score = score._replace(tempi=np.array([[0, microseconds]], np.int32))
  return score


def write(
    music: list[Score],
    folder,
    *,
    title: str,
    tempo: float | None = None,
    usual_tempo: float = 80.0,
    player: sound.Player | None = None,
) -> list[Score]:
  """Writes 000.mid, 000.png, 001.mid, ... to a folder that is there.

  Args:
    tempo, usual_tempo: as of `timed`.
    player: who plays 000.wav, 001.wav, ... as well; None: nobody.

  Returns:
    The pieces as they were written.
  """
  written = [
      timed(score, tempo=tempo, usual_tempo=usual_tempo) for score in music
  ]
  for i, score in enumerate(written):
    path = pathlib.Path(folder) / f'{i:03d}'
    midi.write(score, path.with_suffix('.mid'))
    pianoroll.draw(score, path.with_suffix('.png'), title=f'{title} #{i}')
    if player is not None:
      sound.write(score, path.with_suffix('.wav'), player)
  return written
