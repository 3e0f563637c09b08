"""Sound: a folder of .wav, .flac, .ogg or .mp3 files.

  python -m experiments.train --config=experiments/configs/audio.py:lstm \
      --config.corpus=DIR --workdir=out/sound
  python -m experiments.evaluate --workdir=out/sound
  python -m experiments.generate --workdir=out/sound --output_dir=out/sound/new

Expected of the test pieces of `python -m benchmarks.audio` (--config.corpus=
out/organ), squared error of a frame, and what its floor has; one run with seed 0,
one to two minutes on two cores:

  lstm         0.0484, the frame before 0.0556
  gru          0.0486
  cnn          0.0475
  autoencoder  0.310, principal components 0.369
  vae          0.302; at most 86.6 nats per frame
  gan          gap 0.362

See docs/audio.md for what that sounds like.
"""

from . import usual

# A frame is 80 mel bands and 16 features; 31.25 of them are a second.
SPECTROGRAM = {
  'name': 'spectrogram',
  'sample_rate': 16_000,
  'fft': 2048,
  'hop': 512,
  'mels': 80,
  'features': ('rms', 'zero_crossings', 'onset', 'tempo', 'chroma'),
  'iterations': 32,
  # Training finds these, and keeps them in the config of the run.
  'mean': (),
  'sd': (),
}
SOUND = {
  'corpus': 'DIR',
  'representation': SPECTROGRAM,
  'augment': False,
  'batch_size': 16,
}
RUN = {'steps': 600, 'optimizer': {'decay_steps': 600}}
# Says how sure it is of each number, and begins with the frame before.
NEXT = SOUND | {'head': {'name': 'gaussian', 'sd': 0.0, 'residual': True}}
RECURRENT = {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.1}
MODELS = {
  'rnn': RECURRENT,
  'lstm': RECURRENT,
  'gru': RECURRENT,
  # Hears 125 frames, four seconds.
  'cnn': {'hidden': 128, 'layers': 5, 'kernel': 3, 'dropout': 0.1},
}
VARIANTS = {
  family: NEXT | RUN | {'family': family, 'model': model}
  for family, model in MODELS.items()
}
# Windows of a second. With a deviation of sqrt(1/2) the nats are the squared
# error, but for a constant; the decoder hears the code alone.
WINDOWS = SOUND | {
  'window': 32,
  'window_align': 'bar',
  'batch_size': 32,
  'steps': 1000,
  'optimizer': {'decay_steps': 1000},
}
CODED = WINDOWS | {
  'head': {'name': 'gaussian', 'sd': 0.5**0.5, 'residual': False}
}
CODER = {
  'net': 'conv',
  'hidden': 128,
  'latent': 32,
  'layers': 1,
  'cell': 'gru',
  'segment': 0,
  'dropout': 0.1,
  'word_dropout': 1.0,
  'attributes': 0.0,
}
VARIANTS['autoencoder'] = CODED | {
  'family': 'autoencoder',
  'model': CODER | {'noise': 0.02},
}
VARIANTS['vae'] = CODED | {
  'family': 'vae',
  'model': CODER | {'beta': 1.0, 'free_bits': 0.0, 'anneal_steps': 300},
}
VARIANTS['gan'] = WINDOWS | {
  'family': 'gan',
  'head': {},
  'model': {
    'latent': 64,
    'hidden': 96,
    'num_levels': 3,
    'objective': 'hinge',
    'r1': 4.0,
    'reconstruction_weight': 0.03,
    'beta': 0.5,
    'overlap': 8,
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


def get_config(variant: str = 'lstm') -> dict:
  return usual.get_config(VARIANTS, variant)
