"""AdamW, and Adam for the two players of a GAN, as optax transformations."""

from typing import Annotated

import jax
import optax

from musiczoo.errors import Range, Share

Steps = Annotated[int, Range(0, below=2**32)]
NotNegative = Annotated[float, Range(0)]


def adamw(
  *,
  learning_rate: NotNegative,
  decay_steps: Steps,
  warmup_steps: Steps = 0,
  final_scale: Annotated[float, Range(0, 1)] = 0.05,
  clip: NotNegative = 1.0,
  weight_decay: NotNegative = 0.0,
  b1: Share = 0.9,
  b2: Share = 0.999,
) -> optax.GradientTransformation:
  """AdamW (Loshchilov & Hutter 2019) with linear warm-up and cosine decay.

  Args:
    learning_rate: the peak, reached after `warmup_steps`.
    decay_steps: the step at which the rate reaches `final_scale` times the
      peak, and stays there. Not the run's length, so a run may be prolonged.
    warmup_steps: the rate rises from 0 to the peak over these.
    final_scale: of the peak, the lowest rate.
    clip: the largest global norm a gradient may have; 0 leaves it as it is.
    weight_decay: of matrices only; biases are left alone. 0 makes it Adam.
    b1, b2: decay rates of the first and the second moment.
  """
  course = optax.warmup_cosine_decay_schedule(
    init_value=0.0 if warmup_steps else 1.0,
    peak_value=1.0,
    warmup_steps=warmup_steps,
    decay_steps=max(decay_steps, warmup_steps + 1),
    end_value=final_scale,
  )

  # The peak is a factor, because in a sweep it may be a traced number.
  def schedule(step):
    return learning_rate * course(step)

  steps = [optax.clip_by_global_norm(clip)] if clip else []
  steps.append(optax.scale_by_adam(b1, b2))
  if weight_decay:
    steps.append(optax.add_decayed_weights(weight_decay, mask=_matrices))
  return optax.chain(*steps, optax.scale_by_learning_rate(schedule))


def _matrices(params):
  return jax.tree.map(lambda p: p.ndim > 1, params)


def gan_adam(
  *,
  learning_rate: NotNegative,
  critic_learning_rate: NotNegative,
  decay_steps: Steps,
  n_critic: Annotated[int, Range(1, 1000)] = 1,
  final_scale: Annotated[float, Range(0, 1)] = 0.05,
  clip: NotNegative = 0.0,
  b1: Share = 0.0,
  b2: Share = 0.9,
) -> optax.GradientTransformation:
  """Adam for each of two players, with separate rates and clipping.

  Parameters under 'critic' are the critic's, all others the generator's. Two
  rates are the two time-scales of Heusel et al. (2017); b1 = 0 and b2 = 0.9 are
  those of Gulrajani et al. (2017).

  Args:
    learning_rate: of the generator, as in `adamw`.
    critic_learning_rate: of the critic.
    decay_steps: the step at which both rates are at their lowest.
    n_critic: the generator is updated at each n-th step, the critic at all.
    final_scale: of both peaks, the lowest rates.
    clip: the largest norm of a player's gradient; 0 leaves it as it is.
    b1, b2: decay rates of the first and the second moment.
  """

  def player(rate, every):
    # The schedule counts the player's own updates.
    steps = decay_steps // every
    shared = dict(final_scale=final_scale, clip=clip, b1=b1, b2=b2)
    return adamw(learning_rate=rate, decay_steps=steps, **shared)

  def moves(step):
    return step % n_critic == n_critic - 1

  def owners(params):
    return {k: 'critic' if k == 'critic' else 'generator' for k in params}

  generator = optax.conditionally_mask(player(learning_rate, n_critic), moves)
  critic = player(critic_learning_rate, 1)
  return optax.partition({'generator': generator, 'critic': critic}, owners)


OPTIMIZERS = {'adamw': adamw, 'gan_adam': gan_adam}
