"""Music walks in, moves about in the codes of a model, and walks out."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo import conditions, data, floors, score as scores
from musiczoo.build import System
from musiczoo.errors import UserError
from musiczoo.evaluate import make_figures
from musiczoo.generate import encode_primer, Generated, piece_keys
from musiczoo.heads import Controls
from musiczoo.models import Model
from musiczoo.models.latent.accuracy import accuracy
from musiczoo.representations import Representation
from musiczoo.score import PITCH, Score

ACTIVE = 0.01  # Nats of a dimension that carries something.

_AT_ONCE = 64  # Windows.
_MOST = 4096  # Training windows that are asked for an attribute.


def density(score: Score) -> float:
  """Notes that begin, per quarter note."""
  quarters = scores.end(score) / score.resolution
  return len(score.notes) / quarters if quarters else np.nan


def pitch(score: Score) -> float:
  """Mean pitch of the notes, drums aside."""
  pitches = score.notes[scores.pitched(score), PITCH]
  return float(pitches.mean()) if len(pitches) else np.nan


def spread(score: Score) -> float:
  """Standard deviation of the pitches, in semitones, drums aside."""
  pitches = score.notes[scores.pitched(score), PITCH]
  return float(pitches.std()) if len(pitches) else np.nan


ATTRIBUTES = {'density': density, 'pitch': pitch, 'spread': spread}


def check(model: Model, flag: str) -> None:
  """Refuses a flag that only a model with codes can follow."""
  if model.decode is None:
    raise UserError(
        f'{flag} means nothing to this model, which has no codes: train an '
        'autoencoder or a vae'
    )


def parse_attribute(text: str) -> tuple[str, float]:
  """'density:+1' -> ('density', 1.0).

  Raises:
    UserError: there is no such attribute, or no number.
  """
  name, _, amount = text.partition(':')
  try:
    amount = float(amount)
  except ValueError:
    amount = np.nan
  if name not in ATTRIBUTES or not np.isfinite(amount):
    raise UserError(
        f'--attribute={text}: give one of {", ".join(ATTRIBUTES)} and how much '
        'of it, such as density:+1'
    )
  return name, amount


def codes(system: System, params, windows: data.Pieces) -> np.ndarray:
  """The code of each window: float32 [windows, L]."""
  encode, found = jax.jit(system.model.encode), []
  where = []
  for batch in data.whole_pieces(
      windows, _AT_ONCE, length=system.model.window
  ):
    where.append(batch.pop('piece'))
    found.append(np.asarray(encode(params, batch)))
  where, found = np.concatenate(where), np.concatenate(found)
  return found[where >= 0][np.argsort(where[where >= 0])]


def heard(
    representation: Representation, song: Score, origin: str
) -> data.Pieces:
  """A Score as one piece that knows where its bars begin.

  Raises:
    UserError: the representation can keep nothing of it.
  """
  x = encode_primer(representation, song, origin)
  table = conditions.of(song, representation.steps_per_quarter)
  return data.pack([x], [conditions.of_rows(table, x, representation.clock)])


def reconstruct(
    system: System,
    params,
    song: data.Pieces,
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
  x, spans = song.x[0], _spans(song, system.model.window)
  shift = 0 if controls.shift is None else controls.shift
  z = _codes_of(system, params, x, spans) + shift
  windows = _decode(system, params, z, piece_keys(seed, len(z)), controls)
  end, parts = spans[0][0], []
  for (begin, stop), window in zip(spans, windows):
    parts.append(window[end - begin :])
    end = stop
  return _generated(system, [np.concatenate(parts)[: len(x) - spans[0][0]]])


def interpolate(
    system: System,
    params,
    first: data.Pieces,
    last: data.Pieces,
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
      _codes_of(system, params, p.x[0], _spans(p, system.model.window)[:1])[0]
      for p in (first, last)
  ]
  z = between(*ends, np.linspace(0, 1, num_outputs, dtype=np.float32))
  keys = jnp.broadcast_to(piece_keys(seed, 1), (num_outputs,))
  return _generated(system, _decode(system, params, z, keys, controls))


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


def attribute(system: System, params, train: data.Pieces, name: str):
  """What to add to a code for more of an attribute: [L].

  The mean code of the training windows that have most of it, a quarter of all,
  less that of the quarter that has least (Roberts et al. 2018).
  """
  every = data.cut(train, system.model.window)
  some = np.unique(np.linspace(0, len(every) - 1, _MOST).astype(int))
  windows = data.pack([every.x[i] for i in some])
  decode, measure = system.representation.decode, ATTRIBUTES[name]
  value = np.array([measure(decode(np.asarray(x))) for x in windows.x])
  known = np.isfinite(value)
  return direction(codes(system, params, windows)[known], value[known])


def direction(z: np.ndarray, value: np.ndarray) -> np.ndarray:
  """Mean of the quarter of codes [N, L] with the highest values - the lowest."""
  order, quarter = np.argsort(value, kind='stable'), max(len(value) // 4, 1)
  return z[order[-quarter:]].mean(axis=0) - z[order[:quarter]].mean(axis=0)


def beside(
    devices, system: System, train: data.Pieces, pieces: data.Pieces, batch_size
) -> dict[str, float]:
  """What a decoder that hears nothing gets right: `accuracy_unigram`.

  It writes in every voice, or for every bit, what comes most often in training.
  """
  representation = system.representation
  kind, depth = representation.kind, representation.depth
  values = {'bits': 2, 'tokens': depth, 'voices': 2 * depth}[kind]
  usual = floors.most_frequent(train.x, values).reshape(representation.shape)

  def figures(params, batch, rng):
    del params, rng
    x = batch['x']
    guess = jnp.broadcast_to(jnp.asarray(usual), x.shape)
    return {'accuracy_unigram': accuracy(kind, guess, x, batch['mask'])}

  return make_figures(devices, system, pieces, batch_size, figures)({})


def collapse(figures: dict) -> str | None:
  """A warning if a model's codes say too little, from its figures.

  That is so where fewer than a tenth of a code's dimensions carry `ACTIVE`
  nats, or where from codes alone no more is right than without any.
  """
  nats = np.array(figures.get('kl_by_dimension', []))
  active = int((nats > ACTIVE).sum())
  if len(nats) and 10 * active < len(nats):
    return (
        f'posterior collapse: only {active} of {len(nats)} dimensions carry '
        f'more than {ACTIVE} nats: lower --config.model.beta, or raise '
        'free_bits, anneal_steps or word_dropout'
    )
  if figures['accuracy_free'] <= figures['accuracy_unigram']:
    return (
        'the codes say nothing: what is written from them is no more often '
        'right than what comes most often'
    )
  return None


def _spans(song, window):
  """Where windows begin and end, in rows of x."""
  x, bars = song.x[0], conditions.bar_rows(song.cond[0])
  end, spans = int(bars[0]), []
  while end < len(x):
    begin = int(bars[np.searchsorted(bars, end, side='right') - 1])
    if begin + window <= end:  # A bar longer than a window.
      begin = end
    end = begin + window
    spans.append((begin, end))
  return spans


def _codes_of(system, params, x, spans):
  return codes(system, params, data.pack([x[b:e] for b, e in spans]))


def _decode(system, params, z, keys, controls):
  return np.asarray(jax.jit(system.model.decode)(params, z, keys, controls))


def _generated(system, pieces: Sequence[np.ndarray]):
  representation = system.representation
  x = np.stack(pieces).astype(representation.dtype)
  return Generated(x, [representation.decode(piece) for piece in x])
