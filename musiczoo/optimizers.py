"""Numbers of a config -> an optax transformation."""

import jax
import optax


def adamw(
    *,
    learning_rate: float,
    decay_steps: int,
    warmup_steps: int = 0,
    final_scale: float = 0.05,
    clip: float = 1.0,
    weight_decay: float = 0.0,
    b1: float = 0.9,
    b2: float = 0.999,
) -> optax.GradientTransformation:
  """AdamW (Loshchilov & Hutter 2019) with linear warm-up and cosine decay.

  Args:
    learning_rate: the peak, reached after `warmup_steps`.
    decay_steps: the step at which the rate reaches `final_scale` times the
      peak, and stays there. Not the run's length, so a run may be prolonged.
    clip: the largest global norm a gradient may have; 0 leaves it as it is.
    weight_decay: of matrices only; biases are left alone. 0 makes it Adam.
  """
  schedule = optax.warmup_cosine_decay_schedule(
      init_value=0.0 if warmup_steps else learning_rate,
      peak_value=learning_rate,
      warmup_steps=warmup_steps,
      decay_steps=max(decay_steps, warmup_steps + 1),
      end_value=final_scale * learning_rate,
  )
  steps = [optax.clip_by_global_norm(clip)] if clip else []
  steps.append(optax.scale_by_adam(b1, b2))
  if weight_decay:
    steps.append(optax.add_decayed_weights(weight_decay, mask=_matrices))
  return optax.chain(*steps, optax.scale_by_learning_rate(schedule))


def _matrices(params):
  return jax.tree.map(lambda p: p.ndim > 1, params)


OPTIMIZERS = {'adamw': adamw}
