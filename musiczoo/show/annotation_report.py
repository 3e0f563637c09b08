"""The annotations of a model for each bar, beside those of the rules."""

from collections.abc import Iterator
import itertools

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.eval_batches import eval_batches
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.models.model import AnnotatingModel
from musiczoo.music import annotation_text, annotations
from musiczoo.music.score import Score

_MAX_BARS = 256
_FORM = '  {:>4}  {:6} {:5} {:14} {:7} {:9} {}'


def annotate(
  pipeline: Pipeline, params, score: Score
) -> tuple[np.ndarray, np.ndarray]:
  """Annotates each step of x by the model and by the rules.

  Returns:
    predicted, ruled: int [steps, columns] of `music.annotations`.

  Raises:
    UserError: the model does not annotate.
  """
  model, representation = pipeline.model, pipeline.representation
  if not isinstance(model, AnnotatingModel):
    raise UserError(
      'this model does not annotate music: take '
      '--pretrained=structure-chorales, or train one of its family'
    )
  x = representation.encode(score)
  table = annotations.annotate(score, representation.spec.steps_per_quarter)
  ruled = annotations.gather_rows(table, x, representation.spec)
  batch = next(eval_batches(pack([x], [ruled]), 1))
  predicted = jax.jit(model.annotate)(params, batch)
  return np.asarray(predicted)[0, : len(x)], ruled


def report(pipeline: Pipeline, params, score: Score) -> Iterator[str]:
  """Yields lines of 80 columns with the annotations of each bar.

  Bars are the model's. Below each are the annotations of the rules that differ.
  """
  predicted, ruled = annotate(pipeline, params, score)
  yield ''
  yield 'ANNOTATIONS OF EACH BAR, AND THOSE OF THE RULES WHERE THEY DIFFER'
  yield _FORM.format('bar', '', 'key', 'chords', 'notes', 'rhythm', 'section')
  position = predicted[:, annotations.POSITION]
  begins = np.flatnonzero((position == 1) | (np.arange(len(position)) == 0))
  ends = np.append(begins[1:], len(position))
  for bar, (begin, end) in enumerate(zip(begins[:_MAX_BARS], ends), 1):
    ours, rules = (_bar(table[begin:end]) for table in (predicted, ruled))
    yield _FORM.format(bar, 'model', *ours).rstrip()
    other = [b if a != b else '' for a, b in zip(ours, rules)]
    if any(other):
      yield _FORM.format('', 'rules', *other).rstrip()
  if len(begins) > _MAX_BARS:
    yield f'  and {len(begins) - _MAX_BARS} more bars'


def _bar(table):
  """Key, chords, density, rhythm and section of a bar's steps as text."""
  rows = [annotation_text.describe(row) for row in table]
  chords = itertools.groupby(row['chord'] for row in rows)
  return list((rows[0] | {'chord': ' '.join(c for c, _ in chords)}).values())
