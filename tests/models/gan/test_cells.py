"""Cell layouts: the canonical cells of x are what x decodes to, and x comes back."""

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
def test_canonical_cells_decode_as_x_does(name):
  """Strikes are forced and forbidden as by `encode(decode(x))`."""
  layout, x = cell_layout(spec(name)), random_x(name)
  canonical = np.asarray(layout.x(layout.canonical(layout.raw(x))))
  for a, b in zip(x, canonical):
    again = np.asarray(MUSIC[name].encode(MUSIC[name].decode(a)))
    np.testing.assert_array_equal(b[: len(again)], again)
    assert not b[len(again) :].any()


@pytest.mark.parametrize('name', MUSIC)
@pytest.mark.parametrize('drawn', [False, True])
def test_choices_are_hard_and_their_derivative_soft(name, drawn):
  layout = cell_layout(spec(name))
  logits = jax.random.normal(jax.random.key(0), (2, 5, layout.cells))
  keys = jax.random.split(jax.random.key(1), 2) if drawn else None
  weights = jax.random.normal(jax.random.key(2), logits.shape)
  r, pull = jax.vjp(lambda l: layout.draw(l, keys), logits)
  assert set(np.unique(r)) == {0, 1}
  if drawn:
    return
  # By hand, at those logits: of a sigmoid and of a softmax.
  (found,) = pull(weights)
  if layout.spec.kind == 'bits':
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_array_equal(r, logits > 0)
    np.testing.assert_allclose(found, weights * p * (1 - p), atol=1e-6)
    return
  l, w = (np.asarray(layout.by_line(a))[..., :-1] for a in (logits, weights))
  p = np.exp(l) / np.exp(l).sum(-1, keepdims=True)
  by_hand = p * (w - (p * w).sum(-1, keepdims=True))
  np.testing.assert_allclose(
    layout.by_line(found)[..., :-1], by_hand, atol=1e-6
  )
  np.testing.assert_array_equal(
    layout.by_line(r)[..., :-1].argmax(-1), l.argmax(-1)
  )


@pytest.mark.parametrize('name', ['tracks', 'pianoroll'])
def test_what_sounds_is_held_and_what_is_struck_is_not(name):
  layout = cell_layout(spec(name))
  logits = np.random.default_rng(0).normal(size=(2, 30, layout.cells))
  r = np.asarray(layout.draw(jnp.asarray(logits, jnp.float32), hysteresis=1.0))
  lines = layout.lines
  by_hand = np.zeros(logits.shape)
  for b, d in np.ndindex(2, layout.cells):
    line, on = d // (layout.cells // lines), False
    hold = 1.0 if lines == 1 or line % 2 else 0.0
    for t, logit in enumerate(logits[b, :, d]):
      on = logit > 0 or on and logit > -hold
      by_hand[b, t, d] = on
  np.testing.assert_array_equal(r, by_hand)
  assert (r > (logits > 0)).any()


def test_drawn_choices_come_as_often_as_their_probability():
  for name in 'voices', 'tracks':
    layout = cell_layout(spec(name))
    logits = jax.random.normal(jax.random.key(0), (1, 1, layout.cells))
    keys = jax.random.split(jax.random.key(1), 4000)
    many = jnp.broadcast_to(logits, (4000, *logits.shape[1:]))
    share = np.asarray(layout.draw(many, keys).mean((0, 1)))
    p = np.asarray(jax.nn.sigmoid(logits[0, 0]))
    if name == 'voices':
      p = np.asarray(layout.by_line(p))
      symbols = jax.nn.softmax(layout.by_line(logits[0, 0])[:, :-1])
      p = np.concatenate([symbols, p[:, -1:]], 1).ravel()
    np.testing.assert_allclose(share, p, atol=0.04)


def test_a_transposed_chord_has_the_same_intervals_and_other_classes():
  layout = cell_layout(spec('pianoroll'))
  x = np.zeros((2, 1, 88), int)
  x[0, 0, [10, 14, 17]] = x[1, 0, [13, 17, 32]] = (
    1  # A triad, and an octave up.
  )
  harmony = np.asarray(layout.harmony(layout.raw(x)))
  np.testing.assert_array_equal(harmony[0, 0, 12:], harmony[1, 0, 12:])
  assert (harmony[0, 0, :12] != harmony[1, 0, :12]).any()
  assert harmony[..., :12].sum() == 6


def test_tracks_are_the_groups_of_the_representation():
  """Notes of one group are in its cells and no others."""
  layout, of = cell_layout(spec('tracks')), spec('tracks')
  for group, track in enumerate(GROUPS):
    x = np.zeros((4, of.depth), int)
    x[:, layout.tracks == group] = 1
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
def test_canonical_cells_have_probability_one_together(of, steps):
  """What the rules settle is no choice."""
  layout = cell_layout(of)
  top = 2 if of.kind == 'bits' else 2 * of.depth
  cells = steps * of.shape[0]
  x = np.indices((top,) * cells, np.uint8).reshape(cells, -1).T
  x = x.reshape(-1, steps, *of.shape)
  canonical = np.asarray(layout.x(layout.canonical(layout.raw(x))))
  x = x[(canonical == x).all((1, 2))]
  logits = 2 * jax.random.normal(jax.random.key(0), (1, steps, layout.cells))
  log_p = layout.log_prob(logits, layout.raw(x))
  assert log_p.shape == x.shape
  np.testing.assert_allclose(np.exp(log_p.sum((1, 2))).sum(), 1, rtol=1e-4)


def test_frames_are_canonical_as_they_are():
  layout = cell_layout(Spec('frames', 3, (3,)))
  x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
  for same in (
    layout.raw(x),
    layout.canonical(layout.raw(x)),
    layout.x(x),
    layout.draw(x),
    layout.features(x),
  ):
    np.testing.assert_array_equal(same, x)
  nats = -np.asarray(layout.log_prob(np.zeros_like(x), x))
  np.testing.assert_allclose(nats, x**2 / 2 + np.log(2 * np.pi) / 2, rtol=1e-5)
