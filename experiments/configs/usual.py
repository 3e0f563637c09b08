"""What all configs share: the numbers of a run, changed variant by variant."""

import copy

_USUAL = {
  'optimizer': {
    'name': 'adamw',
    'learning_rate': 3e-3,
    'warmup_steps': 50,
    'decay_steps': 1200,
    'clip': 1.0,
    'weight_decay': 0.01,
  },
  'conditions': {'columns': (), 'styles': (), 'embed_dim': 32, 'dropout': 0.2},
  'sections': {'bar_steps': 0, 'required_planes': ()},
  'dtype': 'float32',
  'remat': False,
  'ema_decay': 0.99,
  'window': 128,
  'window_align': 'anywhere',
  'augment': True,
  'batch_size': 16,
  'microbatches': 1,
  'steps': 1200,
  'steps_per_dispatch': 10,
  'log_every': 10,
  'eval_every': 200,
  'checkpoint_every': 200,
  'patience': 0,
  'parallel': 'jit',
  'reproducible': 'run',
  'on_nan': 'stop',
  'seed': 0,
}


def get_config(variants: dict, variant: str) -> dict:
  """The usual config, changed as the table says for one of its variants.

  A table within a variant changes the usual one of its name key by key; one
  with a `name` of its own takes its place.

  Raises:
    ValueError: there is no such variant.
  """
  if variant not in variants:
    raise ValueError(
      f"no variant '{variant}': choose one of {', '.join(variants)}"
    )
  config = dict(_USUAL)
  for key, value in variants[variant].items():
    usual = config.get(key)
    if isinstance(usual, dict) and 'name' not in value:
      value = usual | value
    config[key] = value
  return copy.deepcopy(config)
