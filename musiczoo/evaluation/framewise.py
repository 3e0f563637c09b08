"""A model that fills in holes, and pieces -> nats, one order after another.

The frame-wise likelihood of Huang et al. (2017): the steps of a piece come in
random order, and within a step the voices; each cell is scored given all that
came before it. It is an expectation over orders of -log p(x | order) and so an
upper bound of the negative log-likelihood of their mixture.
"""

import math

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.training import parallel
from musiczoo.training.parallel import Parallel
from musiczoo.training.step import make_evaluate_step


def framewise(
    devices: Parallel,
    pipeline: Pipeline,
    pieces: batches.Pieces,
    params,
    *,
    batch_size: int,
    orderings: int,
    max_frames: int,
) -> dict[str, float]:
  """Nats per note over random orders, from a random sample of frames.

  A frame of a piece in an order needs only what comes before it there: as many
  passes as it has voices, and no other frame's. So a sample of frames, the same
  share of each order and never one twice, gives the mean over all with a known
  error. Sample and orders follow from the pieces' numbers: they are the same
  for any model.

  Args:
    params: replicated by `devices`.
    batch_size: rows at a time; a frame takes a row for each voice.
    orderings: orders of each piece.
    max_frames: frames to score, in all orders together.

  Returns:
    `nll_bound_framewise_per_note`, its parts if there are more than one, its
    standard error `..._se` over the choice of frames (0 where all are scored)
    and their number `..._frames`.
  """
  model = pipeline.model

  def score(params, row, rng):
    del rng
    parts = model.conditional(params, row['x'], row['known'], row['real'])
    return {name: value[0][tuple(row['cell'][0])] for name, value in parts.items()}

  evaluate = devices.compile(make_evaluate_step(score, axis=parallel.AXIS))
  total = int(pieces.offsets[-1])
  each = min(max(max_frames // orderings, 1), total)
  chosen = [
      (order, *frame)
      for order in range(orderings)
      for frame in _sample(pieces.offsets, each, order)
  ]
  voices = pipeline.representation.spec.shape[0]
  # Of similar length, so that little is padding.
  chosen.sort(key=lambda c: len(pieces.x[c[1]]))
  size = max(batch_size // voices, 1)
  size = -(-size // devices.devices) * devices.devices
  nats = {}
  for begin in range(0, len(chosen), size):
    few = chosen[begin : begin + size]
    rows = [r for c in few for r in _rows(pieces.x[c[1]], *c)]
    rows += rows[:1] * ((size - len(few)) * voices)
    found = devices.fetch(evaluate(params, _batch(rows)))
    for name, value in found.items():
      frames = -np.asarray(value, np.float64).reshape(-1, voices).mean(1)
      nats.setdefault(name, []).append(frames[: len(few)])
  nats = {name: np.concatenate(value) for name, value in nats.items()}
  whole = sum(nats.values())
  key = 'nll_bound_framewise_per_note'
  result = {key: whole.mean()}
  if len(nats) > 1:
    result |= {f'{key}_{name}': value.mean() for name, value in nats.items()}
  spread = whole.std(ddof=1) if len(whole) > 1 else math.nan
  error = spread * math.sqrt((1 - each / total) / len(whole))
  return {k: float(v) for k, v in result.items()} | {
      f'{key}_se': float(error), f'{key}_frames': len(whole)
  }


def _sample(offsets, num, order):
  """(piece, step) of `num` frames out of all, without repetition."""
  rng = np.random.Generator(np.random.Philox(key=[order, 1]))
  frames = np.sort(rng.choice(offsets[-1], num, replace=False))
  index = np.searchsorted(offsets, frames, side='right') - 1
  return zip(index.tolist(), (frames - offsets[index]).tolist())


def _rows(x, order, piece, step):
  """A frame of a piece in one of its orders -> a row for each of its voices."""
  rng = np.random.Generator(np.random.Philox(key=[order, 2 + piece]))
  turn = rng.permutation(len(x))
  known = np.repeat((turn < turn[step])[:, None], x.shape[1], axis=1)
  # Each frame has an order of voices of its own, whichever frames are scored.
  for voice in np.argsort(rng.random(x.shape)[step]):
    yield {'x': np.asarray(x), 'known': known.copy(), 'cell': (step, voice)}
    known[step, voice] = True


def _batch(rows):
  length = batches.padded_length(max(len(row['x']) for row in rows))
  shape = len(rows), length, rows[0]['x'].shape[1]
  batch = {
      'x': np.zeros(shape, rows[0]['x'].dtype),
      'known': np.zeros(shape, bool),
      'real': np.zeros(shape[:2], bool),
      'cell': np.array([row['cell'] for row in rows], np.int32),
  }
  for i, row in enumerate(rows):
    steps = len(row['x'])
    batch['x'][i, :steps], batch['known'][i, :steps] = row['x'], row['known']
    batch['real'][i, :steps] = True
  return batch
