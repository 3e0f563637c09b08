"""What all configs share: the numbers of a run, changed variant by variant."""

import copy

import ml_collections

_USUAL = {
    'optimizer': {
        'name': 'adamw',
        'learning_rate': 3e-3,
        'warmup_steps': 50,
        'decay_steps': 1200,
        'clip': 1.0,
        'weight_decay': 0.01,
    },
    'conditions': {'use': (), 'styles': (), 'features': 32, 'forget': 0.2},
    'passages': {'bar': 0, 'planes': ()},
    'dtype': 'float32',
    'remat': False,
    'ema_decay': 0.99,
    'window': 128,
    'begin': 'anywhere',
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


def get_config(variants: dict, variant: str) -> ml_collections.ConfigDict:
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
  config = copy.deepcopy(_USUAL)
  for key, value in variants[variant].items():
    usual = config.get(key)
    if isinstance(usual, dict) and 'name' not in value:
      value = usual | value
    config[key] = value
  return ml_collections.ConfigDict(config)
