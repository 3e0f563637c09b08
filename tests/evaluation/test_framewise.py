"""The frame-wise likelihood: what a sample estimates is what all frames give."""

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.data.pieces import pack
from musiczoo.evaluation import framewise
from musiczoo.music.spec import Spec
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel
from tests import families

MUSIC = Spec('voices', 4, (2,))
PIECES = [
  np.random.default_rng(n).integers(8, size=(n, 2)).astype(np.uint8)
  for n in (5, 1, 5)
]


def score(max_frames, *, batch_size=8, mode='jit', devices=1, num=2):
  model = families.make('orderless', MUSIC, hidden=8, layers=2)
  batch = {'x': PIECES[0][None], 'mask': np.ones((1, 5), np.float32)}
  params = jax.tree.map(lambda a: 2 * a, model.init(jax.random.key(0), batch))
  voices = REPRESENTATIONS['voices']()
  voices = voices._replace(spec=voices.spec._replace(shape=(2,)))
  place = parallel.MODES[mode](jax.devices()[:devices])
  return (
    framewise.framewise(
      place,
      build.Pipeline(voices, model),
      pack(PIECES),
      place.replicate(jax.device_get(params)),
      batch_size=batch_size,
      orderings=num,
      max_frames=max_frames,
    ),
    model,
    params,
  )


def test_all_frames_are_the_chain_of_each_order():
  """Frame by frame through one order of each piece, cell after cell."""
  figures, model, params = score(1000, num=1)
  conditional = jax.jit(model.conditional)
  total = 0.0
  for piece, x in enumerate(PIECES):
    rng = np.random.Generator(np.random.Philox(key=[0, 2 + piece]))
    turn = rng.permutation(len(x))
    voices = np.argsort(rng.random(x.shape), axis=1)
    known = np.zeros((1, *x.shape), bool)
    for step in np.argsort(turn):
      for voice in voices[step]:
        parts = conditional(params, x[None], known, np.ones((1, len(x)), bool))
        total -= sum(float(value[0, step, voice]) for value in parts.values())
        known[0, step, voice] = True
    assert known.all()
  name = 'nll_bound_framewise_per_note'
  np.testing.assert_allclose(figures[name], total / 22, rtol=1e-5)
  np.testing.assert_allclose(
    figures[name], figures[f'{name}_pitch'] + figures[f'{name}_onset']
  )
  assert figures[f'{name}_se'] == 0
  assert figures[f'{name}_frames'] == 11


@pytest.mark.parametrize('mode,devices', [('jit', 2), ('pmap', 2)])
def test_devices_and_batches_agree(mode, devices):
  one, _, _ = score(9)
  other, _, _ = score(9, batch_size=5, mode=mode, devices=devices)
  assert one['nll_bound_framewise_per_note_frames'] == 8
  assert one['nll_bound_framewise_per_note_se'] > 0
  for name, value in one.items():
    np.testing.assert_allclose(value, other[name], rtol=1e-5)


def test_no_frame_is_scored_twice_in_an_order():
  offsets = np.array([0, 5, 6, 11])
  frames = list(framewise._sample(offsets, 11, 0))
  assert sorted(frames) == [
    (p, t) for p, x in enumerate(PIECES) for t in range(len(x))
  ]
