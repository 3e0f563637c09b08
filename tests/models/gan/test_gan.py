"""The two players: each its own gradient, and windows that keep what is given."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.models.gan.layouts import cell_layout
from musiczoo.models.gan.nets import Critic, Generator
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls
from tests import families

VOICES = Spec('voices', families.DEPTH, (4,))
OPTIONS = {'latent': 3, 'hidden': 5, 'num_levels': 1}


def gan(more=None, **options):
  model = families.make('gan', VOICES, None, more, **OPTIONS | options)
  return families.Family(model, None, VOICES)


def begin(family, batch):
  return jax.jit(family.model.init)(jax.random.key(0), batch)


def losses(family, batch, *names):
  """params -> those sums of the loss, in an array."""

  def of(params):
    sums, _ = family.model.loss(
      params, batch, jax.random.key(1), step=0, train=True
    )
    return jnp.stack([sums[name] for name in names])

  return of


def norm(tree):
  return sum(float(np.abs(a).sum()) for a in jax.tree.leaves(tree))


def test_each_player_has_its_own_gradient():
  """That of the sum is d_loss's for the critic, g_loss's for the generator."""
  family = families.build('gan')
  batch = families.batch(family)
  of = losses(family, batch, 'loss', 'd_loss', 'g_loss')
  found = jax.jit(jax.jacrev(of))(begin(family, batch))
  both, critic, generator = (
    jax.tree.map(lambda a, i=i: a[i], found) for i in range(3)
  )
  families.close(both['critic'], critic['critic'], 1e-6)
  families.close(both['generator'], generator['generator'], 1e-6)
  assert norm(critic['generator']) == norm(generator['critic']) == 0
  assert norm(both['critic']) > 0 < norm(both['generator'])


def test_the_penalty_is_of_each_row_by_itself():
  """Value and gradient against the slope of one row after another, by hand."""
  plain, family = gan(), gan(r1=3.0)
  batch = families.batch(family, 3)
  params, face = begin(family, batch), cell_layout(VOICES)
  critic = Critic(5, Conditioning(), jnp.float32, False, 1)

  def by_hand(own):
    slopes = []
    for x, mask in zip(batch['x'], batch['mask']):

      def judged(y):
        return critic.apply({'params': own}, face.features(y))[0]

      slope = jax.grad(judged)(face.canonical(face.raw(x[None])))
      slopes.append((slope**2).sum() * mask.mean())
    return 3.0 / 2 * sum(slopes)

  def d_loss(of, own):
    return losses(of, batch, 'd_loss')(params | {'critic': own})[0]

  found, expected = (
    jax.jit(jax.value_and_grad(f))(params['critic'])
    for f in (
      lambda own: d_loss(family, own),
      lambda own: d_loss(plain, own) + by_hand(own),
    )
  )
  families.close(found, expected, 1e-4)


def test_the_slope_is_to_be_one():
  family = families.build('gan')
  batch = families.batch(family, 1)
  batch['mask'][:] = 1
  names = 'd_loss', 'critic_score_new', 'critic_score_real', 'critic_grad_norm'
  d_loss, new, real, slope = jax.jit(losses(family, batch, *names))(
    begin(family, batch)
  )
  np.testing.assert_allclose(
    d_loss, new - real + 10 * (slope - 1) ** 2, rtol=1e-5
  )
  assert slope > 0


@functools.cache
def writer(overlap=4, conditioning=Conditioning()):
  """params and a compiled sample of a model of two voices that may be given."""
  family = gan(
    {'conditioning': conditioning}, overlap=overlap, given_tracks=(0, 3)
  )
  params = begin(family, families.batch(family))
  # At first a generator says little: make it speak up.
  params = jax.tree.map(lambda a: 8 * a if a.ndim > 1 else a, params)
  return params, jax.jit(family.model.sample, static_argnums=2)


def keys(*seeds):
  return jax.vmap(jax.random.key)(jnp.array(seeds))


def test_steps_on_and_off_the_beat_can_differ_where_all_else_is_alike():
  net = 4, Conditioning(), jnp.float32, False
  generator = Generator(*net, steps=32, cells=3, num_levels=1, bias=0.0)
  z = jnp.zeros((1, 2))
  params = generator.init(jax.random.key(0), z)['params']
  # All coarse steps begin alike.
  params['Dense_0']['bias'] = jnp.tile(jnp.arange(4.0), 16)
  logits = np.asarray(generator.apply({'params': params}, z))[0]
  np.testing.assert_allclose(logits[12], logits[14], atol=1e-5)
  assert np.abs(logits[12] - logits[13]).min() > 1e-3


def test_a_piece_is_the_same_in_any_batch():
  params, sample = writer()
  few = sample(params, keys(7, 8), 40, Controls())
  many = sample(params, keys(3, 7, 5, 8), 40, Controls())
  assert few.shape == (2, 40, 4)
  np.testing.assert_array_equal(few, many[1::2])
  assert (few[0] != few[1]).any()
  assert (0 <= few).all() and (few < 2 * families.DEPTH).all()


def test_the_beginning_of_a_long_piece_is_a_short_one():
  params, sample = writer()
  long = sample(params, keys(7), 40, Controls())
  np.testing.assert_array_equal(
    long[:, :16], sample(params, keys(7), 16, Controls())
  )
  # 16 steps, and 12 more for each window.
  for steps in 12, 28:
    np.testing.assert_array_equal(
      long[:, :steps], sample(params, keys(7), steps, Controls())
    )
  assert (long[:, :12] != long[:, 12:24]).any()


def test_given_cells_stay_and_have_an_effect():
  params, sample = writer()
  rng = np.random.default_rng(0)
  known = np.zeros((40, 4), bool)
  known[:, 3] = known[:9] = True
  pieces = []
  for _ in range(2):
    given = rng.integers(2 * families.DEPTH, size=(2, 40, 4))
    x = sample(params, keys(1, 2), 40, Controls(given=given, known=known))
    np.testing.assert_array_equal(x[:, known], given[:, known])
    pieces.append(x)
  assert (pieces[0] != pieces[1])[:, ~known].any()


def test_conditions_have_an_effect_where_they_are_requested():
  params, sample = writer(conditioning=families.CONDITIONING)
  cond = families.batch(gan())['cond'][:1].repeat(3, 1).astype(np.int32)
  other = cond.copy()
  other[:, 30:] = 0
  a, b = (sample(params, keys(1), 40, Controls(cond=c)) for c in (cond, other))
  np.testing.assert_array_equal(a[:, :16], b[:, :16])
  assert (a != b).any()


@pytest.mark.slow
def test_remat_changes_nothing_but_memory():
  plain, remat = (
    gan({'remat': remat}, r1=1.0, reconstruction_weight=0.1)
    for remat in (False, True)
  )
  batch = families.batch(plain)
  params = begin(plain, batch)

  def found(family):
    of = losses(family, batch, 'loss')
    return jax.jit(jax.value_and_grad(lambda p: of(p)[0]))(params)

  families.close(found(plain), found(remat), 1e-5)


@pytest.mark.parametrize(
  'options,message',
  [
    ({'objective': 'minimax'}, 'give one of wgan_gp, hinge'),
    ({'binarize': 'soft'}, 'give one of deterministic, stochastic'),
    ({'objective': 'wgan_gp'}, 'needs a gradient penalty'),
    ({'r1': -1.0}, 'model.r1=-1.0: give 0 or more'),
    ({'num_levels': 5}, 'a multiple of 32'),
    ({'latent': 0}, 'latent=0: give 1 to 65536'),
    ({'overlap': 9}, 'give 0 to 8'),
    ({'given_tracks': (4,)}, 'choose of 0 to 3'),
  ],
)
def test_options_that_no_gan_can_be_made_of(options, message):
  with pytest.raises(UserError, match=message):
    gan(**options)
