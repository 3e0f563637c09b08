"""Posterior collapse: whether a model's latents carry information."""

import jax.numpy as jnp
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.pieces import Pieces
from musiczoo.evaluation import baselines
from musiczoo.evaluation.likelihood import make_metrics
from musiczoo.models.accuracy import accuracy

ACTIVE = 0.01  # Nats of KL divergence above which a dimension is active.


def accuracy_unigram(
  devices,
  pipeline: Pipeline,
  train: Pieces,
  pieces: Pieces,
  batch_size: int,
) -> dict[str, float]:
  """`accuracy_unigram`: the accuracy of a decoder that ignores its latent.

  It predicts for each voice or bit the most frequent value in training.
  """
  spec = pipeline.spec
  usual = baselines.most_frequent(train.x, spec.num_values)
  usual = jnp.asarray(usual.reshape(spec.shape))

  def figures(params, batch, rng):
    del params, rng
    guess = jnp.broadcast_to(usual, batch['x'].shape)
    return {
      'accuracy_unigram': accuracy(spec.kind, guess, batch['x'], batch['mask'])
    }

  return make_metrics(devices, pipeline, pieces, batch_size, figures)({})


def active_dimensions(figures: dict) -> dict[str, int]:
  """`active_dimensions` of the latent, where its KL divergence is known."""
  if 'kl_by_dimension' not in figures:
    return {}
  nats = np.array(figures['kl_by_dimension'])
  return {'active_dimensions': int((nats > ACTIVE).sum())}


def warning(figures: dict) -> str | None:
  """A warning if a model's latents carry too little information.

  That is if less than a tenth of their dimensions is active, or if decoding a
  latent is no better than the baseline without any.
  """
  nats = figures.get('kl_by_dimension', ())
  if nats and 10 * figures['active_dimensions'] < len(nats):
    return (
      f'posterior collapse: only {figures["active_dimensions"]} of {len(nats)} '
      f'dimensions of the latent have more than {ACTIVE} nats: lower '
      '--config.model.beta, or raise free_bits, anneal_steps or word_dropout'
    )
  if 'mse_per_frame' in figures:
    informative = figures['mse_per_frame'] < figures['mse_per_frame_mean']
    baseline = 'has no smaller error than the mean of all frames'
  else:
    informative = figures['accuracy_free'] > figures['accuracy_unigram']
    baseline = 'is no more accurate than the most frequent values'
  if informative:
    return None
  return f'the latents carry no information: decoding them {baseline}'
