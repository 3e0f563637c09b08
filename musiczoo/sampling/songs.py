"""Songs to complete: bars or tracks that are written anew, instruments asked for."""

import functools
import re

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.eval_batches import padded_length
from musiczoo.errors import UserError
from musiczoo.music import (
  annotations,
  instruments as instruments_lib,
  metre,
)
from musiczoo.music.compound_rows import Layout, PLACE, SLOTS
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score, Track
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.representations import compound_given, Representation
from musiczoo.sampling import rank
from musiczoo.sampling.generate import generate, Generated
from musiczoo.sampling.primer import Primer

CANDIDATES = 8  # Of each piece that is completed.
FOLLOWING = 4  # Bars by which they are compared.


def infill(
  representation: Representation,
  score: Score,
  bars: str,
  tracks: str | None,
  origin: str,
) -> Primer:
  """Writes some bars anew, of all tracks or of some, and keeps the rest.

  Args:
    bars: as of `masks.infill`.
    tracks: names or instruments of tracks, such as 'Bass,drums'; None: all.
    origin: name of the score in messages.

  Raises:
    UserError: there are no such bars or tracks.
  """
  grid = representation.spec.steps_per_quarter
  first, last = parse_bars(bars, quantize(score, grid), origin)
  numbers = range(len(score.tracks))
  if tracks is not None:
    numbers = [
      i for name in tracks.split(',') for i in find_tracks(score, name, origin)
    ]
  return _primer(
    representation.spec, score, slice(first - 1, last), numbers, (), origin
  )


def accompany(
  representation: Representation,
  score: Score,
  part: str,
  instruments: tuple[Track, ...],
  origin: str,
) -> Primer:
  """Keeps a track, or 'all', and adds others in all bars.

  Args:
    part: a name or an instrument; all other tracks are left out.
    instruments: what is added.
    origin: name of the score in messages.

  Raises:
    UserError: there is no such track, or too many would be.
  """
  if not instruments:
    raise UserError(
      '--accompany_midi: this model writes any instruments: give those to add, '
      'such as --instruments=drums,bass,piano'
    )
  numbers = range(len(score.tracks))
  if part != 'all':
    numbers = find_tracks(score, part, origin)
  kept = np.isin(score.notes[:, 4], list(numbers))
  score = score._replace(notes=score.notes[kept])
  used = np.unique(score.notes[:, 4])
  score = score._replace(
    notes=np.column_stack(
      [score.notes[:, :4], np.searchsorted(used, score.notes[:, 4])]
    ).astype(np.int32),
    tracks=tuple(score.tracks[i] for i in used),
  )
  return _primer(
    representation.spec, score, slice(None), (), instruments, origin
  )


def ensemble(spec: Spec, instruments: tuple[Track, ...]) -> Primer:
  """The instruments of new pieces: no others play.

  Raises:
    UserError: too many.
  """
  layout = Layout(spec.steps_per_quarter)
  _check_number(instruments)
  return Primer(compound_given.ensemble(instruments, layout))


def find_tracks(score: Score, name: str, origin: str) -> list[int]:
  """The tracks of a name, or else of an instrument, as 'Bass' or 'drums'.

  Raises:
    UserError: there is none.
  """
  wanted = name.strip().lower()
  named = [
    i for i, track in enumerate(score.tracks) if track.name.lower() == wanted
  ]
  if named:
    return named
  labels = [instruments_lib.describe(track) for track in score.tracks]
  found = [i for i, label in enumerate(labels) if wanted and wanted in label]
  if found:
    return found
  names = [track.name or label for track, label in zip(score.tracks, labels)]
  raise UserError(
    f"{origin} has no track '{name}': choose of {', '.join(dict.fromkeys(names))}"
  )


def parse_bars(bars: str, score: Score, origin: str) -> tuple[int, int]:
  """'4:8' or '4' -> the first and the last bar, counted from 1.

  Args:
    score: on the model's grid.

  Raises:
    UserError: the bars cannot be parsed, or are not in the music.
  """
  parsed = re.fullmatch(r'(\d+)(?::(\d+))?', bars)
  if parsed is None:
    raise UserError(f"--infill_bars={bars}: give bars, such as '4:8' or '4'")
  first, last = int(parsed[1]), int(parsed[2] or parsed[1])
  num_bars = len(metre.bars(score)) - 1
  if not 1 <= first <= last <= num_bars:
    raise UserError(
      f'--infill_bars={bars}: {origin} has bars 1:{num_bars}, give some of them'
    )
  return first, last


def _primer(spec, score, bars, numbers, more, origin):
  if not len(score.notes):
    raise UserError(f'{origin} has no notes: give music to complete')
  layout = Layout(spec.steps_per_quarter)
  pitched = sum(not track.drums for track in score.tracks)
  _check_number(more, pitched)
  found = compound_given.given(score, layout, bars, numbers, more)
  return Primer(
    found.x,
    score=quantize(score, spec.steps_per_quarter),
    free=found.free,
    complete=found.complete,
  )


def _check_number(instruments, others=0):
  pitched = sum(not track.drums for track in instruments)
  if pitched and pitched + others > SLOTS - 1:
    raise UserError(
      f'--instruments: {pitched + others} instruments beside drums, this model '
      f'has {SLOTS - 1}: leave some out'
    )


def complete(
  pipeline: Pipeline,
  params,
  primer: Primer,
  *,
  num_outputs: int,
  seed: int,
  controls: Controls,
) -> Generated:
  """Completes music, several times for each piece, and keeps what fits best.

  A sample has read what comes before the bars that are written, not what follows.
  So of `CANDIDATES` samples the one is kept given which the bars that follow are
  likeliest, as in sampling importance resampling.

  Args:
    primer: of `infill` or `accompany`.
  """
  bars = _following(primer)
  number = CANDIDATES if len(bars) else 1
  made = generate(
    pipeline,
    params,
    num_outputs=num_outputs * number,
    num_steps=0,
    seed=seed,
    controls=controls,
    primer=primer,
    phrase_candidates=1,
  )
  if number == 1:
    return made
  return rank.best(
    made,
    num_outputs,
    lambda scores: _nats_of_bars(pipeline, params, scores, bars),
  )


def _following(primer):
  """The bars after those that are written, as far as they are compared."""
  written = np.flatnonzero(primer.free.any(1))
  if not len(written):
    return written
  last = int(written[-1]) + 1
  return np.arange(last, min(last + FOLLOWING, len(primer.free)))


def _nats_of_bars(pipeline, params, scores, bars):
  """The nats of the rows of some bars of each Score: float64 [scores]."""
  spec = pipeline.spec
  layout = Layout(spec.steps_per_quarter)
  encoded = [pipeline.representation.encode(score) for score in scores]
  # What comes after these bars is not needed.
  bar = [np.cumsum(x[:, PLACE] == layout.bar) - 1 for x in encoded]
  encoded = [x[b <= bars[-1]] for x, b in zip(encoded, bar)]
  length = padded_length(max(map(len, encoded)))
  loss = _compiled(pipeline.model.loss)
  found = []
  for score, x, b in zip(scores, encoded, bar):
    batch = {
      'x': np.zeros((1, length, *spec.shape), np.int32),
      'mask': np.zeros((1, length), np.float32),
      'row': np.zeros(1, np.uint32),
    }
    batch['x'][0, : len(x)] = x
    batch['mask'][0, : len(x)] = np.isin(b[: len(x)], bars)
    if 'cond' in pipeline.model.controls:
      table = annotations.annotate(score, spec.steps_per_quarter)
      rows = annotations.gather_rows(table, x, spec)
      batch['cond'] = np.zeros((1, length, rows.shape[1]), np.int16)
      batch['cond'][0, : len(x)] = rows
    found.append(float(loss(params, batch)))
  return np.array(found)


@functools.lru_cache(maxsize=4)
def _compiled(loss):
  def nats(params, batch):
    key = jax.random.key(0)
    return loss(params, batch, key, step=0, train=False)[0]['nll']

  return jax.jit(nats)
