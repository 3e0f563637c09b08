"""CompoundNet: a causal net under the head of `compound` rows.

Shapes: B pieces, T rows, H units of the net.
"""

from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.autoregressive_net import Context
from musiczoo.models.given_rows import given_rows
from musiczoo.nn import bar_memory, bar_notes
from musiczoo.nn.chunks import in_chunks
from musiczoo.nn.heads import Controls
from musiczoo.nn.shift import delay

MAX_STACKED = 12  # Notes of one position and slot, in samples.
CHUNK = 64  # Rows at a time: what they look up in the past is in caches then.


class State(NamedTuple):
  """Of pieces that are being sampled.

  Attributes:
    carry: of the net.
    x: int32 [B, N, 5], the rows so far.
    notes: the past that they make up.
    row: how many there are.
    taken: int32 [B], how many of them are given ones.
  """

  carry: tuple
  x: jax.Array
  notes: bar_notes.Notes
  row: jax.Array
  taken: jax.Array


class CompoundNet(nn.Module):
  """p(x) = prod_t p(x_t | x_<t), where the past is read as bars.

  The net and the head are given what earlier bars have at the place of a row; see
  `bar_memory`.

  Attributes:
    net: as of `AutoregressiveNet`.
    head: of `compound` rows.
    conditions: embeds the conditions.
  """

  net: nn.Module
  head: nn.Module
  conditions: nn.Module | None = None

  def context(self, cond=None, known=None, keys_B=None):
    """The `Context` of the rows of some pieces."""
    del known
    if self.conditions is None:
      return Context()
    return Context(self.conditions(cond, keys_B))

  def log_prob(self, x_BxTx5, cond=None, keys_B=None, known=None):
    """Log probability in nats of every row, by attribute: dict of [B, T]."""
    x_BxTx5 = jnp.asarray(x_BxTx5, jnp.int32)
    context = self.context(cond, known, keys_B)
    notes = bar_notes.read(x_BxTx5, self.head.layout)
    row_BxT = jnp.broadcast_to(jnp.arange(x_BxTx5.shape[1]), x_BxTx5.shape[:2])
    prev_BxTx5 = delay(x_BxTx5)

    def past(row_BxS):
      kept = self.head.kept(keys_B)
      layout = self.head.layout
      return bar_memory.past(x_BxTx5, notes, row_BxS[0], layout, kept)

    def embed(head, row_BxS, prev_BxSx5):
      return head.embed(prev_BxSx5, past(row_BxS))

    def decide(head, row_BxS, h_BxSxH, x_BxSx5):
      return head.log_prob(h_BxSxH, x_BxSx5, past(row_BxS), keys_B)

    e_BxTxE = in_chunks(embed, self.head, (row_BxT, prev_BxTx5), CHUNK)
    e_BxTxE = jnp.concatenate([e_BxTxE, *context.encoded()], axis=-1)
    h_BxTxH, _ = self.net(e_BxTxE, keys=keys_B)
    return in_chunks(decide, self.head, (row_BxT, h_BxTxH, x_BxTx5), CHUNK)

  def start(self, num: int, length: int):
    """The state before the first of `length` rows."""
    x = jnp.full((num, length, 5), -1, jnp.int32)
    notes = bar_notes.start(num, length)
    taken = jnp.zeros(num, jnp.int32)
    return State(self.net.start(num), x, notes, jnp.zeros((), jnp.int32), taken)

  def step(self, state, prev_Bx5, begun, context, keys_B, controls: Controls):
    """One step of sampling, as of `AutoregressiveNet.step`."""
    del begun
    layout = self.head.layout
    row_1 = state.row[None]
    past = bar_memory.past(state.x, state.notes, row_1, layout)
    e_Bx1xE = self.head.embed(prev_Bx5[:, None], past)
    now = [a[:, None] for a in context.encoded()]
    e_Bx1xE = jnp.concatenate([e_Bx1xE, *now], axis=-1)
    carry, h_BxH = self.net.step(state.carry, e_Bx1xE[:, 0])
    x_Bx5, taken = self._next(h_BxH[:, None], past, keys_B, controls, state)
    log_p = self.head.log_prob(h_BxH[:, None], x_Bx5[:, None], past)
    x = state.x.at[:, state.row].set(x_Bx5)
    notes = bar_notes.append(state.notes, x_Bx5, state.row, layout)
    after = State(carry, x, notes, state.row + 1, taken)
    return after, x_Bx5, sum(log_p.values())[:, 0]

  def _next(self, h_Bx1xH, past, keys_B, controls, state):
    """The next row, sampled or given, and how many given ones are taken then."""
    past = past._replace(now=_restricted(past, controls))
    if controls.given is None:
      sampled = self.head.sample(h_Bx1xH, past, keys_B, controls)
      return sampled, state.taken
    given = given_rows(controls, state.taken)
    now = given.restrict(past.now, controls)
    forced_B = given.forced(now)
    known_Bx5 = forced_B[:, None] & (given.x >= 0)
    controls = controls._replace(given=given.x, known=known_Bx5)
    past = past._replace(now=now)
    x_Bx5 = self.head.sample(h_Bx1xH, past, keys_B, controls)
    first_B = given.come_first(x_Bx5, self.head.layout) & ~forced_B
    x_Bx5 = jnp.where(first_B[:, None], given.x, x_Bx5)
    return x_Bx5, state.taken + (forced_B | first_B)

  def rows(self, state, index):
    """The state of some of its rows."""
    carry = self.net.rows(state.carry, index)
    rows = state.x, state.notes, state.taken
    x, notes, taken = jax.tree.map(lambda a: a[index], rows)
    return State(carry, x, notes, state.row, taken)


def _restricted(past, controls):
  """`past.now` of a sample.

  It ends in the last bar that was asked for, and no stack of notes grows on and on.
  """
  now = past.now
  may_end = now.may_end
  if controls.cond is not None:
    after = jnp.maximum(now.bar, 0) + 1
    end = jnp.take_along_axis(past.notes.starts, after, axis=1)
    may_end &= end >= jnp.asarray(controls.cond.shape[1])
  return now._replace(may_end=may_end, may_stack=now.stacked < MAX_STACKED)
