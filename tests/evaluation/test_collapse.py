"""Posterior collapse: latents without information are reported."""

import jax
import numpy as np

from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.evaluation import collapse
from musiczoo.models.model import Model
from musiczoo.music import annotations
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel


def test_a_collapse_is_said():
  def said(free=0.9, **more):
    figures = {'accuracy_free': free, 'accuracy_unigram': 0.2, **more}
    return collapse.warning(figures | collapse.active_dimensions(figures))

  assert said() is None
  assert said(kl_by_dimension=[0.001] * 18 + [0.5] * 2) is None
  few = said(kl_by_dimension=[0.001] * 19 + [0.5])
  assert few.startswith('posterior collapse: only 1 of 20 dimensions')
  assert 'the latents carry no information' in said(free=0.2)


def test_what_comes_most_often_is_right_as_often_as_counted():
  train = pack([np.full((8, 4), 21, np.uint8), np.full((3, 4), 9, np.uint8)])
  x = np.full((16, 4), 20, np.uint8)
  x[10:] = 22
  cond = [np.zeros((16, len(annotations.COLUMNS)), np.int16)]
  cond[0][0, 0] = 1  # A bar begins.
  model = Model(None, None, None, window=16)
  pipeline = build.Pipeline(REPRESENTATIONS['voices'](), model)
  figures = collapse.accuracy_unigram(
    parallel.MODES['jit'](jax.devices()[:1]),
    pipeline,
    train,
    pack([x], cond),
    4,
  )
  # Always struck, as in training; the first cell is struck in any case.
  assert figures == {'accuracy_unigram': 1 / 16}
