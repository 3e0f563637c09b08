"""Samples beside a split: real ones are near it, others far."""

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.data.pieces import cut, pack
from musiczoo.errors import UserError
from musiczoo.evaluation import sample_comparison
from musiczoo.models.model import Model
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel

VOICES = REPRESENTATIONS['voices']()
WINDOW = 32


def pieces(num, seed, held=4):
  """Four voices that walk by steps; each note is held so long."""
  rng = np.random.default_rng(seed)
  x, cond = [], []
  for _ in range(num):
    walk = rng.integers(-2, 3, (2 * WINDOW // held, 4)).cumsum(0)
    symbols = np.clip(walk + [40, 33, 26, 19], 1, 57).repeat(held, 0)
    is_onset = np.arange(len(symbols))[:, None] % held == 0
    x.append((2 * symbols + is_onset).astype(np.uint8))
    table = np.zeros((len(symbols), 8), np.int16)
    table[:, 0] = np.arange(len(symbols)) % 16 + 1
    cond.append(table)
  return pack(x, cond)


def pipeline(written):
  """A model whose samples are those windows, whatever its parameters."""

  def sample(params, keys, length, controls):
    return np.stack(written)[: len(keys), :length] + 0 * params

  return build.Pipeline(
    VOICES, Model(None, None, sample, monitor='', window=WINDOW)
  )


def windows(packed):
  windows = cut(packed, WINDOW)
  return [np.asarray(x, np.int32) for x in windows.x]


def test_music_of_the_same_kind_is_nearer_than_other_music():
  split = pieces(20, seed=0)
  place = parallel.MODES['jit'](jax.devices()[:1])
  gaps = []
  for written in (split, pieces(20, seed=1), pieces(20, seed=1, held=1)):
    judge = sample_comparison.make_gap(place, pipeline(windows(written)), split)
    gaps.append(judge(np.int32(0)))
  assert gaps[0]['gap'] == 0
  assert 0 < gaps[1]['gap'] < gaps[2]['gap'] <= 1
  assert gaps[2]['gap_qualified_notes'] > 0.9


def test_the_report_has_both_sides():
  split = pieces(20, seed=0)
  new = pipeline(windows(pieces(20, seed=1, held=2)))
  compared = sample_comparison.make_compare(new, split, limit=12)(np.int32(0))
  assert len(compared.scores) == 12
  report = sample_comparison.report(compared)
  row = report['qualified_notes_strings']
  assert row['samples'] == (0, 0, 0) and row['split'] == (1, 1, 1)
  assert row['gap'] == 1 and 0 < report['gap'] < 1


def test_a_split_without_a_window_is_refused():
  short = pack(
    [p[:20] for p in pieces(2, 0).x], [p[:20] for p in pieces(2, 0).cond]
  )
  with pytest.raises(UserError, match='no piece has a window of 32 steps'):
    sample_comparison.make_compare(pipeline([]), short)
