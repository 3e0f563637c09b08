"""A tiny corpus of piano-rolls, and configs for it that train in a second."""

import numpy as np

from tests import configs

SMALL = {
  'steps': '12',
  'steps_per_dispatch': '2',
  'log_every': '2',
  'eval_every': '4',
  'checkpoint_every': '4',
  'batch_size': '8',
  'window': '8',
}


def rolls(path):
  """Writes sixteen pieces of eight frames of three notes for each split."""
  rng = np.random.default_rng(0)
  arrays = {}
  for split in ('train', 'valid', 'test'):
    frames = rng.integers(40, 80, (16 * 8, 3))
    arrays[f'{split}_pitches'] = np.sort(frames).ravel().astype(np.uint8)
    arrays[f'{split}_frame_offsets'] = np.arange(16 * 8 + 1, dtype=np.int32) * 3
    arrays[f'{split}_seq_offsets'] = np.arange(17, dtype=np.int32) * 8
  np.savez(path, **arrays)
  return path


def config(corpus, variant='unigram', **changes):
  changes = {'corpus': str(corpus)} | SMALL | changes
  return configs.load(f'poly.py:{variant}', changes.items())
