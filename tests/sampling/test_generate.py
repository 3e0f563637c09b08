"""Samples of rows that end: what has not ended is drawn anew, and longer."""

import dataclasses

import jax
import numpy as np

from musiczoo.build import make_model, Pipeline
from musiczoo.music import transform
from musiczoo.nn.heads import Categorical, Controls
from musiczoo.representations.events import events
from musiczoo.sampling.generate import _Sampler, generate, piece_keys

STEPS = 24


def untrained(calls):
  """A model of events that notes how many pieces are sampled, and of what length."""
  representation = events(steps_per_quarter=4)
  spec = representation.spec
  head = Categorical(spec.depth, 8)
  model = make_model('gru', spec, head, {'hidden': 8, 'layers': 1}, window=64)
  batch = {
    'x': np.zeros((1, 8), np.int32),
    'mask': np.ones((1, 8), np.float32),
    'row': np.zeros(1, np.uint32),
  }

  def sample(params, keys, length, controls):
    calls.append((len(keys), length))
    return model.sample(params, keys, length, controls)

  params = model.init(jax.random.key(0), batch)
  # Time passes slowly, so that some pieces are too short at first.
  late = -3.0 * (spec.steps_per_token > 0)
  params = jax.tree.map(
    lambda a: a + late if a.shape == (spec.depth,) else a, params
  )
  return Pipeline(
    representation, dataclasses.replace(model, sample=sample)
  ), params


def test_only_what_has_not_ended_is_drawn_anew():
  calls = []
  pipeline, params = untrained(calls)
  temperature = np.linspace(0.7, 1.3, 6)
  controls = Controls(temperature=temperature)
  made = generate(
    pipeline,
    params,
    num_outputs=6,
    num_steps=STEPS,
    seed=0,
    controls=controls,
  )
  assert len(calls) > 1
  numbers, lengths = zip(*calls)
  assert numbers[0] == 6 and list(numbers) == sorted(numbers)[::-1]
  assert numbers[-1] < 6
  assert lengths == tuple(4 * STEPS * 2**i for i in range(len(calls)))
  # The same pieces as if all were drawn at the greatest length.
  everything = pipeline, params, piece_keys(0, 6), controls, None, None
  whole = _Sampler(*everything).sample(lengths[-1], np.arange(6))
  assert made.x.shape == whole.x.shape
  for score, other in zip(made.scores, whole.scores, strict=True):
    np.testing.assert_array_equal(
      score.notes, transform.crop(other, STEPS).notes
    )
