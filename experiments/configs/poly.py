"""The polyphonic benchmarks of Boulanger-Lewandowski et al. (2012).

  python -m experiments.train --config=experiments/configs/poly.py:gru_nade \
      --config.corpus=JSB_Chorales.mat --workdir=out/jsb
  python -m experiments.evaluate --workdir=out/jsb

The corpus is a .mat file (JSB_Chorales, Nottingham, MuseData, Piano_midi, as in
the `mdata` folder of the TCN repository) or the same rolls as .npz. A variant is
family_head: {rnn,lstm,gru}_{bernoulli,nade}, or unigram.
"""

import ml_collections

HEADS = {
    'bernoulli': {'name': 'bernoulli'},
    'nade': {'name': 'nade', 'hidden': 256},
}
VARIANTS = {'unigram': ('unigram', 'bernoulli')} | {
    f'{f}_{h}': (f, h) for f in ('rnn', 'lstm', 'gru') for h in HEADS
}


def get_config(variant: str = 'gru_nade') -> ml_collections.ConfigDict:
  if variant not in VARIANTS:
    raise ValueError(
        f"no variant '{variant}': choose one of {', '.join(VARIANTS)}"
    )
  family, head = VARIANTS[variant]
  model = {
      'hidden': 256,
      'layers': 1,
      'residual': False,
      'dropout': 0.5,
  }
  return ml_collections.ConfigDict({
      'family': family,
      'corpus': 'JSB_Chorales.mat',
      'representation': {'name': 'pianoroll', 'steps_per_quarter': 4},
      'head': HEADS[head],
      'model': {} if family == 'unigram' else model,
      'optimizer': {
          'name': 'adamw',
          'learning_rate': 0.3 if family == 'unigram' else 3e-3,
          'warmup_steps': 20,
          'decay_steps': 1200,
          'clip': 1.0,
          'weight_decay': 0.0,
      },
      'dtype': 'float32',
      'ema_decay': 0.99,
      'window': 128,
      'augment': False,
      'batch_size': 16,
      'microbatches': 1,
      'steps': 1200,
      'steps_per_dispatch': 10,
      'log_every': 10,
      'eval_every': 100,
      'checkpoint_every': 300,
      'patience': 0,
      'parallel': 'jit',
      'seed': 0,
  })
