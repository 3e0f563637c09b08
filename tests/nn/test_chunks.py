"""Chunks: what is computed one after another is what it is at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.models import autoregressive_net
from musiczoo.models.structure import analyser
from musiczoo.music.spec import Spec
from musiczoo.nn.chroma import Chroma
from musiczoo.nn.heads import HEADS
from tests import families

HOUR = 19_200  # Steps, of sixteenths at 80 quarter notes a minute.


def loss(family, params, batch, train):
  rng = jax.random.key(1)
  sums, _ = family.model.loss(params, batch, rng, step=0, train=train)
  return sums['loss'], sums


@pytest.mark.parametrize(
  'name,head,train',
  [
    ('structure', 'voices', False),
    ('infill', 'voices', False),
    ('gru', 'nade', True),
    pytest.param('structure', 'voices', True, marks=pytest.mark.slow),
    pytest.param('infill', 'voices', True, marks=pytest.mark.slow),
  ],
)
def test_chunks_are_the_whole(name, head, train, monkeypatch):
  family = families.build(name, head)
  batch = families.batch(family, 3)
  params = jax.jit(family.model.init)(jax.random.key(0), batch)
  of = functools.partial(loss, family, batch=batch, train=train)
  found = lambda: jax.jit(jax.grad(of, has_aux=True) if train else of)(params)
  whole = found()
  # Neither divides what it cuts: 16 steps, 5 bars.
  monkeypatch.setattr(autoregressive_net, 'CHUNK', 5)
  monkeypatch.setattr(analyser, 'CHUNK', 2)
  families.close(found(), whole, 1e-5)


def test_parameters_are_made_in_chunks_too(monkeypatch):
  family = families.build('gru', 'nade')
  batch = families.batch(family, 3)
  init = lambda: jax.jit(family.model.init)(jax.random.key(0), batch)
  whole = init()
  monkeypatch.setattr(autoregressive_net, 'CHUNK', 5)
  jax.tree.map(np.testing.assert_array_equal, init(), whole)


def temporary(function, *shapes):
  """Megabytes of a program beside its arguments and results."""
  arrays = [jax.ShapeDtypeStruct(*shape) for shape in shapes]
  compiled = jax.jit(function).lower(*arrays).compile()
  return compiled.memory_analysis().temp_size_in_bytes / 2**20


def test_an_hour_of_chroma_is_small():
  chroma = Chroma((16.0, 64.0, 256.0))
  assert temporary(chroma, ((1, HOUR, 4), jnp.uint8)) < 128


def test_an_hour_of_a_head_is_small():
  head = HEADS['voices'](
    depth=48, voices=4, features=32, hidden=128, intervals=True
  )
  net = families.make(
    'gru', Spec('voices', 48, (4,)), head, hidden=64, layers=1
  )
  like = lambda steps: {
    'x': jax.ShapeDtypeStruct((1, steps, 4), jnp.uint8),
    'mask': jax.ShapeDtypeStruct((1, steps), jnp.float32),
    'row': jax.ShapeDtypeStruct((1,), jnp.uint32),
  }
  params = jax.eval_shape(net.init, jax.random.key(0), like(4))

  def loss(params, batch):
    rng = jax.random.key(0)
    return net.loss(params, batch, rng, step=0, train=False)

  compiled = jax.jit(loss).lower(params, like(HOUR)).compile()
  assert compiled.memory_analysis().temp_size_in_bytes < 256 * 2**20
