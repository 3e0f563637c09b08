"""Songs with drums: a folder of MIDI files, or a dataset prepared from one.

  python -m experiments.prepare --input=DIR --output=dataset
  python -m experiments.train --config.corpus=dataset --workdir=out/songs \
      --config=experiments/configs/tracks.py:lstm_events
  python -m experiments.generate --workdir=out/songs --output_dir=out/songs/new

A variant is family[_head], bits of five groups of instruments in sixteenths; or
family_events, all instruments, velocities and tempi on a grid that has triplets
too. A bar of a song is some 200 events, so that a window of 512 is two or three
bars; of groups it is 128 steps, eight bars of 4/4.

Expected of the test pieces of a dataset of 184 game songs, one run with seed 0, and
processor time:

  lstm_events  3.294 nats per event, 17 minutes
  vae          at most 19.95 nats per frame, 9 minutes
  gan          gap 0.432 to the real windows, 6 minutes
  structure    at most 19.73 nats per frame, 17 minutes
"""

from . import usual

MUSIC = {
  # suffix: what the music is, and its head
  '': {
    'representation': {'name': 'tracks', 'steps_per_quarter': 4},
    'head': {'name': 'bernoulli'},
  },
  '_nade': {
    'representation': {'name': 'tracks', 'steps_per_quarter': 4},
    'head': {'name': 'nade', 'hidden': 128},
  },
  '_events': {
    'representation': {'name': 'events', 'steps_per_quarter': 12},
    'head': {'name': 'categorical', 'features': 128},
    'window': 512,
    'batch_size': 8,
  },
}
RECURRENT = {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.3}
MODELS = {
  'rnn': RECURRENT,
  'lstm': RECURRENT,
  'gru': RECURRENT,
  # Hears 509 steps, all of a window.
  'cnn': {'hidden': 128, 'layers': 7, 'kernel': 3, 'dropout': 0.1},
}
SONGS = {
  'corpus': 'dataset',
  'optimizer': {
    'learning_rate': 2e-3,
    'warmup_steps': 100,
    'decay_steps': 2000,
  },
  'steps': 2000,
  'eval_every': 250,
  'checkpoint_every': 250,
}
VARIANTS = {
  family + suffix: SONGS | {'family': family, 'model': model, **music}
  for family, model in MODELS.items()
  for suffix, music in MUSIC.items()
}
VARIANTS['gan'] = {
  'family': 'gan',
  'corpus': 'dataset',
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
    'hysteresis': 1.0,
    'overlap': 16,
    'given_tracks': (0, 1, 2, 3, 4),
  },
  'window': 64,
  'window_align': 'bar',
  # Bars of 4/4, and drums in each.
  'sections': {'bar_steps': 16, 'required_planes': (0,)},
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
VARIANTS['structure'] = (
  SONGS
  | MUSIC['']
  | {
    'family': 'structure',
    'model': RECURRENT
    | {
      'cell': 'gru',
      'planner_hidden': 96,
      'analyser_hidden': 64,
      'analyser_channels': 32,
    },
    'conditions': {'columns': ('key', 'chord', 'density', 'rhythm', 'section')},
  }
)

# Two bars of 4/4 of all five groups, by convolutions.
VARIANTS['vae'] = (
  SONGS
  | MUSIC['']
  | {
    'family': 'vae',
    'window': 32,
    'window_align': 'bar',
    'batch_size': 32,
    'model': {
      'net': 'conv',
      'hidden': 256,
      'latent': 128,
      'layers': 1,
      'cell': 'gru',
      'segment': 0,
      'dropout': 0.1,
      'word_dropout': 0.3,
      'beta': 0.2,
      'free_bits': 48.0,
      'anneal_steps': 1000,
    },
  }
)


def get_config(variant: str = 'lstm_events') -> dict:
  return usual.get_config(VARIANTS, variant)
