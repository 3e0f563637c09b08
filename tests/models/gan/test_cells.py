"""Surfaces: what a critic hears is what x sounds like, and x comes back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.gan.layouts import cell_layout
from musiczoo.music.spec import Spec
from musiczoo.representations import REPRESENTATIONS
from musiczoo.representations.tracks import GROUPS

MUSIC = {
  'voices': REPRESENTATIONS['voices'](low=60, high=64),
  'tracks': REPRESENTATIONS['tracks'](low=60, high=62),
  'pianoroll': REPRESENTATIONS['pianoroll'](),
}


def spec(name):
  return MUSIC[name].spec


def random_x(name, seed=0):
  of = MUSIC[name].spec
  top = 2 if of.kind == 'bits' else 2 * of.depth
  return np.random.default_rng(seed).integers(top, size=(3, 20, *of.shape))


@pytest.mark.parametrize('name', MUSIC)
def test_any_x_is_heard_as_what_it_decodes_to(name):
  """Strikes are forced and forbidden as by `encode(decode(x))`."""
  face, x = cell_layout(spec(name)), random_x(name)
  heard = np.asarray(face.x(face.canonical(face.raw(x))))
  for a, b in zip(x, heard):
    again = np.asarray(MUSIC[name].encode(MUSIC[name].decode(a)))
    np.testing.assert_array_equal(b[: len(again)], again)
    assert not b[len(again) :].any()


@pytest.mark.parametrize('name', MUSIC)
@pytest.mark.parametrize('drawn', [False, True])
def test_choices_are_hard_and_their_derivative_soft(name, drawn):
  face = cell_layout(spec(name))
  logits = jax.random.normal(jax.random.key(0), (2, 5, face.cells))
  keys = jax.random.split(jax.random.key(1), 2) if drawn else None
  weights = jax.random.normal(jax.random.key(2), logits.shape)
  r, pull = jax.vjp(lambda l: face.draw(l, keys), logits)
  assert set(np.unique(r)) == {0, 1}
  if drawn:
    return
  # By hand, at those logits: of a sigmoid and of a softmax.
  (found,) = pull(weights)
  if face.spec.kind == 'bits':
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_array_equal(r, logits > 0)
    np.testing.assert_allclose(found, weights * p * (1 - p), atol=1e-6)
    return
  l, w = (np.asarray(face.by_line(a))[..., :-1] for a in (logits, weights))
  p = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
  by_hand = p * (w - (p * w).sum(-1, keepdims=True))
  np.testing.assert_allclose(face.by_line(found)[..., :-1], by_hand, atol=1e-6)
  np.testing.assert_array_equal(
    face.by_line(r)[..., :-1].argmax(-1), l.argmax(-1)
  )


@pytest.mark.parametrize('name', ['tracks', 'pianoroll'])
def test_what_sounds_is_held_and_what_is_struck_is_not(name):
  face = cell_layout(spec(name))
  logits = np.random.default_rng(0).normal(size=(2, 30, face.cells))
  r = np.asarray(face.draw(jnp.asarray(logits, jnp.float32), hysteresis=1.0))
  lines = face.lines
  by_hand = np.zeros(logits.shape)
  for b, d in np.ndindex(2, face.cells):
    line, on = d // (face.cells // lines), False
    hold = 1.0 if lines == 1 or line % 2 else 0.0
    for t, logit in enumerate(logits[b, :, d]):
      on = logit > 0 or on and logit > -hold
      by_hand[b, t, d] = on
  np.testing.assert_array_equal(r, by_hand)
  assert (r > (logits > 0)).any()


def test_drawn_choices_come_as_often_as_their_probability():
  for name in 'voices', 'tracks':
    face = cell_layout(spec(name))
    logits = jax.random.normal(jax.random.key(0), (1, 1, face.cells))
    keys = jax.random.split(jax.random.key(1), 4000)
    many = jnp.broadcast_to(logits, (4000, *logits.shape[1:]))
    share = np.asarray(face.draw(many, keys).mean((0, 1)))
    p = np.asarray(jax.nn.sigmoid(logits[0, 0]))
    if name == 'voices':
      p = np.asarray(face.by_line(p))
      symbols = jax.nn.softmax(face.by_line(logits[0, 0])[:, :-1])
      p = np.concatenate([symbols, p[:, -1:]], 1).ravel()
    np.testing.assert_allclose(share, p, atol=0.04)


def test_a_transposed_chord_has_the_same_intervals_and_other_classes():
  face = cell_layout(spec('pianoroll'))
  x = np.zeros((2, 1, 88), int)
  x[0, 0, [10, 14, 17]] = x[1, 0, [13, 17, 32]] = (
    1  # A triad, and an octave up.
  )
  harmony = np.asarray(face.harmony(face.raw(x)))
  np.testing.assert_array_equal(harmony[0, 0, 12:], harmony[1, 0, 12:])
  assert (harmony[0, 0, :12] != harmony[1, 0, :12]).any()
  assert harmony[..., :12].sum() == 6


def test_tracks_are_the_groups_of_the_representation():
  """Notes of one group are in its cells and no others."""
  face, of = cell_layout(spec('tracks')), spec('tracks')
  for group, track in enumerate(GROUPS):
    x = np.zeros((4, of.depth), int)
    x[:, face.tracks == group] = 1
    assert MUSIC['tracks'].decode(x).tracks == (track,)
  assert cell_layout(spec('voices')).tracks.tolist() == [0, 1, 2, 3]
  assert not cell_layout(spec('pianoroll')).tracks.any()


def test_tokens_have_no_surface():
  with pytest.raises(UserError, match='rolls, not tokens'):
    cell_layout(Spec('tokens', 6, ()))


@pytest.mark.parametrize(
  'of,steps',
  [
    (Spec('voices', 3, (1,)), 3),
    (Spec('bits', 9, (9,), planes=9), 2),
    (Spec('bits', 2, (2,)), 3),
  ],
)
def test_all_that_can_be_heard_has_probability_one(of, steps):
  """What the rules settle is no choice."""
  face = cell_layout(of)
  top = 2 if of.kind == 'bits' else 2 * of.depth
  cells = steps * of.shape[0]
  x = np.indices((top,) * cells, np.uint8).reshape(cells, -1).T
  x = x.reshape(-1, steps, *of.shape)
  heard = np.asarray(face.x(face.canonical(face.raw(x))))
  x = x[(heard == x).all((1, 2))]
  logits = 2 * jax.random.normal(jax.random.key(0), (1, steps, face.cells))
  log_p = face.log_prob(logits, face.raw(x))
  assert log_p.shape == x.shape
  np.testing.assert_allclose(np.exp(log_p.sum((1, 2))).sum(), 1, rtol=1e-4)


def test_frames_are_heard_as_they_are():
  face = cell_layout(Spec('frames', 3, (3,)))
  x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
  for same in (
    face.raw(x),
    face.canonical(face.raw(x)),
    face.x(x),
    face.draw(x),
    face.features(x),
  ):
    np.testing.assert_array_equal(same, x)
  nats = -np.asarray(face.log_prob(np.zeros_like(x), x))
  np.testing.assert_allclose(nats, x**2 / 2 + np.log(2 * np.pi) / 2, rtol=1e-5)
