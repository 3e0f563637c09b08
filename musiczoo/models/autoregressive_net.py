"""AutoregressiveNet: a causal net under a head.

Shapes: B rows, T steps, [C] of a step of x, V voices, E, F and H units.
"""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.music.annotations import KEY
from musiczoo.nn import upcoming
from musiczoo.nn.cell_encoder import CellEncoder
from musiczoo.nn.chroma import Chroma
from musiczoo.nn.chunks import in_chunks
from musiczoo.nn.degrees import Degrees
from musiczoo.nn.dropout import kept
from musiczoo.nn.heads import Controls
from musiczoo.nn.look_back import LookBack
from musiczoo.nn.shift import delay

_MASK = 1 << 18  # Lower numbers are of the net, the conditions and the head.
# Steps of which the head computes the log probabilities at once: its arrays are
# many times those of the net.
CHUNK = 512


class Known(NamedTuple):
  """Cells of voices of which some are known: each [B, T, V], but real [B, T].

  Attributes:
    x: the cells.
    is_known: which are known.
    is_real: which steps are no padding.
  """

  x: jax.Array
  is_known: jax.Array
  is_real: jax.Array

  def chroma(self):
    """How long each pitch class of the known cells sounds, [B, 12], in steps.

    Pitch classes are those of symbols, from 1 on, as of `Spec.sounds`.
    """
    symbol_BxTxV = self.x // 2
    sounds_BxTxV = self.is_known & (symbol_BxTxV > 0)
    each = jax.nn.one_hot((symbol_BxTxV - 1) % 12, 12)
    return (each * sounds_BxTxV[..., None]).sum((1, 2))


class Context(NamedTuple):
  """What is encoded of each step beside the past; None: nothing.

  Attributes:
    conditions: [B, T, E], the embedding of the conditions.
    cond: [B, T, columns], the conditions, of a net with `look_back` or `degrees`.
    ahead: [B, T, F], the known cells before and after it.
    upcoming: the next known notes, as of `upcoming.upcoming`.
  """

  conditions: jax.Array | None = None
  cond: jax.Array | None = None
  ahead: jax.Array | None = None
  upcoming: tuple[jax.Array, jax.Array] | None = None

  def encoded(self):
    """What a net is given."""
    return [a for a in (self.conditions, self.ahead) if a is not None]


class AutoregressiveNet(nn.Module):
  """p(x) = prod_t p(x_t | x_<t): the net encodes the past, the head predicts x_t.

  Where there is a `Context` the net is given that of step t, too.

  Attributes:
    word_dropout: rate at which steps are hidden from the net in training.
    chroma: given to the head beside the net's output.
    ahead: encodes known cells for the net and the head.
    look_back: what earlier bars had, given to the net and to the head.
    degrees: of the key, given to both, too.
  """

  net: nn.Module
  head: nn.Module
  conditions: nn.Module | None = None
  word_dropout: float = 0.0
  chroma: Chroma | None = None
  ahead: CellEncoder | None = None
  look_back: LookBack | None = None
  degrees: Degrees | None = None

  def setup(self):
    if self.ahead is not None:
      self.notes_proj = nn.Dense(self.ahead.hidden, dtype=self.ahead.dtype)

  def context(self, cond=None, known: Known | None = None, keys_B=None):
    """The `Context` of the steps of some pieces."""
    conditions = ahead = notes = None
    if self.conditions is not None:
      cond = self.conditions.kept(cond, keys_B)
      conditions = self.conditions(cond)
    if self.ahead is not None:
      ahead = self.ahead(*known, keys_B)
      is_known = known.is_known & known.is_real[..., None]
      notes = upcoming.upcoming(known.x, is_known)
    if self.look_back is None and self.degrees is None:
      cond = None
    return Context(conditions, cond, ahead, notes)

  def log_prob(self, x_BxTxC, cond=None, keys_B=None, known=None):
    """Log probability in nats of every step, by part: dict of [B, T].

    Args:
      known: the known cells, which do not count; of a net with `ahead`.
    """
    context = self.context(cond, known, keys_B)
    e_BxTxE, earlier = self.inputs(x_BxTxC, context, keys_B)
    h_BxTxH, _ = self.net(e_BxTxE, keys=keys_B)
    before_BxTxC = delay(x_BxTxC)
    h_BxTxH, _ = self._head_inputs(h_BxTxH, before_BxTxC, context, earlier)
    decisions = h_BxTxH, x_BxTxC, before_BxTxC
    if known is not None:
      decisions = *decisions, ~known.is_known

    def of_chunk(head, h_BxTxH, x_BxTxC, before_BxTxC, *counted):
      return head.log_prob(h_BxTxH, x_BxTxC, before_BxTxC, keys_B, *counted)

    return in_chunks(of_chunk, self.head, decisions, CHUNK)

  def forward(
    self, before_BxTxC, x_BxTxC, cond=None, chroma=None, past=None, **carry
  ):
    """Logits of every decision, log probabilities of x, and the state after it.

    Args:
      before_BxTxC: the step before each of x; -1 where there is none.
      chroma: of the steps before those; None: of none.
      past: those steps, as of `LookBack`; None: none.
      **carry: of the net after the step before; none: the initial one.

    Returns:
      (logits, log probabilities, carry, chroma, past).
    """
    begun_BxT = (before_BxTxC >= 0).reshape(*before_BxTxC.shape[:2], -1).all(-1)
    context = self.context(cond)
    given = before_BxTxC, context, past
    before_BxTxC = jnp.maximum(before_BxTxC, 0)
    e_BxTxE = self.head.embed(before_BxTxC) * begun_BxT[..., None]
    e_BxTxE = self.with_degrees(e_BxTxE, *given[:2])
    e_BxTxE, earlier, past = self.with_context(e_BxTxE, *given)
    h_BxTxH, after = self.net(e_BxTxE, **carry)
    more = before_BxTxC, context, earlier, chroma
    h_BxTxH, chroma = self._head_inputs(h_BxTxH, *more)
    decisions = h_BxTxH, x_BxTxC, before_BxTxC
    log_p = self.head.log_prob(*decisions)
    return self.head.logits(*decisions), log_p, after, chroma, past

  def forced(self, x_BxTxC, cond=None):
    """The likeliest of each step, given all true steps before it: [B, T, ...]."""
    context = self.context(cond)
    e_BxTxE, earlier = self.inputs(x_BxTxC, context)
    h_BxTxH, _ = self.net(e_BxTxE)
    h_BxTxH, _ = self._head_inputs(h_BxTxH, delay(x_BxTxC), context, earlier)
    return likeliest(self.head, h_BxTxH, x_BxTxC)

  def start(self, num: int, length: int):
    """The state before the first of `length` steps: carry, chroma and past."""
    del length
    chroma = None if self.chroma is None else self.chroma.start(num)
    past = None if self.look_back is None else self.look_back.start(num)
    return self.net.start(num), chroma, past

  def rows(self, state, index):
    """The state of some of its rows."""
    carry, chroma, past = state
    if chroma is not None:
      chroma = self.chroma.rows(chroma, index)
    if past is not None:
      past = past[index]
    return self.net.rows(carry, index), chroma, past

  def step(self, state, prev_BxC, begun, context, keys_B, controls: Controls):
    """One step of sampling.

    Args:
      context: of this step, its arrays [B, ...].
      controls: `given`, `known` and `allowed` are those of this step, [B, ...].

    Returns:
      state; the step after `prev_BxC`, [B, ...]; its log probability in nats.
    """
    carry, chroma, past = state
    e_BxE = jnp.where(begun, self.head.embed(prev_BxC), 0)
    before_BxC = jnp.where(begun, prev_BxC, -1)
    one = jax.tree.map(lambda a: a[:, None], (e_BxE, before_BxC, context))
    one = self.with_degrees(*one), *one[1:]
    e_Bx1xE, earlier, past = self.with_context(*one, past)
    carry, h_BxH = self.net.step(carry, e_Bx1xE[:, 0])
    one = jax.tree.map(lambda a: a[:, None], (h_BxH, prev_BxC, context))
    h_Bx1xH, chroma = self._head_inputs(*one, earlier, chroma)
    h_BxH = h_Bx1xH[:, 0]
    x_BxC = self.head.sample(h_BxH, prev_BxC, keys_B, controls)
    if controls.given is not None:
      x_BxC = jnp.where(controls.known, controls.given, x_BxC)
    decisions = h_BxH, x_BxC, prev_BxC
    if self.ahead is None:
      log_p = self.head.log_prob(*decisions)
    else:
      log_p = self.head.log_prob(*decisions, None, ~controls.known)
    return (carry, chroma, past), x_BxC, sum(log_p.values())

  def _head_inputs(self, h_BxTxH, before_BxTxC, context, earlier, chroma=None):
    """What the head is given, and the chroma after the steps before."""
    more = []
    if context.cond is not None:
      more = [self._logits(h_BxTxH, context, earlier)]
    if context.ahead is not None:
      notes = upcoming.features(*context.upcoming, before_BxTxC)
      more += [context.ahead, self.notes_proj(notes.astype(h_BxTxH.dtype))]
    if self.chroma is not None:
      features, chroma = self.chroma(before_BxTxC, chroma)
      more.append(features.astype(h_BxTxH.dtype))
    return jnp.concatenate([h_BxTxH, *more], axis=-1), chroma

  def _logits(self, h_BxTxH, context, earlier):
    """What is added to the logits of tokens, [B, T, depth]."""
    # Where in the form a step is decides whether it repeats, and closes.
    seen = jnp.concatenate([h_BxTxH, *context.encoded()], axis=-1)
    logits = 0
    if self.look_back is not None:
      logits += self.look_back.logits(seen, context.cond, earlier)
    if self.degrees is not None:
      logits += self.degrees.logits(seen, context.cond)
    return logits

  def inputs(self, x_BxTxC, context, keys_B=None):
    """The input of the net at each step, teacher forced, and the earlier bars."""
    before_BxTxC = delay(x_BxTxC.astype(jnp.int32) + 1) - 1
    e_BxTxE = delay(self.head.embed(x_BxTxC))
    e_BxTxE = self.with_degrees(e_BxTxE, before_BxTxC, context)
    if keys_B is not None and self.word_dropout:
      steps = e_BxTxE.shape[1]
      e_BxTxE *= kept(keys_B, _MASK, self.word_dropout, (steps, 1))
    return self.with_context(e_BxTxE, before_BxTxC, context)[:2]

  def with_context(self, e_BxTxE, before_BxTxC, context, past=None):
    """The input of the net at each step, from the step before.

    Args:
      e_BxTxE: embeddings of the steps before.
      before_BxTxC: those steps; -1 where there is none.
      past: the steps before those, as of `LookBack`; None: none.

    Returns:
      (the input, [B, T, E]; the `Earlier` bars or None; the past after `before`).
    """
    parts, earlier = [e_BxTxE, *context.encoded()], None
    if self.look_back is not None:
      earlier, past = self.look_back.find(before_BxTxC, context.cond, past)
      due_BxTxKxE = self.head.embed(jnp.maximum(earlier.token, 0))
      due_BxTxKxE = self.with_degrees(due_BxTxKxE, earlier.token, context)
      parts.append(self.look_back.encode(due_BxTxKxE, earlier))
    return jnp.concatenate(parts, axis=-1), earlier, past

  def with_degrees(self, e_xE, token_x, context):
    """Embeddings of tokens, [B, T, ...], with those of their degrees."""
    if self.degrees is None:
      return e_xE
    more = [1] * (token_x.ndim - 2)
    key_x = context.cond[..., KEY].reshape(*token_x.shape[:2], *more)
    return jnp.concatenate([e_xE, self.degrees.encode(token_x, key_x)], axis=-1)


def likeliest(head, h_BxTxH, x_BxTxC):
  """The argmax of each step, given h and the true step before: [B, T, ...].

  The voices of a step are predicted one after another.
  """
  flat = lambda a: a.reshape(-1, *a.shape[2:])
  keys = jax.random.split(jax.random.key(0), h_BxTxH[..., 0].size)
  controls = Controls(temperature=0.0)
  x = head.sample(flat(h_BxTxH), flat(delay(x_BxTxC)), keys, controls)
  return x.reshape(x_BxTxC.shape)
