"""A model with codes walks in; whether they say anything walks out."""

import jax.numpy as jnp
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.evaluation import baselines
from musiczoo.evaluation.likelihood import make_metrics
from musiczoo.models.accuracy import accuracy

ACTIVE = 0.01  # Nats of a dimension that carries something.


def unigram(
    devices, pipeline: Pipeline, train: batches.Pieces, pieces: batches.Pieces, batch_size
) -> dict[str, float]:
  """What a decoder that hears nothing gets right: `accuracy_unigram`.

  It writes in every voice, or for every bit, what comes most often in training.
  """
  representation = pipeline.representation
  kind, depth = representation.spec.kind, representation.spec.depth
  values = {'bits': 2, 'tokens': depth, 'voices': 2 * depth}[kind]
  usual = baselines.most_frequent(train.x, values).reshape(representation.spec.shape)

  def figures(params, batch, rng):
    del params, rng
    x = batch['x']
    guess = jnp.broadcast_to(jnp.asarray(usual), x.shape)
    return {'accuracy_unigram': accuracy(kind, guess, x, batch['mask'])}

  return make_metrics(devices, pipeline, pieces, batch_size, figures)({})


def active(figures: dict) -> dict[str, int]:
  """`active_dimensions`, those of a code that carry `ACTIVE` nats, if told."""
  if 'kl_by_dimension' not in figures:
    return {}
  nats = np.array(figures['kl_by_dimension'])
  return {'active_dimensions': int((nats > ACTIVE).sum())}


def alarm(figures: dict) -> str | None:
  """A warning if a model's codes say too little, from its figures.

  That is so where fewer than a tenth of a code's dimensions carry `ACTIVE`
  nats, or where from codes alone no more is right than without any.
  """
  active = figures.get('active_dimensions')
  if active is not None and 10 * active < len(figures['kl_by_dimension']):
    return (
        f'posterior collapse: only {active} of '
        f'{len(figures["kl_by_dimension"])} dimensions of a code carry '
        f'more than {ACTIVE} nats: lower --config.model.beta, or raise '
        'free_bits, anneal_steps or word_dropout'
    )
  if 'mse_per_frame' in figures:
    if figures['mse_per_frame'] < figures['mse_per_frame_mean']:
      return None
    return (
        'the codes say nothing: what is written from them is no nearer than the '
        'mean of all frames'
    )
  if figures['accuracy_free'] <= figures['accuracy_unigram']:
    return (
        'the codes say nothing: what is written from them is no more often '
        'right than what comes most often'
    )
  return None
