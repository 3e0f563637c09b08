"""Head of `compound` rows: their attributes one after another.

Shapes: B pieces, S rows, H outputs of the net, K bars back, 16 slots.
"""

import types
from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import Share, Units
from musiczoo.music import compound_rows as rows
from musiczoo.music.compound_rows import Layout
from musiczoo.nn import bar_memory, note_codes, possible_rows
from musiczoo.nn.bar_memory import BACK, Past
from musiczoo.nn.compound_embedding import CompoundEmbedding, STACKED
from musiczoo.nn.dropout import locked
from musiczoo.nn.heads.controls import Controls
from musiczoo.nn.heads.distributions import draw, log_categorical
from musiczoo.nn.heads.factor import above, around, Factor, pointed, REACH
from musiczoo.nn.keys import fold

_MASK = 1 << 17  # Masks of lower numbers are those of the net and conditions.
_NEVER = -1e9  # The logit of a value that is impossible at its place.
_NO_MASKS = types.MappingProxyType({})  # Without dropout.


class Row(NamedTuple):
  """The attributes of rows that are decided so far: each [B, S], or None."""

  place: jax.Array
  second: jax.Array | None = None
  third: jax.Array | None = None
  fourth: jax.Array | None = None


class Compound(nn.Module):
  """The attributes of a row, each given h and those before it.

  The place is decided first; it says of what kind the row is. Where earlier bars
  have a note that would come next, learned gates point at its attributes. What
  the representation cannot mean at a place has no probability.

  Attributes:
    depth: number of places.
    features: of the net's input.
    hidden: units of each attribute's hidden layer.
    dropout: rate of their dropout, one mask a piece.
    back_dropout: rate at which an earlier bar is hidden in training.
  """

  depth: int
  features: Units
  hidden: Units
  dropout: Share = 0.0
  back_dropout: Share = 0.0
  dtype: jnp.dtype = jnp.float32

  kind = 'compound'
  controls = ('temperature', 'top_k', 'top_p', 'min_p')

  @property
  def layout(self) -> Layout:
    """Of the rows."""
    return Layout((self.depth - 5) // rows.QUARTERS)

  def setup(self):
    self.embedding = CompoundEmbedding(self.layout, self.features)
    sizes = {
      'place': self.depth,
      'slot': rows.SLOTS,
      'pitch': note_codes.PITCHES,
      'duration': len(self.layout.durations),
      'velocity': rows.VELOCITIES,
      'source': rows.SOURCES,
      'meter': len(rows.METERS) + 1,
      'tempo': len(rows.TEMPI) + 1,
      'first_chord': rows.CHORDS,
      'last_chord': rows.CHORDS,
      'key': rows.KEYS,
      'program': 128,
      'register': 128,
      'polyphony': len(rows.POLYPHONIES) + 1,
    }
    self.factors = {
      name: Factor(size, self.hidden, self.dtype)
      for name, size in sizes.items()
    }
    num = len(BACK)
    numbers = {
      'place': num,
      'slot': num,
      'pitch': num,
      'duration': num + 1,
      'velocity': num + 1,
      'first_chord': num + 1,
      'last_chord': num + 1,
    }
    # Music repeats itself: that is where learning begins.
    bias = nn.initializers.constant(1.0)
    self.gates = {
      name: nn.Dense(number, bias_init=bias) for name, number in numbers.items()
    }
    reach = 2 * REACH + 1
    self.intervals, self.registers = nn.Dense(reach), nn.Dense(reach)
    self.chroma_gates = nn.Dense(5)
    # By semitones above the tonic of the key and above the root of the chord.
    self.key_degrees, self.chord_degrees = nn.Dense(12), nn.Dense(12)
    self.chord_of_key = {
      'first_chord': nn.Dense(rows.CHORDS),
      'last_chord': nn.Dense(rows.CHORDS),
    }

  def embed(self, prev_BxSx5, past: Past):
    """The input of the net: [B, S, features]."""
    return self.embedding(prev_BxSx5, past)

  def kept(self, keys_B):
    """Which earlier bars are not hidden in training: bool [B, K], or None."""
    if keys_B is None or not self.back_dropout:
      return None
    mask = locked(
      keys_B, _MASK - 1, self.back_dropout, len(BACK), jnp.dtype('float32')
    )
    return mask > 0

  def log_prob(self, h_BxSxH, x_BxSx5, past: Past, keys_B=None):
    """Log probabilities of rows by attribute, as of all heads."""
    x = x_BxSx5.astype(jnp.int32)
    columns = jnp.moveaxis(x, -1, 0)
    place = columns[0]
    is_note, is_plan, is_bar, is_track, is_key = self._kinds(place)
    found = {}

    def add(name, mask, logits, value):
      # Rows of other kinds have any value here.
      value = jnp.where(mask, value, 0)
      found[name] = found.get(name, 0) + jnp.where(
        mask, log_categorical(logits, value), 0
      )

    masks = self._masks(keys_B)
    always = jnp.ones_like(is_note)
    add('place', always, self._place(h_BxSxH, past, masks), place)
    row = Row(*columns[:4])
    logits = self._slot(h_BxSxH, past, row, masks)
    names = ('slot', is_note), ('plan', is_plan), ('track', is_track)
    for name, mask in names:
      add(name, mask, logits, row.second)
    is_drum = row.second == 0
    for name, part, mask, column in (
      ('pitch', 'pitch', is_note, 2),
      ('duration', 'duration', is_note & ~is_drum, 3),
      ('velocity', 'velocity', is_note, 4),
      ('plan', 'source', is_plan, 2),
      ('bar', 'meter', is_bar, 1),
      ('bar', 'tempo', is_bar, 2),
      ('chord', 'first_chord', is_bar, 3),
      ('chord', 'last_chord', is_bar, 4),
      ('key', 'key', is_key, 1),
      ('track', 'program', is_track, 2),
      ('track', 'register', is_track, 3),
      ('track', 'polyphony', is_track, 4),
    ):
      logits = getattr(self, f'_{part}')(h_BxSxH, past, row, masks)
      value = columns[column]
      if part == 'pitch':
        value += 128 * is_drum
      add(name, mask, logits, value)
    return found

  def sample(self, h_Bx1xH, past: Past, keys_B, controls: Controls):
    """The next row of each piece: int32 [B, 5]."""

    def decided(column, value):
      if controls.given is None:
        return value
      is_known = controls.known[:, column, None]
      return jnp.where(is_known, controls.given[:, column, None], value)

    def drawn(column, logits):
      keys = fold(keys_B, column)
      return draw(logits[:, 0], keys, controls)[:, None]

    place = decided(0, drawn(0, self._place(h_Bx1xH, past)))
    kinds = self._kinds(place)
    row = Row(place)
    parts = (
      ('slot', 'slot', 'meter', 'slot', 'key'),
      ('pitch', 'source', 'tempo', 'program', None),
      ('duration', None, 'first_chord', 'register', None),
      ('velocity', None, 'last_chord', 'polyphony', None),
    )
    columns = [place]
    for column, names in enumerate(parts, 1):
      each = {
        name: getattr(self, f'_{name}')(h_Bx1xH, past, row)
        for name in dict.fromkeys(names)
        if name is not None
      }
      # One draw of what the row is, since filters sort.
      value = drawn(column, _of_kind(kinds, names, each))
      if column == 2:
        value = jnp.where(kinds[0], value % 128, value)
        # Each bar that may be repeated is rarer than new notes: filters and low
        # temperatures would leave too few repeats; 0 is greedy.
        repeats = Controls(temperature=jnp.sign(controls.temperature))
        keys = fold(keys_B, rows.COLUMNS)
        source = draw(each['source'][:, 0], keys, repeats)[:, None]
        value = jnp.where(kinds[1], source, value)
      if column == 3:
        is_drum = kinds[0] & (row.second == 0)
        value = jnp.where(is_drum, self.layout.drum_duration, value)
      value = decided(column, value)
      columns.append(value)
      row = Row(*columns[:4])
    return jnp.stack(columns, axis=-1)[:, 0]

  def _masks(self, keys_B):
    """The dropout mask of each factor, [B, K]; None: none."""
    if keys_B is None or not self.dropout:
      return {}
    units = self.hidden * len(self.factors)
    mask = locked(keys_B, _MASK, self.dropout, units, self.dtype)
    parts = jnp.split(mask, len(self.factors), axis=1)
    return dict(zip(self.factors, parts))

  def _kinds(self, place):
    """Whether rows are notes, PLAN, BAR, TRACK or KEY: five times bool."""
    layout = self.layout
    kinds = layout.plan, layout.bar, layout.track, layout.key
    return (place < layout.positions, *(place == k for k in kinds))

  def _place(self, h, past, masks=_NO_MASKS):
    at, layout = past.now, self.layout
    found = past.lookup.next(past.notes, at.code + 1, layout)
    position, slot, _ = note_codes.fields(at.code)
    logits, z = self.factors['place'](
      h,
      masks.get('place'),
      numbers=past.sounding.waiting(past.notes, at),
      position=(layout.positions, position),
      slot=(rows.SLOTS, slot),
      stacked=(STACKED + 1, jnp.minimum(at.stacked, STACKED)),
    )
    # Where a bar has no more notes the next one begins.
    ends = jnp.where(found.position == layout.positions, layout.bar, -1)
    index = jnp.where(found.is_note, found.position, ends)
    logits += pointed(self.gates['place'](z), index, self.depth)
    return jnp.where(possible_rows.places(at, layout), logits, _NEVER)

  def _slot(self, h, past, row, masks=_NO_MASKS):
    at, layout = past.now, self.layout
    is_note, *_ = self._kinds(row.place)
    position, before, _ = note_codes.fields(at.code)
    is_same = is_note & (position == row.place)
    least = jnp.maximum(at.code + 1, note_codes.of_position(row.place))
    found = past.lookup.next(past.notes, least, layout)
    is_here = found.is_note & (found.position == row.place[..., None])
    index = jnp.where(is_here & is_note[..., None], found.slot, rows.SLOTS)
    backs = {
      f'back_{k}': (rows.SLOTS + 1, index[..., k]) for k in range(len(BACK))
    }
    logits, z = self.factors['slot'](
      h,
      masks.get('slot'),
      place=(self.depth, row.place),
      before=(rows.SLOTS, jnp.where(is_same, before, -1)),
      last=(rows.SLOTS, at.last_slot),
      **backs,
    )
    logits += pointed(self.gates['slot'](z), index, rows.SLOTS)
    possible = possible_rows.slots(at, row.place, layout)
    return jnp.where(possible, logits, _NEVER)

  def _source(self, h, past, row, masks=_NO_MASKS):
    at, notes = past.now, past.notes
    slot = jnp.clip(row.second, 0, rows.SLOTS - 1)
    played = bar_memory.played(notes, at, rows.LAGS)
    index = slot[..., None, None, None]
    own = jnp.take_along_axis(played, index, axis=2)[:, :, 0]
    size = rows.SOURCES + 1
    plans = {f'plan_{k}': (size, own[..., k, 1]) for k in (0, 1, 3, 5)}
    logits, _ = self.factors['source'](
      h,
      masks.get('source'),
      numbers=own[..., 0].astype(jnp.float32),
      slot=(rows.SLOTS, slot),
      program=(128, self._track(past, slot)[..., 1]),
      **plans,
    )
    is_new = jnp.ones_like(own[..., :1, 0])
    possible = jnp.concatenate([is_new, own[..., 0]], axis=-1) > 0
    return jnp.where(possible, logits, _NEVER)

  def _track(self, past, slot):
    """The row, program, register and polyphony of slots: [B, S, 4]."""
    index = jnp.clip(slot, 0, rows.SLOTS - 1)[..., None]
    return jnp.take_along_axis(past.notes.tracks, index, axis=1)

  def _instrument(self, past, slot):
    """What is given of the slot of a note."""
    _, program, register, polyphony = jnp.moveaxis(
      self._track(past, slot), -1, 0
    )
    program = jnp.where(slot == 0, 128, program)
    size = len(rows.POLYPHONIES) + 1
    return {
      'program': (129, program),
      'register': (32, register // 4),
      'polyphony': (size, polyphony),
      'slot': (rows.SLOTS, slot),
    }

  def _pitch(self, h, past, row, masks=_NO_MASKS):
    at, notes, layout = past.now, past.notes, self.layout
    place, slot = row.place, jnp.clip(row.second, 0, rows.SLOTS - 1)
    least = jnp.maximum(at.code + 1, note_codes.of_slot(place, slot))
    found = past.lookup.next(notes, least, layout)
    is_here = found.is_note & (found.position == place[..., None])
    is_here &= found.slot == slot[..., None]
    index = jnp.where(is_here, found.pitch, note_codes.PITCHES)
    last = past.sounding.last(notes, slot)
    _, _, last_pitch = note_codes.fields(last[..., 0])
    since = last[..., 1] + place - note_codes.fields(last[..., 0])[0]
    since = jnp.where(last_pitch < 0, -1, jnp.minimum(since, layout.positions))
    chroma = past.sounding.chroma(notes, place)
    history = bar_memory.history(notes, at)
    chord, root = self._chord_tones(at, place)
    stacked = jnp.minimum(at.stacked, STACKED)
    backs = {
      f'back_{k}': (note_codes.PITCHES + 1, index[..., k])
      for k in range(len(BACK))
    }
    logits, z = self.factors['pitch'](
      h,
      masks.get('pitch'),
      numbers=jnp.concatenate([chroma, history, chord, root], axis=-1),
      place=(self.depth, place),
      key=(rows.KEYS, at.key),
      last=(note_codes.PITCHES, last_pitch),
      since=(layout.positions + 1, since),
      stacked=(STACKED + 1, jnp.where(is_here.any(-1), 0, stacked)),
      **self._instrument(past, slot),
      **backs,
    )
    logits += pointed(self.gates['pitch'](z), index, note_codes.PITCHES)
    register = self._track(past, slot)[..., 2]
    pitched = around(self.intervals(z), last_pitch)
    pitched += around(self.registers(z), register)
    gates = self.chroma_gates(z)
    tones = [chroma[..., :12], chroma[..., 12:], history, chord, root]
    each = jnp.einsum('bsg,bsgc->bsc', gates, jnp.stack(tones, axis=-2))
    each += above(self.key_degrees(z), (at.key - 1) % 12, at.key > 0)
    each += above(self.chord_degrees(z), root.argmax(-1), root.any(-1))
    pitched += jnp.tile(each, (1, 1, 11))[..., :128]
    logits += jnp.concatenate([pitched, jnp.zeros_like(pitched)], axis=-1)
    return jnp.where(possible_rows.pitches(at, place, slot), logits, _NEVER)

  def _chord_tones(self, at, place):
    """The tones of the chord at a position, and its root: [B, S, 12] each."""
    half = 2 * place >= at.bar_steps
    chord = jnp.where(half, at.chords[..., 1], at.chords[..., 0])
    tones = jnp.asarray(rows.chord_tones(), jnp.float32)[chord]
    root = jax.nn.one_hot((chord - 1) % 12, 12) * (chord > 0)[..., None]
    return tones, root

  def _performed(self, past, row):
    """The same note in earlier bars, and the last one of its slot.

    Returns:
      `Found`; the code of the last note, [B, S]; slot and pitch below 256.
    """
    slot = jnp.clip(row.second, 0, rows.SLOTS - 1)
    pitch = jnp.clip(row.third, 0, 127) + 128 * (slot == 0)
    code = note_codes.of_pitch(row.place, slot, pitch)
    found = past.lookup.next(past.notes, code, self.layout)
    is_same = found.is_note & (found.pitch == pitch[..., None])
    is_same &= found.slot == slot[..., None]
    is_same &= found.position == row.place[..., None]
    last = past.sounding.last(past.notes, slot)[..., 0]
    return found, is_same, last, slot, pitch

  def _duration(self, h, past, row, masks=_NO_MASKS):
    found, is_same, last, slot, pitch = self._performed(past, row)
    size = len(self.layout.durations)
    last_value = jnp.where(last >= 0, note_codes.performed(last)[0], size)
    index = jnp.where(is_same, found.duration, size)
    return self._like_before('duration', size, index, last_value)(
      h,
      masks,
      place=(self.depth, row.place),
      pitch=(note_codes.PITCHES, pitch),
      **self._instrument(past, slot),
    )

  def _velocity(self, h, past, row, masks=_NO_MASKS):
    found, is_same, last, slot, pitch = self._performed(past, row)
    size = rows.VELOCITIES
    last_value = jnp.where(last >= 0, note_codes.performed(last)[1], size)
    index = jnp.where(is_same, found.velocity, size)
    durations = len(self.layout.durations)
    return self._like_before('velocity', size, index, last_value)(
      h,
      masks,
      place=(self.depth, row.place),
      pitch=(note_codes.PITCHES, pitch),
      duration=(durations, jnp.where(slot == 0, -1, row.fourth)),
      **self._instrument(past, slot),
    )

  def _like_before(self, name, size, index, last):
    """Logits of an attribute with gates to earlier values and to the last."""

    def logits(h, masks, **given):
      backs = {f'back_{k}': (size + 1, index[..., k]) for k in range(len(BACK))}
      made, z = self.factors[name](
        h, masks.get(name), last=(size + 1, last), **given, **backs
      )
      all_BxSxK = jnp.concatenate([index, last[..., None]], axis=-1)
      return made + pointed(self.gates[name](z), all_BxSxK, size)

    return logits

  def _meter(self, h, past, row, masks=_NO_MASKS):
    steps = past.now.bar_steps
    size = self.layout.positions + 1
    logits, _ = self.factors['meter'](
      h, masks.get('meter'), steps=(size, steps)
    )
    whole = jnp.asarray(self.layout.bar_steps > 0).at[0].set(True)
    return jnp.where(whole, logits, _NEVER)

  def _tempo(self, h, past, row, masks=_NO_MASKS):
    size = len(rows.METERS) + 1
    return self.factors['tempo'](
      h, masks.get('tempo'), meter=(size, row.second)
    )[0]

  def _first_chord(self, h, past, row, masks=_NO_MASKS):
    return self._chord('first_chord', h, past, row, 0, masks)

  def _last_chord(self, h, past, row, masks=_NO_MASKS):
    return self._chord('last_chord', h, past, row, 1, masks)

  def _chord(self, name, h, past, row, half, masks):
    """Logits of a chord, with gates to those of earlier bars and to the last."""
    at, notes = past.now, past.notes
    last = at.chords[..., 1] if half == 0 else row.fourth
    last = jnp.where((at.bar < 0) & (half == 0), rows.CHORDS, last)
    earlier = []
    for back in BACK:
      bar = at.bar + 1 - back
      one = bar_memory.at_bars(notes.chords, jnp.maximum(bar, 0))[..., half]
      earlier.append(jnp.where(bar >= 0, one, rows.CHORDS))
    index = jnp.stack([*earlier, last], axis=-1)
    tables = {
      f'back_{k}': (rows.CHORDS + 1, index[..., k]) for k in range(len(BACK))
    }
    logits, z = self.factors[name](
      h,
      masks.get(name),
      numbers=bar_memory.history(notes, at),
      last=(rows.CHORDS + 1, last),
      meter=(len(rows.METERS) + 1, row.second),
      key=(rows.KEYS, at.key),
      **tables,
    )
    logits += pointed(self.gates[name](z), index, rows.CHORDS)
    # The same chords of the scale in all keys.
    relative = self.chord_of_key[name](z)
    roots = relative[..., 1:].reshape(*relative.shape[:-1], -1, 12)
    tonic = ((at.key - 1) % 12)[..., None, None]
    moved = (jnp.arange(12) - tonic) % 12
    moved = jnp.broadcast_to(moved, roots.shape)
    roots = jnp.take_along_axis(roots, moved, axis=-1)
    roots = roots.reshape(*relative.shape[:-1], -1)
    return logits + jnp.concatenate([relative[..., :1], roots], axis=-1)

  def _key(self, h, past, row, masks=_NO_MASKS):
    return self.factors['key'](h, masks.get('key'))[0]

  def _program(self, h, past, row, masks=_NO_MASKS):
    given = {'slot': (rows.SLOTS, row.second)}
    return self.factors['program'](h, masks.get('program'), **given)[0]

  def _register(self, h, past, row, masks=_NO_MASKS):
    return self.factors['register'](
      h,
      masks.get('register'),
      slot=(rows.SLOTS, row.second),
      program=(128, row.third),
    )[0]

  def _polyphony(self, h, past, row, masks=_NO_MASKS):
    return self.factors['polyphony'](
      h,
      masks.get('polyphony'),
      slot=(rows.SLOTS, row.second),
      program=(128, row.third),
      register=(32, row.fourth // 4),
    )[0]


def _of_kind(kinds, names, each):
  """The logits of the attribute that each row has: [B, S, the largest size].

  Where a row has none its value is 0.
  """
  size = max(logits.shape[-1] for logits in each.values())
  found = jnp.where(jnp.arange(size) == 0, 0.0, _NEVER)
  for kind, name in zip(kinds, names):
    if name is not None:
      pad = (0, 0), (0, 0), (0, size - each[name].shape[-1])
      logits = jnp.pad(each[name], pad, constant_values=_NEVER)
      found = jnp.where(kind[..., None], logits, found)
  return found
