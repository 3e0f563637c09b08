"""The frame-wise likelihood of an orderless model (Huang et al. 2017).

The steps of a piece are ordered at random, and within a step the voices; each
cell is scored given all cells before it. The expectation over orders of
-log p(x | order) is an upper bound of the negative log-likelihood of their
mixture.
"""

import collections
import math

import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.eval_batches import padded_length
from musiczoo.data.pieces import Pieces
from musiczoo.evaluation import likelihood
from musiczoo.training import parallel
from musiczoo.training.parallel import Parallel
from musiczoo.training.step import make_evaluate_step

# Of `OrderlessModel.conditional`.
_INPUTS = 'x', 'known', 'real', 'cond'


def framewise(
  devices: Parallel,
  pipeline: Pipeline,
  pieces: Pieces,
  params,
  *,
  batch_size: int,
  orderings: int,
  max_frames: int,
) -> dict[str, float]:
  """Nats per note over random orders, estimated from a random sample of frames.

  A frame is scored given what precedes it in its order, in one pass per voice,
  without the passes of other frames. So a sample of frames, as many of each order
  and without repetition, gives the mean over all with a known standard error.
  Sample and orders depend on the pieces' numbers alone: they are the same for
  any model.

  Args:
    params: replicated by `devices`.
    batch_size: rows at a time; a frame takes a row for each voice.
    orderings: number of orders of each piece.
    max_frames: number of frames to score, over all orders.

  Returns:
    `nll_bound_framewise_per_note`, which names the conditions that are taken from
    the scored piece as `monitor_name` does, its parts if there are several, its standard
    error `..._se` over the sample of frames (0 if all are scored) and their
    number `..._frames`.
  """
  model = pipeline.model
  given = likelihood.monitored(pipeline)
  pieces = likelihood.hide(pipeline, pieces, given)

  def score(params, row, rng):
    del rng
    parts = model.conditional(params, *(row.get(k) for k in _INPUTS))
    step, voice = row['cell'][0]
    return {name: value[0, step, voice] for name, value in parts.items()}

  evaluate = devices.compile(make_evaluate_step(score, axis=parallel.AXIS))
  total = int(pieces.offsets[-1])
  each = min(max(max_frames // orderings, 1), total)
  chosen = [
    (order, *frame)
    for order in range(orderings)
    for frame in _sample(pieces.offsets, each, order)
  ]
  (voices,) = pipeline.spec.shape
  # Sorted by length, to need little padding.
  chosen.sort(key=lambda c: len(pieces.x[c[1]]))
  size = max(batch_size // voices, 1)
  size = -(-size // devices.devices) * devices.devices
  nats = collections.defaultdict(list)
  for begin in range(0, len(chosen), size):
    few = chosen[begin : begin + size]
    rows = [r for c in few for r in _rows(pieces, *c)]
    rows += rows[:1] * ((size - len(few)) * voices)
    found = devices.fetch(evaluate(params, _batch(rows)))
    for name, value in found.items():
      frames = -np.asarray(value, np.float64).reshape(-1, voices).mean(1)
      nats[name].extend(frames[: len(few)])
  whole = np.sum(list(nats.values()), axis=0)
  key = likelihood.figure_name('nll_bound_framewise', given, 'note')
  result = {key: float(whole.mean())}
  if len(nats) > 1:
    for name, value in nats.items():
      result[f'{key}_{name}'] = float(np.mean(value))
  spread = whole.std(ddof=1) if len(whole) > 1 else math.nan
  error = spread * math.sqrt((1 - each / total) / len(whole))
  return result | {f'{key}_se': float(error), f'{key}_frames': len(whole)}


def _sample(offsets, num, order):
  """(piece, step) of `num` frames, drawn without replacement."""
  rng = np.random.Generator(np.random.Philox(key=[order, 1]))
  frames = np.sort(rng.choice(offsets[-1], num, replace=False))
  index = np.searchsorted(offsets, frames, side='right') - 1
  return zip(index.tolist(), (frames - offsets[index]).tolist())


def _rows(pieces, order, piece, step):
  """The rows that score a frame of a piece in one order, one for each voice."""
  x = pieces.x[piece]
  own = {'x': np.asarray(x)}
  if pieces.cond is not None:
    own['cond'] = np.asarray(pieces.cond[piece])
  rng = np.random.Generator(np.random.Philox(key=[order, 2 + piece]))
  turn = rng.permutation(len(x))
  known = np.repeat((turn < turn[step])[:, None], x.shape[1], axis=1)
  # The order of a frame's voices does not depend on which frames are scored.
  for voice in np.argsort(rng.random(x.shape)[step]):
    yield own | {'known': known.copy(), 'cell': (step, voice)}
    known[step, voice] = True


def _batch(rows):
  length = padded_length(max(len(row['x']) for row in rows))

  def padded(name):
    first = rows[0][name]
    values = np.zeros((len(rows), length, *first.shape[1:]), first.dtype)
    for value, row in zip(values, rows):
      value[: len(row['x'])] = row[name]
    return values

  batch = {name: padded(name) for name in rows[0] if name != 'cell'}
  batch['cell'] = np.array([row['cell'] for row in rows], np.int32)
  steps = np.array([len(row['x']) for row in rows])
  batch['real'] = np.arange(length) < steps[:, None]
  return batch
