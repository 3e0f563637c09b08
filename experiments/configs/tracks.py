"""Songs with drums: a folder of MIDI files, or a dataset prepared from one.

  python -m experiments.prepare --input=DIR --output=dataset
  python -m experiments.train --config.corpus=dataset --workdir=out/songs \
      --config=experiments/configs/tracks.py:lstm_compound
  python -m experiments.generate --workdir=out/songs --output_dir=out/songs/new

A variant is family[_head], bits of five groups of instruments in sixteenths;
family_compound, rows of notes with durations, chords and repeats, on a grid that
has triplets too; or family_events, which keeps all but names. A bar of a song is
some 30 rows or 200 events, so that a window of 1024 rows is 34 bars, one of 512
events two or three; of groups 128 steps are eight bars of 4/4.

Expected of the test pieces of a dataset of 184 game songs, one run with seed 0, and
processor time:

  lstm_events  3.294 nats per event, 17 minutes
  vae          at most 19.95 nats per frame, 9 minutes
  gan          gap 0.432 to the real windows, 6 minutes
  structure    at most 19.73 nats per frame, 17 minutes
"""

from . import usual

TRACKS = {'name': 'tracks', 'steps_per_quarter': 4}
MUSIC = {
  # suffix: what the music is, and its head
  '': {
    'representation': TRACKS,
    'head': {'name': 'bernoulli'},
  },
  '_nade': {
    'representation': TRACKS,
    'head': {'name': 'nade', 'hidden': 128},
  },
  '_compound': {
    'representation': {'name': 'compound', 'steps_per_quarter': 12},
    'head': {
      'name': 'compound',
      'features': 128,
      'hidden': 96,
      'dropout': 0.2,
      'back_dropout': 0.1,
    },
    'conditions': {'columns': ('length', 'elapsed')},
    'sampling': {'temperature': 0.85, 'top_p': 0.9},
    'window': 1024,
    'batch_size': 4,
    'ema_decay': 0.995,
    # The last weights count: after half of the steps the nats of other songs are
    # as low, but samples are further from real songs.
    'steps': 1300,
    'optimizer': {
      'learning_rate': 2e-3,
      'warmup_steps': 100,
      'decay_steps': 1300,
    },
    'eval_every': 1300,
    'checkpoint_every': 650,
  },
  '_events': {
    'representation': {'name': 'events', 'steps_per_quarter': 12},
    'head': {'name': 'categorical', 'features': 128},
    'window': 512,
    'batch_size': 8,
  },
}
RECURRENT = {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.3}
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
VARIANTS = usual.product(
  usual.autoregressive(
    RECURRENT,
    # A receptive field of 509 steps, all of a window.
    {'hidden': 128, 'layers': 7, 'kernel': 3, 'dropout': 0.1},
  ),
  MUSIC,
  SONGS,
)
VARIANTS['gan'] = usual.GAN | {
  'corpus': 'dataset',
  'representation': TRACKS,
  'model': usual.GAN['model']
  | {'hysteresis': 1.0, 'given_tracks': (0, 1, 2, 3, 4)},
  # Bars of 4/4, and drums in each.
  'sections': {'bar_steps': 16, 'required_planes': (0,)},
  'steps': 2000,
  'eval_every': 200,
  'checkpoint_every': 200,
}
VARIANTS['structure'] = SONGS | MUSIC[''] | usual.STRUCTURE
VARIANTS['structure']['model'] = RECURRENT | usual.PLANNER
# Two bars of all five groups.
VARIANTS['vae'] = (
  SONGS
  | MUSIC['']
  | usual.WINDOWS
  | {
    'family': 'vae',
    'model': usual.CODER
    | {'hidden': 256, 'latent': 128}
    | {'beta': 0.2, 'free_bits': 48.0, 'anneal_steps': 1000},
  }
)


def get_config(variant: str = 'lstm_events') -> dict:
  return usual.get_config(VARIANTS, variant)
