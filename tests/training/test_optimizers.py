"""Two players and one optimizer: nothing of one is the other's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from musiczoo.training.optimizers import adamw, gan_adam

PARAMS = {'generator': jnp.ones(3), 'critic': jnp.ones(2)}
NUMBERS = {'decay_steps': 12, 'clip': 1.0, 'b1': 0.5, 'b2': 0.9}


def trained(optimizer, params, gradients):
  """The parameters after each step."""
  update, state, path = jax.jit(optimizer.update), optimizer.init(params), []
  for grads in gradients:
    updates, state = update(grads, state, params)
    params = optax.apply_updates(params, updates)
    path.append(params)
  return path


def test_each_player_moves_as_if_alone_and_the_generator_rarely():
  rng = np.random.default_rng(0)
  gradients = [
    {k: rng.normal(size=v.shape) * 3 for k, v in PARAMS.items()}
    for _ in range(12)
  ]
  path = trained(
    gan_adam(
      learning_rate=0.1, critic_learning_rate=0.3, n_critic=3, **NUMBERS
    ),
    PARAMS,
    gradients,
  )
  critic = trained(
    adamw(learning_rate=0.3, **NUMBERS),
    PARAMS['critic'],
    [g['critic'] for g in gradients],
  )
  generator = trained(
    adamw(learning_rate=0.1, **NUMBERS | {'decay_steps': 4}),
    PARAMS['generator'],
    [g['generator'] for g in gradients[2::3]],
  )
  for step, params in enumerate(path):
    np.testing.assert_allclose(params['critic'], critic[step], rtol=1e-6)
    turns = (step + 1) // 3
    alone = generator[turns - 1] if turns else PARAMS['generator']
    np.testing.assert_allclose(params['generator'], alone, rtol=1e-6)


def test_a_player_is_clipped_by_its_own_gradient():
  """However long the other's is, Adam gets the same."""
  optimizer = gan_adam(
    learning_rate=0.1, critic_learning_rate=0.1, **NUMBERS | {'b2': 0.5}
  )
  short = {'generator': jnp.full(3, 0.1), 'critic': jnp.full(2, 0.1)}
  long = short | {'critic': jnp.full(2, 1e3)}
  a, b = (
    trained(optimizer, PARAMS, [short, g, short])[-1] for g in (short, long)
  )
  np.testing.assert_array_equal(a['generator'], b['generator'])
  assert (a['critic'] != b['critic']).all()
