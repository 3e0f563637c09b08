"""Tiny models of configs, with parameters at random."""

import functools

import jax
import numpy as np

from experiments import config as configs
from musiczoo import build
from musiczoo.runs import workdir

SMALL = {'model.hidden': '6', 'head.hidden': '5', 'head.features': '4'}
SIZES = {
  'cnn': {'model.layers': '2'},
  'structure': {
    'model.planner_hidden': '5',
    'model.analyser_hidden': '4',
    'model.analyser_channels': '3',
    'model.layers': '1',
  },
  'infill': {'model.layers': '2', 'model.known_layers': '1'},
  'orderless': {'model.layers': '2', 'model.sweeps': '8'},
  'vae_melody': {'model.latent': '3', 'window': '8'},
  'autoencoder': {'model.latent': '3', 'window': '8'},
  'gan': {
    'model.latent': '3',
    'model.num_levels': '1',
    'window': '8',
    'model.overlap': '2',
  },
}


@functools.cache
def build_tiny(variant: str, *changes: tuple[str, str]):
  """'chorales.py:gru' and changes -> (config, pipeline, params)."""
  path = f'experiments/configs/{variant}'
  size = SIZES.get(variant.partition(':')[2], {'model.layers': '2'})
  config = configs.load(path)
  given = (SMALL | size).items()
  known = [(k, v) for k, v in given if k.split('.')[-1] in _keys(config, k)]
  config = build.RunConfig.from_dict(configs.load(path, [*known, *changes]))
  pipeline = build.pipeline(config)
  rng = np.random.default_rng(0)
  params = jax.tree.map(
    lambda a: (0.5 * rng.standard_normal(a.shape)).astype(a.dtype),
    workdir.shapes(pipeline),
  )
  return config, pipeline, params


def _keys(config, key):
  table, _, name = key.rpartition('.')
  return config[table] if table else config


def inputs(pipeline, forward, rows: int, steps: int) -> dict:
  """Random inputs of a Forward, by name."""
  rng = np.random.default_rng(0)
  top = pipeline.representation.spec.num_values
  given = {}
  for name, like in forward.inputs(rows, steps).items():
    value = (
      rng.standard_normal(like.shape)
      if like.dtype == np.float32
      else rng.integers(8 if name == 'cond' else top, size=like.shape)
    )
    value = abs(value) if name == 'chroma' else value  # They are durations.
    given[name] = value.astype(like.dtype)
  return given
