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
# Predicts a standard deviation too, and adds to the frame before.
NEXT = SOUND | {'head': {'name': 'gaussian', 'sd': 0.0, 'residual': True}}
VARIANTS = usual.product(
  usual.autoregressive(
    {'hidden': 256, 'layers': 2, 'residual': True, 'dropout': 0.1},
    # A receptive field of 125 frames, four seconds.
    {'hidden': 128, 'layers': 5, 'kernel': 3, 'dropout': 0.1},
  ),
  {'': NEXT},
  usual.steps(600),
)
# Windows of a second. With a deviation of sqrt(1/2) the nats are the squared
# error, but for a constant; the decoder is given the code alone.
CODED = {'head': {'name': 'gaussian', 'sd': 0.5**0.5, 'residual': False}}
CODER = usual.CODER | {'hidden': 128, 'latent': 32, 'word_dropout': 1.0}
CODER |= {'attributes': 0.0}
VARIANTS |= usual.product(
  {
    'autoencoder': CODER | {'noise': 0.02},
    'vae': CODER | {'beta': 1.0, 'free_bits': 0.0, 'anneal_steps': 300},
  },
  {'': CODED},
  SOUND | usual.WINDOWS | usual.steps(1000),
)
VARIANTS['gan'] = (
  usual.GAN
  | SOUND
  | usual.WINDOWS
  | {
    'steps': 1000,
    'model': usual.GAN['model'] | {'overlap': 8},
  }
)


def get_config(variant: str = 'lstm') -> dict:
  return usual.get_config(VARIANTS, variant)
