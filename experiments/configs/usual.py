"""What configs share: the defaults of a run, and tables of several corpora."""

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
  'split': 'hash',
  'conditions': {
    'columns': (),
    'styles': (),
    'embed_dim': 32,
    'dropout': 0.2,
    'key_signatures': False,
  },
  'sections': {'bar_steps': 0, 'required_planes': ()},
  'excerpts': {'openings': 0, 'phrase_ends': 0, 'opening_quarters': 1},
  'sampling': {'temperature': 1.0, 'top_p': 1.0, 'phrase_candidates': 1},
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

# Windows of two bars of 4/4 in sixteenths.
WINDOWS = {'window': 32, 'window_align': 'bar', 'batch_size': 32}
# Autoencoders: by convolutions where a step is one of the grid.
CODER = {
  'net': 'conv',
  'layers': 1,
  'cell': 'gru',
  'segment': 0,
  'dropout': 0.1,
  'word_dropout': 0.3,
}
GAN = {
  'family': 'gan',
  'head': {},
  'window': 64,
  'window_align': 'bar',
  'model': {
    'latent': 64,
    'hidden': 96,
    'num_levels': 3,
    'objective': 'hinge',
    'r1': 4.0,
    'reconstruction_weight': 0.03,
    'beta': 0.5,
    'overlap': 16,
  },
  'optimizer': {
    'name': 'gan_adam',
    'learning_rate': 2e-3,
    'critic_learning_rate': 1e-3,
    'b1': 0.5,
    'b2': 0.99,
    'decay_steps': 2000,
  },
  'ema_decay': 0.995,
}
# Predicts annotations, plans them and writes: see docs/structure.md.
STRUCTURE = {
  'family': 'structure',
  'conditions': {'columns': ('key', 'chord', 'density', 'rhythm', 'section')},
}
PLANNER = {
  'cell': 'gru',
  'planner_hidden': 96,
  'analyser_hidden': 64,
  'analyser_channels': 32,
}


def autoregressive(recurrent: dict, cnn: dict) -> dict[str, dict]:
  """The table `model` of each autoregressive family."""
  recurrent = {'backend': 'auto'} | recurrent
  return dict.fromkeys(('rnn', 'lstm', 'gru'), recurrent) | {'cnn': cnn}


def steps(num: int) -> dict:
  """A run of so many steps, with a learning rate that decays as long."""
  return {'steps': num, 'optimizer': {'decay_steps': num}}


def product(models: dict, music: dict, shared: dict) -> dict[str, dict]:
  """Variants FAMILY + SUFFIX of all models and all sorts of music."""
  return {
    family + suffix: shared | {'family': family, 'model': model} | table
    for family, model in models.items()
    for suffix, table in music.items()
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
