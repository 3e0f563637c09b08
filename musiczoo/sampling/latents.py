"""Music walks in, moves about in the codes of a model, and walks out."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data import batches
from musiczoo.errors import UserError
from musiczoo.models.model import LatentModel, Model
from musiczoo.music import annotations
from musiczoo.music.audio import Sound
from musiczoo.music.score import Score
from musiczoo.nn.heads import Controls
from musiczoo.representations import Representation
from musiczoo.sampling.generate import encode_primer, Generated, piece_keys

_AT_ONCE = 64  # Windows.


def check(model: Model, flag: str) -> None:
  """Refuses a flag that only a model with codes can follow."""
  if not isinstance(model, LatentModel):
    raise UserError(
        f'{flag} means nothing to this model, which has no codes: train an '
        'autoencoder or a vae'
    )


def codes(pipeline: Pipeline, params, windows: batches.Pieces) -> np.ndarray:
  """The code of each window: float32 [windows, L]."""
  encode, found = jax.jit(pipeline.model.encode), []
  where = []
  for batch in batches.eval_batches(
      windows, _AT_ONCE, length=pipeline.model.window
  ):
    where.append(batch.pop('piece'))
    found.append(np.asarray(encode(params, batch)))
  where, found = np.concatenate(where), np.concatenate(found)
  return found[where >= 0][np.argsort(where[where >= 0])]


def heard(
    representation: Representation, song: Score | Sound, origin: str
) -> batches.Pieces:
  """A song as one piece, which knows where its bars begin if it has any.

  Raises:
    UserError: the representation can keep nothing of it.
  """
  if representation.spec.kind == 'frames':
    x = representation.encode(song)
    return batches.pack([x])
  x = encode_primer(representation, song, origin)
  table = annotations.of(song, representation.spec.steps_per_quarter)
  return batches.pack([x], [annotations.of_rows(table, x, representation.spec.steps_per_token)])


def reconstruct(
    pipeline: Pipeline,
    params,
    song: batches.Pieces,
    *,
    seed: int,
    controls: Controls = Controls(),
) -> Generated:
  """A piece as it comes back from its codes, from its first whole bar on.

  Each window begins with the last bar that begins before the one before it has
  ended, and of it what comes after that end is kept.

  Args:
    song: one piece, as `heard`.
    controls: `shift` is added to the codes.
  """
  x, spans = song.x[0], _spans(song, pipeline.model.window)
  shift = 0 if controls.shift is None else controls.shift
  z = _codes_of(pipeline, params, x, spans) + shift
  windows = _decode(pipeline, params, z, piece_keys(seed, len(z)), controls)
  end, parts = spans[0][0], []
  for (begin, stop), window in zip(spans, windows):
    parts.append(window[end - begin :])
    end = stop
  return _generated(pipeline, [np.concatenate(parts)[: len(x) - spans[0][0]]])


def interpolate(
    pipeline: Pipeline,
    params,
    first: batches.Pieces,
    last: batches.Pieces,
    *,
    num_outputs: int,
    seed: int,
    controls: Controls = Controls(),
) -> Generated:
  """From the first window of one piece to the first of another.

  The noise is the same all the way, so that both ends are what `reconstruct`
  makes of these windows.

  Args:
    first, last: one piece each, as `heard`.
  """
  ends = [
      _codes_of(pipeline, params, p.x[0], _spans(p, pipeline.model.window)[:1])[0]
      for p in (first, last)
  ]
  z = between(*ends, np.linspace(0, 1, num_outputs, dtype=np.float32))
  keys = jnp.broadcast_to(piece_keys(seed, 1), (num_outputs,))
  return _generated(pipeline, _decode(pipeline, params, z, keys, controls))


def between(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
  """Codes on the way from a to b: [L], [L] and [N] -> [N, L].

  On the great circle (Shoemake 1985), along which the length of a code hardly
  changes; on the straight line if they lie in one direction. Share 0 is a and 1
  is b, to the last bit.
  """
  share = share[:, None]
  cosine = a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12)
  angle = np.arccos(np.clip(cosine, -1, 1)).astype(a.dtype)
  if not 1e-3 < angle < np.pi - 1e-3:
    return (1 - share) * a + share * b
  of_a, of_b = np.sin((1 - share) * angle), np.sin(share * angle)
  # Divided first, so that a whole share is exactly 1.
  return of_a / np.sin(angle) * a + of_b / np.sin(angle) * b


def _spans(song, window):
  """Where windows begin and end, in rows of x."""
  x, bars = song.x[0], batches.window_starts(song, 0)
  end, spans = int(bars[0]), []
  while end < len(x):
    begin = int(bars[np.searchsorted(bars, end, side='right') - 1])
    if begin + window <= end:  # A bar longer than a window.
      begin = end
    end = begin + window
    spans.append((begin, end))
  return spans


def _codes_of(pipeline, params, x, spans):
  return codes(pipeline, params, batches.pack([x[b:e] for b, e in spans]))


def _decode(pipeline, params, z, keys, controls):
  return np.asarray(jax.jit(pipeline.model.decode)(params, z, keys, controls))


def _generated(pipeline, pieces: Sequence[np.ndarray]):
  representation = pipeline.representation
  x = np.stack(pieces).astype(representation.spec.dtype)
  return Generated(x, [representation.decode(piece) for piece in x])
