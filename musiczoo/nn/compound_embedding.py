"""The input of a net of `compound` rows: the row before, and earlier bars.

Shapes: B pieces, S rows, F features, 16 slots, K bars back.
"""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn import bar_memory, note_codes
from musiczoo.nn.bar_memory import BACK, Past

PLAYED = 1, 2, 4, 8  # Bars back of which it is given which slots play.
STACKED = 4  # Notes of one position and slot that are counted; more are rare.
_REGISTERS = 32  # Of four pitches.
_PLANS = rows.SOURCES + 1


class Embeddings(nn.Module):
  """The sum of the embeddings of several indices, from one table.

  One lookup compiles in a small part of the time of many. An index below 0 or
  beyond its size is 0.
  """

  features: int

  @nn.compact
  def __call__(self, **given):
    """given: name=(size, index [...]) -> [..., features]."""
    sizes = [size for size, _ in given.values()]
    begins = np.cumsum([0, *sizes])
    init = nn.initializers.normal(0.1)
    table = self.param('table', init, (int(begins[-1]), self.features))
    index = jnp.stack([index for _, index in given.values()], axis=-1)
    is_some = (index >= 0) & (index < np.array(sizes))
    rows = begins[:-1] + jnp.clip(index, 0, np.array(sizes) - 1)
    # Of the ways to write this sum the fastest on CPUs.
    return jnp.einsum('...kf,...k->...f', table[rows], is_some.astype(float))


class CompoundEmbedding(nn.Module):
  """Features of the row before each row, of its place and of earlier bars.

  Attributes:
    layout: of the rows.
    features: F.
  """

  layout: Layout
  features: int

  @nn.compact
  def __call__(self, prev_BxSx5, past: Past):
    """-> [B, S, F]. prev_BxSx5: the row before each; any where there is none."""
    at, layout = past.now, self.layout
    position, _, _ = note_codes.fields(at.code)
    bar = at.bar
    given = self._row(prev_BxSx5, at) | self._back(past)
    given['bar_of_4'] = 4, jnp.where(bar < 0, -1, bar % 4)
    given['bar_of_16'] = 16, jnp.where(bar < 0, -1, bar % 16)
    given['bar_steps'] = layout.positions + 1, at.bar_steps
    given['first_chord'] = rows.CHORDS, at.chords[..., 0]
    given['last_chord'] = rows.CHORDS, at.chords[..., 1]
    given['key'] = rows.KEYS, at.key
    given['stacked'] = STACKED + 1, jnp.minimum(at.stacked, STACKED)
    total = Embeddings(self.features, name='place')(**given)
    total += self._ensemble(past)
    numbers = self._numbers(past, position, total)
    return nn.relu(total + nn.Dense(self.features, name='numbers')(numbers))

  def _row(self, prev, at):
    """The attributes of the row before, by its kind."""
    is_note, is_plan, is_bar, is_track, _ = jnp.moveaxis(at.kind, -1, 0)
    first, second, third, fourth, fifth = jnp.moveaxis(prev, -1, 0)

    def of(kind, size, index):
      return size, jnp.where(kind, index, -1)

    pitch = third + 128 * (second == 0)
    is_slotted = is_note | is_plan | is_track
    return {
      'place': of(at.kind.any(-1), self.layout.places, first),
      'slot': of(is_slotted, rows.SLOTS, second),
      'pitch': of(is_note, note_codes.PITCHES, pitch),
      'duration': of(is_note, len(self.layout.durations), fourth),
      'velocity': of(is_note, rows.VELOCITIES, fifth),
      'source': of(is_plan, rows.SOURCES, third),
      'meter': of(is_bar, len(rows.METERS) + 1, second),
      'tempo': of(is_bar, len(rows.TEMPI) + 1, third),
      'program': of(is_track, 128, third),
      'register': of(is_track, _REGISTERS, fourth // 4),
      'polyphony': of(is_track, len(rows.POLYPHONIES) + 1, fifth),
    }

  def _back(self, past):
    """What would come next in earlier bars."""
    found = past.lookup.next(past.notes, past.now.code + 1, self.layout)
    given = {}
    for k in range(len(BACK)):
      position = found.position[..., k]
      given[f'position_{k}'] = self.layout.positions + 2, position
      given[f'slot_{k}'] = rows.SLOTS + 2, found.slot[..., k]
      given[f'pitch_{k}'] = note_codes.PITCHES + 1, found.pitch[..., k]
    return given

  def _ensemble(self, past):
    """The sum over the slots that have a track so far."""
    _, program, register, polyphony = jnp.moveaxis(past.notes.tracks, -1, 0)
    each_Bx16xF = Embeddings(self.features, name='ensemble')(
      program=(128, program),
      register=(_REGISTERS, register // 4),
      polyphony=(len(rows.POLYPHONIES) + 1, polyphony),
    )
    init = nn.initializers.normal(0.1)
    scale = self.param('slot', init, (rows.SLOTS, self.features))
    exists = past.now.exists.astype(jnp.float32)
    return jnp.einsum('bsk,bkf->bsf', exists, each_Bx16xF * (1 + scale))

  def _numbers(self, past, position, total):
    at, notes = past.now, past.notes
    chroma = past.sounding.chroma(notes, jnp.maximum(position, 0))
    chroma *= (at.bar >= 0)[..., None]
    played = bar_memory.played(notes, at, PLAYED)
    plans = jax.nn.one_hot(played[..., 0, 1], _PLANS)[..., 1:]
    parts = [
      chroma,
      bar_memory.history(notes, at),
      at.new.astype(total.dtype),
      at.copied.astype(total.dtype),
      past.sounding.waiting(notes, at),
      played[..., 0].astype(total.dtype),
      plans,
    ]
    return jnp.concatenate(
      [part.reshape(*total.shape[:2], -1) for part in parts], axis=-1
    )
