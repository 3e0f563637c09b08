"""A model that says what it hears and a Score walk in; a page walks out."""

from collections.abc import Iterator

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.models.model import AnnotatingModel
from musiczoo.music import annotations
from musiczoo.music.score import Score

_BARS = 256  # The most that is listed.
_FORM = '  {:>4}  {:6} {:5} {:14} {:7} {:9} {}'


def hear(
    pipeline: Pipeline, params, score: Score
) -> tuple[np.ndarray, np.ndarray]:
  """What the model and what the rules say of each step of x.

  Returns:
    heard, ruled: int [steps, columns] of `conditions`.

  Raises:
    UserError: the model says nothing, or hears nothing of this music.
  """
  model, representation = pipeline.model, pipeline.representation
  if not isinstance(model, AnnotatingModel):
    raise UserError(
        'this model does not say what it hears: take '
        '--pretrained=structure-chorales, or train one of its family'
    )
  x = representation.encode(score)
  table = annotations.of(score, representation.spec.steps_per_quarter)
  ruled = annotations.of_rows(table, x, representation.spec.steps_per_token)
  batch = next(batches.eval_batches(batches.pack([x], [ruled]), 1))
  heard = jax.jit(model.annotate)(params, batch)
  return np.asarray(heard)[0, : len(x)], ruled


def compare(pipeline: Pipeline, params, score: Score) -> Iterator[str]:
  """Yields the lines of a page on what is heard in each bar, of 80 columns.

  Bars are the model's. Below each stands what the rules say where they differ.
  """
  heard, ruled = hear(pipeline, params, score)
  yield ''
  yield 'HEARD IN EACH BAR, AND WHERE THEY DIFFER WHAT THE RULES SAY'
  yield _FORM.format('bar', '', 'key', 'chords', 'notes', 'rhythm', 'section')
  place = heard[:, annotations.POSITION]
  begins = np.flatnonzero((place == 1) | (np.arange(len(place)) == 0))
  ends = np.append(begins[1:], len(place))
  for bar, (begin, end) in enumerate(zip(begins[:_BARS], ends), 1):
    ours, rules = (_bar(table[begin:end]) for table in (heard, ruled))
    yield _FORM.format(bar, 'heard', *ours).rstrip()
    other = [b if a != b else '' for a, b in zip(ours, rules)]
    if any(other):
      yield _FORM.format('', 'rules', *other).rstrip()
  if len(begins) > _BARS:
    yield f'  and {len(begins) - _BARS} more bars'


def _bar(table):
  """Key, chords, density, rhythm and section of a bar's steps in words."""
  first = annotations.words(table[0])
  chords = [annotations.words(row)['chord'] for row in table]
  first['chord'] = ' '.join(
      c for i, c in enumerate(chords) if not i or c != chords[i - 1]
  )
  return list(first.values())
