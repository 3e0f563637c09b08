"""Likelihood by place: openings, ends of phrases, and the rest of pieces.

Where a model's own samples cost more nats than held-out music, its distribution
is too flat there: it is underfit at that place.
"""

import jax.numpy as jnp

from musiczoo.build import Pipeline
from musiczoo.models.candidates import ENDING, OPENING
from musiczoo.music import annotations

PLACES = 'openings', 'phrase_ends', 'elsewhere'


def can_be_measured(pipeline: Pipeline) -> bool:
  """Whether the model has an exact likelihood and is conditioned on phrases."""
  is_exact = pipeline.model.monitor == 'nll'
  return is_exact and 'phrases' in pipeline.conditions.columns


def make_metrics(pipeline: Pipeline):
  """Returns metrics(params, batch, rng) for `likelihood.make_metrics`.

  They are `nll_openings_per_note` and so on, in nats, without the phrases given;
  `cond` of the batch has to have them.
  """
  model, spec = pipeline.model, pipeline.spec
  quarter = spec.steps_per_quarter

  def metrics(params, batch, rng):
    left = batch['cond'][..., annotations.PHRASES] - 1
    step = jnp.broadcast_to(jnp.arange(left.shape[-1]), left.shape)
    is_opening = step < OPENING * quarter
    is_end = ~is_opening & (left >= 1) & (left <= ENDING * quarter)
    masks = dict(zip(PLACES, (is_opening, is_end, ~(is_opening | is_end))))
    plain = batch['cond'].at[..., annotations.PHRASES].set(0)
    found = {}
    for name, mask in masks.items():
      at_place = batch | {'cond': plain, 'mask': batch['mask'] * mask}
      sums, weight = model.loss(params, at_place, rng, step=0, train=False)
      key = f'nll_{name}_per_{spec.unit}'
      found[key] = sums['nll'], weight * spec.units_per_step
    return found

  return metrics
