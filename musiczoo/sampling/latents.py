"""Reconstruction and interpolation in a model's latent space."""

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.eval_batches import eval_batches
from musiczoo.data.pieces import pack, Pieces, window_starts
from musiczoo.errors import UserError
from musiczoo.models.model import LatentModel, Model
from musiczoo.music import annotations, transform
from musiczoo.music.audio import Sound
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score
from musiczoo.nn.heads import Controls
from musiczoo.representations import Representation
from musiczoo.sampling.generate import Generated, piece_keys
from musiczoo.sampling.primer import encode_primer

_BATCH_SIZE = 64  # Windows.


def check_latent(model: Model, flag: str) -> None:
  """Refuses a flag that needs a model with a latent space."""
  if not isinstance(model, LatentModel):
    raise UserError(
      f'{flag} cannot be used with this model, which has no latent space: '
      'train an autoencoder or a vae'
    )


def encode_windows(pipeline: Pipeline, params, windows: Pieces) -> np.ndarray:
  """The latent of each window: float32 [windows, L]."""
  encode, found = jax.jit(pipeline.model.encode), {}
  for batch in eval_batches(windows, _BATCH_SIZE, length=pipeline.model.window):
    found |= zip(batch.pop('piece').tolist(), np.asarray(encode(params, batch)))
  return np.stack([found[i] for i in range(len(windows))])


def encode_piece(
  representation: Representation, piece: Score | Sound, origin: str
) -> Pieces:
  """Encodes one piece, with its bar lines if it has any.

  Args:
    origin: name of the piece in messages.

  Raises:
    UserError: the representation keeps nothing of it.
  """
  spec = representation.spec
  if spec.is_audio:
    return pack([representation.encode(piece)])
  x = encode_primer(representation, piece, origin).x
  table = annotations.annotate(piece, spec.steps_per_quarter)
  cond = annotations.gather_rows(table, x, spec)
  return pack([x], [cond])


def reconstruct(
  pipeline: Pipeline,
  params,
  piece: Pieces,
  *,
  seed: int,
  controls: Controls = Controls(),
  score: Score | None = None,
) -> Generated:
  """Encodes and decodes a piece window by window, from its first whole bar on.

  Each window begins at the last bar line before the end of the previous one;
  of the overlap the earlier window is kept.

  Args:
    piece: one piece, of `encode_piece`.
    controls: `shift` is added to the latents.
    score: of the piece, whose tempi, meters, keys and instruments go on; None, as
      for audio: none do.
  """
  spans = _spans(piece, pipeline.model.window)
  shift = 0 if controls.shift is None else controls.shift
  z = _encode_spans(pipeline, params, piece, spans) + shift
  windows = _decode(pipeline, params, z, piece_keys(seed, len(z)), controls)
  first, last = spans[0][0], len(piece.x[0])
  ends = [first, *(end for _, end in spans)]
  x = [w[end - begin :] for w, (begin, _), end in zip(windows, spans, ends)]
  made = _generated(pipeline, np.concatenate(x)[None, : last - first])
  if score is None:
    return made
  grid = quantize(score, pipeline.spec.steps_per_quarter)
  given = transform.cut(grid, first, last)
  scores = [transform.with_performance(found, given) for found in made.scores]
  return made._replace(scores=[transform.with_form(s, given) for s in scores])


def interpolate(
  pipeline: Pipeline,
  params,
  first: Pieces,
  last: Pieces,
  *,
  num_outputs: int,
  seed: int,
  controls: Controls = Controls(),
) -> Generated:
  """Decodes latents between the first windows of two pieces.

  All share one noise, so that both ends equal `reconstruct` of these windows.

  Args:
    first, last: one piece each, of `encode_piece`.
  """
  ends = [
    _encode_spans(pipeline, params, p, _spans(p, pipeline.model.window)[:1])[0]
    for p in (first, last)
  ]
  z = slerp(*ends, np.linspace(0, 1, num_outputs, dtype=np.float32))
  keys = jnp.broadcast_to(piece_keys(seed, 1), (num_outputs,))
  return _generated(pipeline, _decode(pipeline, params, z, keys, controls))


def slerp(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
  """Spherical interpolation (Shoemake 1985): [L], [L] and [N] -> [N, L].

  Along the great circle the norm hardly changes; vectors of one direction are
  interpolated linearly. Share 0 is a and 1 is b, bit for bit.
  """
  share = share[:, None]
  cosine = a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12)
  angle = np.arccos(np.clip(cosine, -1, 1)).astype(a.dtype)
  if not 1e-3 < angle < np.pi - 1e-3:
    return (1 - share) * a + share * b
  of_a, of_b = np.sin((1 - share) * angle), np.sin(share * angle)
  # Divided first, so that the weight of an end is exactly 1.
  return of_a / np.sin(angle) * a + of_b / np.sin(angle) * b


def _spans(piece, window):
  """(begin, end) of each window, in rows of x."""
  x, bars = piece.x[0], window_starts(piece, 0)
  end, spans = int(bars[0]), []
  while end < len(x):
    begin = int(bars[np.searchsorted(bars, end, side='right') - 1])
    if begin + window <= end:  # A bar longer than a window.
      begin = end
    end = begin + window
    spans.append((begin, end))
  return spans


def _encode_spans(pipeline, params, piece, spans):
  windows = pack([piece.x[0][begin:end] for begin, end in spans])
  return encode_windows(pipeline, params, windows)


def _decode(pipeline, params, z, keys, controls):
  return np.asarray(jax.jit(pipeline.model.decode)(params, z, keys, controls))


def _generated(pipeline, x):
  x = x.astype(pipeline.spec.dtype)
  return Generated(x, list(map(pipeline.representation.decode, x)))
