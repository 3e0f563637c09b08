"""Bach's four-part chorales (the music21 package's), in sixteenths.

  python -m experiments.train --config=experiments/configs/chorales.py:lstm \
      --workdir=out/lstm

A variant is family[_representation][_head]; left out, the music is `voices`.
"""

import ml_collections

FAMILIES = ('rnn', 'lstm', 'gru')
MUSIC = {
    # suffix: (representation, head)
    '': (
        {'name': 'voices', 'steps_per_quarter': 4},
        {'name': 'voices', 'voices': 4, 'features': 32, 'hidden': 128},
    ),
    '_pianoroll': (
        {'name': 'pianoroll', 'steps_per_quarter': 4},
        {'name': 'bernoulli'},
    ),
    '_pianoroll_nade': (
        {'name': 'pianoroll', 'steps_per_quarter': 4},
        {'name': 'nade', 'hidden': 128},
    ),
    '_events': (
        {'name': 'events', 'steps_per_quarter': 4},
        {'name': 'categorical', 'features': 128},
    ),
}
VARIANTS = {f + m: (f, *MUSIC[m]) for f in FAMILIES for m in MUSIC}


def get_config(variant: str = 'lstm') -> ml_collections.ConfigDict:
  if variant not in VARIANTS:
    raise ValueError(
        f"no variant '{variant}': choose one of {', '.join(VARIANTS)}"
    )
  family, representation, head = VARIANTS[variant]
  return ml_collections.ConfigDict({
      'family': family,
      'corpus': 'chorales',
      'representation': representation,
      'head': head,
      'model': {
          'hidden': 256,
          'layers': 2,
          'residual': True,
          'dropout': 0.3,
      },
      'optimizer': {
          'name': 'adamw',
          'learning_rate': 3e-3,
          'warmup_steps': 50,
          'decay_steps': 1200,
          'clip': 1.0,
          'weight_decay': 0.01,
      },
      'dtype': 'float32',
      'ema_decay': 0.99,
      'window': 512 if variant.endswith('events') else 128,
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
      'seed': 0,
  })
