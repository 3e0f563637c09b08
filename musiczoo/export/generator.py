"""A System walks in; the net that is handed on, a `Forward`, walks out."""

import jax
import jax.numpy as jnp

from musiczoo.build import Pipeline
from musiczoo.models.gan.cells import cell_layout
from musiczoo.models.gan.gan import BIAS
from musiczoo.models.gan.nets import Generator
from musiczoo.models.model import Forward
from musiczoo.music import annotations
from musiczoo.nn.conditioning import Conditioning


def forward_of(pipeline: Pipeline, config: dict) -> Forward | None:
  """The family's own, or that of a gan's generator; None: no one net writes."""
  if config['family'] != 'gan':
    return pipeline.model.forward
  return _generator(pipeline, config)


def _generator(pipeline, config):
  """Noise z [B, L] and what is told -> logits of a window's cells [B, T, D].

  `given` [B, T, E] is what is known of the window as `Surface.given` has it,
  zeros where nothing is.
  """
  representation, model = pipeline
  face = cell_layout(representation.spec)
  told = Conditioning(
      annotations.columns(config['conditions']['use']),
      config['conditions']['features'],
  )
  generator = Generator(
      steps=model.window,
      cells=face.cells,
      hidden=config['model']['hidden'],
      levels=config['model']['levels'],
      bias=BIAS,
      conditions=told,
      dtype=jnp.dtype(config['dtype']),
      remat=False,
  )

  def inputs(num, steps):
    del steps  # A window has its own.
    shapes = {'z': (num, config['model']['latent'])}
    if 'given' in model.controls or 'known' in model.controls:
      shapes['given'] = num, model.window, face.cells + face.lines
    inputs = {
        name: jax.ShapeDtypeStruct(shape, jnp.float32)
        for name, shape in shapes.items()
    }
    if told.columns:
      shape = num, model.window, len(annotations.COLUMNS)
      inputs['cond'] = jax.ShapeDtypeStruct(shape, jnp.int32)
    return inputs

  def apply(params, given):
    logits = generator.apply(
        {'params': params['generator']},
        *map(given.get, ('z', 'given', 'cond')),
    )
    return {'logits_cells': logits}

  return Forward(inputs, apply)
