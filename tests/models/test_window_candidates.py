"""Candidates of windows: those in the key that move by steps go on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo import build
from musiczoo.models import window_candidates
from musiczoo.models.candidates import Candidates
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.runs import workdir
from musiczoo.sampling.generate import piece_keys, with_candidates
from tests import configs

SPEC = Spec('voices', 40, (2,), steps_per_quarter=1)


def chosen(candidates, before, *, is_last=False, spec=SPEC):
  """Which of the candidates x [K, T, 2] of one piece is kept."""
  x = jnp.asarray(candidates, jnp.int32) * 2 + 1
  group = Candidates(1, len(x))
  before = jnp.asarray([before] * len(x), jnp.int32) * 2
  tally = group.tally()._replace(first=jnp.full(len(x), 0))
  kept, after = window_candidates.best(group, tally, x, before, is_last, spec)
  assert (np.ptp(np.asarray(after.chroma), axis=0) == 0).all()
  return int(kept[0])


# Symbol 1 is pitch class 0: the tonic of all of these.
SCALE = [[25, 13], [27, 12], [29, 13], [32, 17], [29, 13], [25, 13]]


def moved(steps, voice, semitones):
  x = np.array(SCALE)
  x[steps, voice] += semitones
  return x.tolist()


@pytest.mark.parametrize(
  'other',
  [
    moved(slice(None), 0, 1),  # Out of the key.
    moved(slice(3, 4), 0, 24),  # Leaps.
    moved(slice(0, 1), 0, 12),  # Far from the step before.
  ],
)
def test_the_smoother_and_the_one_in_the_key_is_kept(other):
  assert chosen([other, SCALE, other], [25, 13]) == 1
  assert chosen([SCALE, other], [25, 13]) == 0


def test_the_last_window_closes_on_the_tonic():
  off = [*SCALE[:-1], [26, 14]]
  assert chosen([off, SCALE], [25, 13], is_last=True) == 1


def test_parallels_are_avoided():
  # From a fifth to a fifth, rather than to a sixth.
  fifths, sixths = [[32, 25], [34, 27]], [[32, 25], [34, 25]]
  assert chosen([fifths, sixths], [32, 25]) == 1
  # From the step before, too.
  assert chosen([[[34, 27]], [[34, 25]]], [32, 25]) == 1


def test_voices_stay_in_their_ranges():
  higher, lower = [[32, 25], [32, 25]], [[20, 25], [20, 25]]

  def chosen_below(highest):
    spec = SPEC._replace(ranges=((10, highest), (10, 30)))
    return chosen([higher, lower], [32, 25], spec=spec)

  assert [chosen_below(40), chosen_below(31)] == [0, 1]


def test_the_last_window_closes_by_a_cadence():
  def close(*chords):
    x = 2 * jnp.array([[*chords]])
    return bool(window_candidates._is_cadence(x)[0])

  five, one = [36, 27, 24, 20], [37, 29, 25, 13]
  assert close(five, one) and close(five, one, one)
  assert close([36, 27, 24, 8], one)  # From below.
  assert not close([35, 27, 23, 20], one)  # Without the leading note.
  assert not close([36, 27, 24, 18], one)  # From 4.
  assert not close(one, one)
  assert not close(five, five)


def test_the_last_chord_is_a_triad():
  is_triad = lambda *s: bool(window_candidates._is_triad(2 * jnp.array([s]))[0])
  assert is_triad(29, 20, 25, 13) and is_triad(28, 20, 25, 13)
  assert not is_triad(29, 20, 24, 13)  # A seventh.
  assert not is_triad(29, 22, 18, 13)  # In another position.
  assert not is_triad(25, 20, 0, 13)  # Without its third.
  assert is_triad(29, 20, 13, 0)


SMALL = {
  'gan': {'hidden': '4', 'latent': '3', 'num_levels': '2'},
  'autoencoder': {'hidden': '4', 'latent': '3'},
}


@pytest.mark.parametrize('family', SMALL)
def test_a_piece_is_the_same_in_any_batch(family):
  small = [(f'model.{name}', value) for name, value in SMALL[family].items()]
  pipeline = build.pipeline(configs.load(f'chorales.py:{family}', small))
  params = jax.tree.map(
    lambda a: jax.random.normal(jax.random.key(0), a.shape),
    workdir.shapes(pipeline),
  )
  sample = jax.jit(pipeline.model.sample, static_argnums=2)
  length = 2 * pipeline.model.window + 3
  keys = with_candidates(piece_keys(0, 3), 4)
  x = np.asarray(sample(params, keys, length, Controls()))
  assert x.shape == (3, length, 4)
  one = np.asarray(sample(params, keys[1:2], length, Controls()))
  np.testing.assert_array_equal(one[0], x[1])
  plain = np.asarray(sample(params, keys[:, 0], length, Controls()))
  assert (plain != x).any()


def test_a_shift_of_each_piece_is_that_of_its_candidates():
  small = [
    (f'model.{name}', value) for name, value in SMALL['autoencoder'].items()
  ]
  pipeline = build.pipeline(configs.load('chorales.py:autoencoder', small))
  params = workdir.shapes(pipeline)
  params = jax.tree.map(
    lambda a: jax.random.normal(jax.random.key(0), a.shape), params
  )
  keys, length = with_candidates(piece_keys(0, 2), 3), 8
  sample = jax.jit(pipeline.model.sample, static_argnums=2)
  shift = np.float32([[0, 0, 0], [9, -9, 9]])
  each, first, second = (
    np.asarray(sample(params, keys, length, Controls(shift=s)))
    for s in (shift, shift[0], shift[1])
  )
  np.testing.assert_array_equal(each, [first[0], second[1]])
  assert (first[1] != second[1]).any()
