"""Bach's four-part chorales (the music21 package's), in sixteenths.

  python -m experiments.train --config=experiments/configs/chorales.py:lstm \
      --workdir=out/lstm

A variant is family[_representation][_head]; left out, the music is `voices`.
Expected of the test pieces, one run with seed 0, and the time on two cores that
other work shared (on one where it says so):

  gru          at most 0.400 nats per note, 7 minutes (on one)
  lstm         at most 0.400 nats per note, 9 minutes (on one)
  cnn          at most 0.410 nats per note, 11 minutes (on one)
  infill       at most 0.410 nats per note, 12 minutes (on one)
  orderless    a bound, 20 minutes (on one)
  vae          at most 0.627; 12.4 % of cells right from the code, 13 minutes (on one)
  autoencoder  48.7 % of cells right from the code, 10 minutes
  gan          gap 0.281 to the real windows, 6 minutes
  structure    at most 0.490 nats per note, 17 minutes (on one)

`melody` is for vae and autoencoder; infill, orderless, gan and structure are for
voices.
"""

from . import usual

VOICES = {'name': 'voices', 'steps_per_quarter': 4}
VOICES_HEAD = {'name': 'voices', 'voices': 4, 'features': 32, 'hidden': 128}
PIANOROLL = {'name': 'pianoroll', 'steps_per_quarter': 4}
MUSIC = {
  # suffix: what the music is, and its head
  '': {
    'representation': VOICES,
    'head': VOICES_HEAD | {'intervals': True, 'dropout': 0.2},
  },
  '_pianoroll': {
    'representation': PIANOROLL,
    'head': {'name': 'bernoulli'},
  },
  '_pianoroll_nade': {
    'representation': PIANOROLL,
    'head': {'name': 'nade', 'hidden': 128},
  },
  '_events': {
    'representation': {'name': 'events', 'steps_per_quarter': 4},
    'head': {'name': 'categorical', 'features': 128},
    'window': 512,
  },
}
CORPUS = {'corpus': 'chorales'}
RECURRENT = {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.4}
# A receptive field of 253 steps, some sixteen bars.
CNN = {'hidden': 128, 'layers': 6, 'kernel': 3, 'dropout': 0.2}
# Metre and length are always given, phrases half of the time.
FORM = {
  'conditions': {
    'columns': ('position', 'meter', 'length', 'phrases'),
    'dropout': 0.5,
  },
  'ema_decay': 0.998,
  'optimizer': {'decay_steps': 3000, 'weight_decay': 0.1},
  # A gru has 0.454 nats of the valid split in half the time that it takes with
  # batches of 16 windows, on two cores. Accelerators want more.
  'batch_size': 4,
  'steps': 3000,
  'eval_every': 500,
  'checkpoint_every': 500,
}
VARIANTS = usual.product(
  usual.autoregressive(RECURRENT | {'word_dropout': 0.2}, CNN),
  MUSIC,
  CORPUS | FORM,
)
# First chords and cadences are rare in windows.
EXCERPTS = {'openings': 4, 'phrase_ends': 1, 'opening_quarters': 1}
# 64 pieces of lstm and gru had grades of .89 and .90 at .9, and .92 at .85.
SAMPLING = {'temperature': 0.9, 'phrase_candidates': 16}
for _name in ('rnn', 'lstm', 'gru', 'cnn'):
  VARIANTS[_name] |= {'excerpts': EXCERPTS, 'sampling': SAMPLING}
  VARIANTS[_name]['model'] = VARIANTS[_name]['model'] | {'chroma': True}
VARIANTS['lstm'] |= {'head': MUSIC['']['head'] | {'dropout': 0.3}}
# With batches of 4 it had 0.481 nats of the valid split after 3000 steps.
VARIANTS['cnn'] |= {
  'batch_size': 16,
  'optimizer': {'decay_steps': 1200},
  'steps': 1200,
  'eval_every': 200,
  'checkpoint_every': 200,
}
# As gru, and given known cells ahead, which takes longer to learn.
VARIANTS['infill'] = VARIANTS['gru'] | {
  'family': 'infill',
  'representation': VOICES | {'onsets': True},
  'head': VARIANTS['gru']['head'] | {'onsets': True},
  'model': RECURRENT
  | {'word_dropout': 0.2, 'chroma': True}
  | {'cell': 'gru', 'hidden': 176, 'dropout': 0.3}
  | {'known_hidden': 64, 'known_layers': 6, 'known_dropout': 0.1},
  # Long enough to learn what known cells ahead say of the first chord.
  'excerpts': EXCERPTS | {'opening_quarters': 8},
  'optimizer': {'decay_steps': 3600, 'weight_decay': 0.1},
  'steps': 3600,
  'eval_every': 600,
  'checkpoint_every': 600,
}
# Families with an output of their own.
VARIANTS['orderless'] = CORPUS | {
  'family': 'orderless',
  'steps': 2500,
  'representation': VOICES | {'onsets': True},
  'head': {},
  'model': {
    'hidden': 160,
    'layers': 10,
    'interval_hidden': 32,
    'dropout': 0.0,
    'onsets': True,
    'sweeps': 256,
  },
  'optimizer': {'decay_steps': 2500, 'weight_decay': 0.1},
  'ema_decay': 0.998,
}
VARIANTS['gan'] = (
  CORPUS
  | usual.GAN
  | {
    'representation': VOICES,
    'model': usual.GAN['model'] | {'given_tracks': (0,)},
    'sections': {'bar_steps': 16},
    'steps': 2000,
    'eval_every': 200,
    'checkpoint_every': 200,
  }
)
VARIANTS['structure'] = (
  CORPUS
  | MUSIC['']
  | usual.STRUCTURE
  | {
    'conditions': {
      'columns': (
        *('position', 'length', 'phrases'),
        *usual.STRUCTURE['conditions']['columns'],
      ),
    },
    'model': RECURRENT
    | usual.PLANNER
    | {'hidden': 192, 'dropout': 0.3, 'chroma': True},
    'ema_decay': 0.998,
    'batch_size': 4,
    'excerpts': EXCERPTS,
    'sampling': SAMPLING | {'temperature': 0.85},
  }
  | usual.steps(3000)
  | {'eval_every': 250, 'checkpoint_every': 250}
)

# Windows are coded by convolutions where a step is one of the grid, and by
# recurrent nets where it is a token, as in MusicVAE.
BY_STEP = {'': MUSIC[''], '_pianoroll': MUSIC['_pianoroll']}
BY_TOKEN = {
  '_melody': {
    'representation': {'name': 'melody', 'steps_per_quarter': 4},
    'head': {'name': 'categorical', 'features': 64},
  },
  '_events': MUSIC['_events'] | {'window': 128},
}
CODER = usual.CODER | {'latent': 64}
CODERS = {
  'autoencoder': CODER | {'hidden': 128, 'attributes': 0.0, 'noise': 0.1},
  'vae': CODER
  | {'hidden': 96, 'attributes': 1.0}
  | {'beta': 0.2, 'free_bits': 48.0, 'anneal_steps': 300},
}
CODED = CORPUS | usual.WINDOWS | usual.steps(3000)
RECURRENTLY = {'net': 'recurrent', 'attributes': 0.0}
VARIANTS |= usual.product(CODERS, BY_STEP, CODED)
VARIANTS |= usual.product(
  {family: model | RECURRENTLY for family, model in CODERS.items()},
  BY_TOKEN,
  CODED,
)
# Of windows, which take one pass of the gan, and a step for each step of the others.
for _name, _number in ('gan', 64), ('vae', 32), ('autoencoder', 32):
  VARIANTS[_name] |= {'sampling': {'phrase_candidates': _number}}
VARIANTS['vae'] |= usual.steps(1500)


def get_config(variant: str = 'lstm') -> dict:
  return usual.get_config(VARIANTS, variant)
