"""Codes of real windows: they come back, meet half way, and can be moved."""

import functools

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.music.score import Score
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.representations.voices import TRACKS
from musiczoo.sampling import latents
from musiczoo.sampling.generate import piece_keys
from tests import families

WINDOW = 16
COLD = Controls(temperature=0.0)


@functools.cache
def pipeline():
  """A small untrained vae of bars of four voices, and its parameters."""
  voices = REPRESENTATIONS['voices']()
  head = HEADS['voices'](voices.spec.depth, voices=4, features=3, hidden=5)
  music = voices.spec
  model = families.make(
    'vae', music, head, {'window': WINDOW}, net='conv', hidden=8, latent=4
  )
  batch = {
    'x': np.zeros((1, WINDOW, 4), np.uint8),
    'mask': np.ones((1, WINDOW), np.float32),
    'row': np.zeros(1, np.uint32),
  }
  params = jax.jit(model.init)(jax.random.key(0), batch)
  # Latents that differ and change the music.
  params = jax.tree.map(lambda p: 2 * p, params)
  return build.Pipeline(voices, model), params


def song(steps, seed=0, meters=()):
  """A piece of `steps` steps in which each voice moves every quarter."""
  rng = np.random.default_rng(seed)
  notes = [
    (t, 4, int(rng.integers(48, 70)), 80, v)
    for v in range(4)
    for t in range(0, steps, 4)
  ]
  meters = np.array(meters, np.int32).reshape(-1, 3)
  score = Score(np.array(notes, np.int32), TRACKS, resolution=4, meters=meters)
  return latents.encode_piece(pipeline()[0].representation, score, 'song.mid')


def piece(steps, seed=0):
  return song(steps, seed).x[0]


def test_both_ends_of_the_way_are_the_reconstructions():
  a, b = song(40, 1), song(24, 2)
  for controls in (COLD, Controls()):
    how = {'seed': 5, 'controls': controls}
    way = latents.interpolate(*pipeline(), a, b, num_outputs=5, **how)
    for one, end in ((a, way.x[0]), (b, way.x[-1])):
      back = latents.reconstruct(*pipeline(), one, **how)
      assert back.x.shape == (1, *one.x[0].shape)
      np.testing.assert_array_equal(end, back.x[0, :WINDOW])
    assert way.x.shape == (5, WINDOW, 4)
    assert (way.x[0] != way.x[-1]).any()


def test_codes_stand_in_the_order_of_their_windows():
  # Lengths that are sorted on the way.
  windows = [piece(16, 1), piece(8, 2), piece(16, 3), piece(4, 4)]
  together = latents.encode_windows(*pipeline(), pack(windows))
  assert together.shape == (4, 4)
  for z, x in zip(together, windows):
    alone = latents.encode_windows(*pipeline(), pack([x]))[0]
    np.testing.assert_allclose(z, alone, atol=1e-5)
  assert np.ptp(together, axis=0).min() > 1e-3


def test_the_way_between_codes():
  rng = np.random.default_rng(0)
  a, b = rng.normal(size=(2, 50)).astype(np.float32)
  share = np.linspace(0, 1, 7, dtype=np.float32)
  way = latents.slerp(a, b, share)
  np.testing.assert_array_equal(way[[0, -1]], [a, b])
  # Noise of many dimensions keeps its length: its middle is likely too.
  lengths = np.linalg.norm(way, axis=1)
  assert (lengths > 0.9 * min(lengths[0], lengths[-1])).all()
  straight = latents.slerp(a, 2 * a, share)
  np.testing.assert_allclose(straight, np.outer(1 + share, a), rtol=1e-5)
  np.testing.assert_allclose(latents.slerp(a, a, share), [a] * 7, rtol=1e-6)


@pytest.mark.parametrize(
  'steps,meters,begins',
  [
    (48, [], [0, 16, 32]),
    (52, [], [0, 16, 32, 48]),
    # A bar of three quarters is twelve steps, a window sixteen.
    (48, [(0, 3, 4)], [0, 12, 24, 36]),
    # After a pick-up of a quarter.
    (36, [(0, 1, 4), (4, 4, 4)], [4, 20]),
    # A bar longer than a window.
    (48, [(0, 10, 4)], [0, 16, 32]),
  ],
)
def test_windows_begin_with_bars_and_leave_no_gap(steps, meters, begins):
  one = song(steps, meters=meters)
  spans = latents._spans(one, WINDOW)
  assert [begin for begin, _ in spans] == begins
  back = latents.reconstruct(*pipeline(), one, seed=0, controls=COLD)
  assert back.x.shape == (1, steps - begins[0], 4)


def test_a_model_without_codes_is_refused():
  music = Spec('tokens', 6, ())
  head = HEADS['categorical'](depth=6, features=3)
  with pytest.raises(UserError, match='--reconstruct cannot be used'):
    latents.check_latent(families.make('unigram', music, head), '--reconstruct')
  latents.check_latent(pipeline()[0].model, '--reconstruct')


def test_shifted_codes_are_reconstructed_elsewhere():
  x = song(16)
  still = latents.reconstruct(*pipeline(), x, seed=0, controls=COLD)
  none = COLD._replace(shift=np.zeros(4, np.float32))
  same = latents.reconstruct(*pipeline(), x, seed=0, controls=none)
  np.testing.assert_array_equal(still.x, same.x)
  moved = latents.reconstruct(
    *pipeline(), x, seed=0, controls=COLD._replace(shift=np.full(4, 9.0))
  )
  assert (moved.x != still.x).any()


def test_keys_of_pieces_do_not_depend_on_their_number():
  data_of = lambda num: jax.random.key_data(piece_keys(3, num))
  np.testing.assert_array_equal(data_of(5)[:2], data_of(2))


def test_a_reconstruction_has_the_changes_of_its_piece():
  notes = np.array([[4 * i, 4, 60, 80, 0] for i in range(8)], np.int32)
  score = Score(
    notes,
    tempi=np.array([[0, 400_000], [16, 900_000]], np.int32),
    meters=np.array([[0, 1, 4], [4, 3, 4]], np.int32),
    keys=np.array([[0, -1, 1]], np.int32),
    resolution=4,
  )
  representation = pipeline()[0].representation
  x = latents.encode_piece(representation, score, 'song.mid')
  made = latents.reconstruct(*pipeline(), x, seed=0, score=score).scores[0]
  # It begins after the pick-up.
  assert made.meters.tolist() == [[0, 3, 4]]
  assert made.tempi.tolist() == [[0, 400_000], [12, 900_000]]
  assert made.keys.tolist() == [[0, -1, 1]]
