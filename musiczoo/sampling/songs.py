"""Songs to complete: bars or tracks that are written anew, instruments asked for."""

import re

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music import instruments as instruments_lib, metre
from musiczoo.music.compound_rows import Layout, SLOTS
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score, Track
from musiczoo.music.spec import Spec
from musiczoo.representations import compound_given, Representation
from musiczoo.sampling.primer import Primer


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
