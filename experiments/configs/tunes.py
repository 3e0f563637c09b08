"""Dance tunes of the music21 package (O'Neill's, Ryan's and Aird's books).

  python -m experiments.train --config=experiments/configs/tunes.py:lstm \
      --workdir=out/tunes

A variant is a family: rnn, lstm, gru, cnn, structure; or vae, of windows of two
bars of 4/4. The music is `melody` on a grid of twelve steps to a quarter note, so
that triplets survive: a bar of a reel is 48 steps, of a jig 36. Key and style are
asked for by `generate --key=D --style=jig`; the metre, and where in the bar and how
far from the end a step is, are known of any piece before its notes.
`--config.corpus=essen` takes folk songs, whose styles differ: leave
`conditions.styles` empty.
"""

from musiczoo.data.corpora.tunes import STYLES

from . import usual

MELODY = {
  'corpus': 'tunes',
  'representation': {'name': 'melody', 'steps_per_quarter': 12},
  'head': {'name': 'categorical', 'features': 64},
}
FORM = 'position', 'meter', 'length', 'bar'
# Metre and length are always given, key and style most of the time.
TUNES = MELODY | {
  'conditions': {
    'columns': (*FORM, 'key', 'style'),
    'styles': STYLES,
    'dropout': 0.2,
    # Of the headers: notes alone do not tell modes apart.
    'key_signatures': True,
  },
  # The keys of dance tunes are few: nothing is transposed.
  'augment': False,
  'ema_decay': 0.995,
  # 32 bars of 4/4: bars repeat those eight before, which a window has to have.
  'window': 1536,
  'batch_size': 4,
  # Key and style matter at the beginning, what is left at the end.
  'excerpts': {'openings': 2, 'phrase_ends': 2, 'opening_quarters': 8},
  'optimizer': {'decay_steps': 1900, 'weight_decay': 0.1},
  'steps': 1900,
  'eval_every': 950,
  'checkpoint_every': 950,
  'sampling': {'temperature': 0.9, 'phrase_candidates': 16},
}
RECURRENT = {'hidden': 192, 'layers': 2, 'residual': True, 'dropout': 0.2}
# A receptive field of 1021 steps, some twenty bars.
CNN = {'hidden': 128, 'layers': 8, 'kernel': 3, 'dropout': 0.1}
FORM_AND_KEY = {'look_back': 32, 'degrees': 16}
VARIANTS = {
  family: TUNES | {'family': family, 'model': model}
  for family, model in usual.autoregressive(
    RECURRENT | FORM_AND_KEY, CNN | FORM_AND_KEY
  ).items()
}
VARIANTS['structure'] = (
  TUNES
  | usual.STRUCTURE
  | {
    'conditions': {
      'columns': (
        *('position', 'length'),
        *usual.STRUCTURE['conditions']['columns'],
        'style',
      ),
      'styles': STYLES,
      'key_signatures': True,
    },
    'sampling': {'temperature': 0.9},
    # Bars of 4/4; a jig is cut into such bars all the same.
    'model': RECURRENT | usual.PLANNER | {'hidden': 192, 'bar_steps': 48},
  }
)
# Coded by recurrent nets: a step is a token, as in MusicVAE.
VARIANTS['vae'] = (
  MELODY
  | usual.WINDOWS
  | usual.steps(3000)
  | {
    'family': 'vae',
    'window': 96,
    'model': usual.CODER
    | {'net': 'recurrent', 'attributes': 0.0}
    | {'hidden': 128, 'latent': 64}
    | {'beta': 0.2, 'free_bits': 48.0, 'anneal_steps': 300},
  }
)


def get_config(variant: str = 'lstm') -> dict:
  return usual.get_config(VARIANTS, variant)
