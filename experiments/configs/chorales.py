"""Bach's four-part chorales (the music21 package's), in sixteenths.

  python -m experiments.train --config=experiments/configs/chorales.py:lstm \
      --workdir=out/lstm

A variant is family[_representation][_head]; left out, the music is `voices`.
Expected of the test pieces, one run with seed 0, and the time on two cores that
other work shared (`autoencoder`: on one):

  lstm         0.505 nats per note
  gru          0.498 nats per note, 3 minutes
  cnn          0.482 nats per note, 4 minutes
  infill       at most 0.831, 7 minutes
  vae          at most 0.716; 22.5 % of cells right from the code, 4 minutes
  autoencoder  63.9 % of cells right from the code, 10 minutes
  gan          gap 0.281 to the real windows, 6 minutes
  structure    at most 0.585 nats per note, 7 minutes

`melody` is for vae and autoencoder; infill, gan and structure are for voices.
"""

from . import usual

MUSIC = {
  # suffix: what the music is, and its head
  '': {
    'representation': {'name': 'voices', 'steps_per_quarter': 4},
    'head': {'name': 'voices', 'voices': 4, 'features': 32, 'hidden': 128},
  },
  '_pianoroll': {
    'representation': {'name': 'pianoroll', 'steps_per_quarter': 4},
    'head': {'name': 'bernoulli'},
  },
  '_pianoroll_nade': {
    'representation': {'name': 'pianoroll', 'steps_per_quarter': 4},
    'head': {'name': 'nade', 'hidden': 128},
  },
  '_events': {
    'representation': {'name': 'events', 'steps_per_quarter': 4},
    'head': {'name': 'categorical', 'features': 128},
    'window': 512,
  },
}
RECURRENT = {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.3}
MODELS = {
  'rnn': RECURRENT,
  'lstm': RECURRENT,
  'gru': RECURRENT,
  # Hears 253 steps, some sixteen bars.
  'cnn': {'hidden': 128, 'layers': 6, 'kernel': 3, 'dropout': 0.1},
}
# A net without a state takes longer to learn what to keep.
RUNS = {'cnn': {'steps': 1800, 'optimizer': {'decay_steps': 1800}}}
VARIANTS = {
  family + suffix: {
    'family': family,
    'corpus': 'chorales',
    'model': model,
    **RUNS.get(family, {}),
    **music,
  }
  for family, model in MODELS.items()
  for suffix, music in MUSIC.items()
}
# Families with an output of their own.
VARIANTS['infill'] = {
  'family': 'infill',
  'corpus': 'chorales',
  'representation': {'name': 'voices', 'steps_per_quarter': 4, 'onsets': True},
  'head': {},
  'model': {
    'hidden': 128,
    'layers': 10,
    'onsets': True,
    'sampling': 'ancestral',
    'sweeps': 256,
  },
  'steps': 3000,
  'optimizer': {'decay_steps': 3000},
}
VARIANTS['gan'] = {
  'family': 'gan',
  'corpus': 'chorales',
  'representation': MUSIC['']['representation'],
  'head': {},
  'model': {
    'latent': 64,
    'hidden': 96,
    'num_levels': 3,
    'objective': 'hinge',
    'r1': 4.0,
    'reconstruction_weight': 0.03,
    'beta': 0.5,
    'overlap': 16,
    'given_tracks': (0,),
  },
  'window': 64,
  'window_align': 'bar',
  'sections': {'bar_steps': 16},
  'optimizer': {
    'name': 'gan_adam',
    'learning_rate': 2e-3,
    'critic_learning_rate': 1e-3,
    'b1': 0.5,
    'b2': 0.99,
    'decay_steps': 2000,
  },
  'ema_decay': 0.995,
  'steps': 2000,
  'eval_every': 200,
  'checkpoint_every': 200,
}
# Hears, plans and writes: see docs/structure.md.
VARIANTS['structure'] = MUSIC[''] | {
  'family': 'structure',
  'corpus': 'chorales',
  'model': RECURRENT
  | {
    'hidden': 192,
    'cell': 'gru',
    'planner_hidden': 96,
    'analyser_hidden': 64,
    'analyser_channels': 32,
  },
  'conditions': {'columns': ('key', 'chord', 'density', 'rhythm', 'section')},
}

# Windows of two bars of 4/4 and what codes them: by convolutions where a step is
# one of the grid and by recurrent nets where it is a token, as in MusicVAE.
WINDOWS = {
  'window': 32,
  'window_align': 'bar',
  'batch_size': 32,
  'steps': 3000,
  'optimizer': {'decay_steps': 3000},
}
CODED_MUSIC = {
  '': MUSIC[''] | WINDOWS,
  '_pianoroll': MUSIC['_pianoroll'] | WINDOWS,
  '_melody': WINDOWS
  | {
    'representation': {'name': 'melody', 'steps_per_quarter': 4},
    'head': {'name': 'categorical', 'features': 64},
  },
  '_events': MUSIC['_events'] | WINDOWS | {'window': 128},
}
RECURRENTLY = {'net': 'recurrent', 'attributes': 0.0}
CODED_NETS = {'_melody': RECURRENTLY, '_events': RECURRENTLY}
CODED = {
  'net': 'conv',
  'hidden': 128,
  'latent': 64,
  'layers': 1,
  'cell': 'gru',
  'segment': 0,
  'dropout': 0.1,
  'word_dropout': 0.3,
  'attributes': 0.0,
}
CODED_MODELS = {
  'autoencoder': CODED | {'noise': 0.1},
  'vae': CODED
  | {
    'hidden': 96,
    'beta': 0.2,
    'free_bits': 48.0,
    'anneal_steps': 300,
    'attributes': 1.0,
  },
}
VARIANTS |= {
  family + suffix: {
    'family': family,
    'corpus': 'chorales',
    'model': model | CODED_NETS.get(suffix, {}),
    **music,
  }
  for family, model in CODED_MODELS.items()
  for suffix, music in CODED_MUSIC.items()
}


def get_config(variant: str = 'lstm') -> dict:
  return usual.get_config(VARIANTS, variant)
