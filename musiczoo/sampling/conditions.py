"""Conditions of each step of a sample: those of its primer, then those requested."""

import numpy as np

from musiczoo.music import annotation_text, annotations, metre, transform
from musiczoo.music.form import Form
from musiczoo.music.score import end, Score
from musiczoo.representations import Representation
from musiczoo.sampling.primer import Primer

# What may be requested of music that is completed.
_REQUESTED = [
  annotations.KEY,
  annotations.ROOT,
  annotations.QUALITY,
  annotations.DENSITY,
]


def conditions(
  representation: Representation,
  form: Form,
  primer: Primer | None,
  requested: dict,
) -> np.ndarray:
  """The annotations of the primer and of the form: int16 [steps, columns].

  Args:
    form: of the steps after the primer; without any the primer is completed.
    requested: arguments of `annotation_text.plan`.
  """
  if primer is None:
    return annotation_text.plan(form, **requested)
  grid, score = form.steps_per_quarter, _kept(representation, primer)
  steps = num_steps(representation, primer)
  of_primer = annotations.annotate(score, grid, steps=steps)[:steps]
  of_primer[:, annotations.STYLE] = requested.get('style', 0)
  if not form.steps:
    whole = annotation_text.plan(form._replace(steps=steps), **requested)
    asked = whole[:, _REQUESTED]
    of_primer[:, _REQUESTED] = np.where(
      asked > 0, asked, of_primer[:, _REQUESTED]
    )
  begin = 0
  if form.time_signature == primer.time_signature:
    lines = metre.bars(score, steps + 1)
    begin = steps - int(lines[metre.bar_of(lines, np.array([steps]))[0]])
  planned = annotation_text.plan(form._replace(begin=begin), **requested)
  table = np.concatenate([of_primer, planned])
  meter = table[:, annotations.METER].copy()
  ends = _phrase_ends(form, primer, steps)
  annotations.set_form(table, grid, form.bar_steps, ends)
  table[:, annotations.METER] = meter
  return table


def with_form(
  representation: Representation,
  score: Score,
  form: Form | None,
  primer: Primer | None,
) -> Score:
  """A sample with the meters and phrase ends that it was sampled with.

  The tempi, keys and instruments of a primer go on.

  Args:
    form: None for a model that is given none.
  """
  given = primer.score if primer is not None else None
  if given is not None:
    score = transform.with_performance(score, given)
    if form is not None or not len(score.meters):
      score = transform.with_form(score, given)
  if form is None:
    return score
  if primer is None:
    ends = np.array(form.phrase_ends, np.int32)
    return score._replace(meters=form.meters, phrase_ends=ends)
  steps = num_steps(representation, primer)
  if form.steps and form.time_signature != primer.time_signature:
    changed = np.array([(steps, *form.time_signature)], np.int32)
    score = score._replace(meters=np.concatenate([score.meters, changed]))
  return score._replace(phrase_ends=_phrase_ends(form, primer, steps))


def num_steps(representation: Representation, primer: Primer) -> int:
  """Steps of the grid that a primer takes."""
  if representation.spec.is_grid:
    return len(primer.x)
  if primer.complete is not None:
    return end(primer.score)
  return end(representation.decode(primer.x))


def _kept(representation, primer):
  """What the representation keeps of a primer, with its meters."""
  if primer.complete is not None:
    return primer.score
  kept = representation.decode(primer.x)
  if primer.score is None:
    return kept
  return transform.with_form(kept, primer.score)


def _phrase_ends(form, primer, steps):
  ends = steps + np.array(form.phrase_ends, np.int32)
  if primer.score is None:
    return ends
  return np.concatenate([primer.score.phrase_ends, ends])
