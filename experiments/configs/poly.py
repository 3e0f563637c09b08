"""The polyphonic benchmarks of Boulanger-Lewandowski et al. (2012).

  python -m experiments.train --config=experiments/configs/poly.py:gru_nade \
      --config.corpus=JSB_Chorales.mat --workdir=out/jsb
  python -m experiments.evaluate --workdir=out/jsb

The corpus is a .mat file (JSB_Chorales, Nottingham, MuseData, Piano_midi, as in
the `mdata` folder of the TCN repository) or the same rolls as .npz. A variant is
family_head: {rnn,lstm,gru,cnn}_{bernoulli,nade}, or unigram.
"""

from . import usual

HEADS = {
  '_bernoulli': {'head': {'name': 'bernoulli'}},
  '_nade': {'head': {'name': 'nade', 'hidden': 256}},
}
ROLLS = {
  'corpus': 'JSB_Chorales.mat',
  'representation': {'name': 'pianoroll', 'steps_per_quarter': 4},
  'optimizer': {'warmup_steps': 20, 'weight_decay': 0.0},
  'augment': False,
  'eval_every': 100,
  'checkpoint_every': 300,
}
VARIANTS = usual.product(
  usual.autoregressive(
    {'hidden': 256, 'layers': 1, 'residual': False, 'dropout': 0.5},
    {'hidden': 128, 'layers': 4, 'kernel': 3, 'dropout': 0.3},
  ),
  HEADS,
  ROLLS,
)
VARIANTS['unigram'] = (
  ROLLS
  | HEADS['_bernoulli']
  | {
    'family': 'unigram',
    'model': {},
    'optimizer': ROLLS['optimizer'] | {'learning_rate': 0.3},
  }
)


def get_config(variant: str = 'gru_nade') -> dict:
  return usual.get_config(VARIANTS, variant)
