"""Songs with drums: a folder of MIDI files, or a dataset prepared from one.

  python -m experiments.prepare --input=DIR --output=dataset
  python -m experiments.train --config.corpus=dataset --workdir=out/songs \
      --config=experiments/configs/tracks.py:lstm_events
  python -m experiments.generate --workdir=out/songs --output_dir=out/songs/new

A variant is family[_head], bits of five groups of instruments in sixteenths; or
family_events, all instruments, velocities and tempi on a grid that has triplets
too. A bar of a song is some 200 events, so that a window of 1024 is about five
bars; of groups it is 128 steps, eight bars of 4/4.
"""

import ml_collections

FAMILIES = ('rnn', 'lstm', 'gru')
MUSIC = {
    # suffix: (representation, head, window)
    '': (
        {'name': 'tracks', 'steps_per_quarter': 4},
        {'name': 'bernoulli'},
        128,
    ),
    '_nade': (
        {'name': 'tracks', 'steps_per_quarter': 4},
        {'name': 'nade', 'hidden': 128},
        128,
    ),
    '_events': (
        {'name': 'events', 'steps_per_quarter': 12},
        {'name': 'categorical', 'features': 256},
        1024,
    ),
}
VARIANTS = {f + m: (f, *MUSIC[m]) for f in FAMILIES for m in MUSIC}


def get_config(variant: str = 'lstm_events') -> ml_collections.ConfigDict:
  if variant not in VARIANTS:
    raise ValueError(
        f"no variant '{variant}': choose one of {', '.join(VARIANTS)}"
    )
  family, representation, head, window = VARIANTS[variant]
  return ml_collections.ConfigDict({
      'family': family,
      'corpus': 'dataset',
      'representation': representation,
      'head': head,
      'model': {
          'hidden': 512,
          'layers': 2,
          'residual': True,
          'dropout': 0.3,
      },
      'optimizer': {
          'name': 'adamw',
          'learning_rate': 2e-3,
          'warmup_steps': 100,
          'decay_steps': 4000,
          'clip': 1.0,
          'weight_decay': 0.01,
      },
      'dtype': 'float32',
      'ema_decay': 0.99,
      'window': window,
      'augment': True,
      'batch_size': 16,
      'microbatches': 1,
      'steps': 4000,
      'steps_per_dispatch': 10,
      'log_every': 10,
      'eval_every': 500,
      'checkpoint_every': 500,
      'patience': 0,
      'parallel': 'jit',
      'seed': 0,
  })
