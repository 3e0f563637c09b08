"""What is looked up in earlier bars, beside a search by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.music.compound_rows import LAGS, Layout, NEW
from musiczoo.nn import bar_memory, bar_notes, note_codes
from musiczoo.nn.bar_memory import BACK
from musiczoo.representations import compound_decoder
from musiczoo.representations.compound import compound
from tests.models.test_compound_net import song

LAYOUT = Layout(4)


@jax.jit
def look_up(x):
  x = jnp.asarray(x)
  notes = bar_notes.read(x[None], LAYOUT)
  past = bar_memory.past(x[None], notes, jnp.arange(len(x)), LAYOUT)
  found = past.lookup.next(notes, past.now.code + 1, LAYOUT)
  chroma = past.sounding.chroma(notes, jnp.maximum(x[None, :, 0], 0))
  return past.now, found, chroma, notes


def looked_up(x):
  return jax.device_get(look_up(x))


@pytest.fixture(scope='module')
def case():
  x = compound(steps_per_quarter=4).encode(song(bars=10)).astype(np.int32)
  return x, looked_up(x), compound_decoder.read_bars(x, LAYOUT)


def test_bars_begin_where_the_decoder_says(case):
  x, (now, _, _, notes), bars = case
  np.testing.assert_array_equal(
    notes.starts[0, : len(bars.starts)], bars.starts
  )
  np.testing.assert_array_equal(
    now.bar[0, 1:], np.cumsum(x[:, 0] == LAYOUT.bar)[:-1] - 1
  )


def test_the_next_note_of_an_earlier_bar_is_found(case):
  x, (now, found, _, _), bars = case
  checked = 0
  for row in range(1, len(x)):
    bar = int(now.bar[0, row])
    position, slot, pitch = note_codes.fields(now.code[0, row])
    after = int(position), int(slot), int(pitch) % 128
    new = set(range(16))
    if x[row - 1, 0] < LAYOUT.positions or x[row - 1, 0] == LAYOUT.plan:
      new = set(np.flatnonzero(now.new[0, row]).tolist())
    for k, back in enumerate(BACK):
      if bar < back:
        assert found.position[0, row, k] == LAYOUT.positions + 1
        continue
      earlier = bars.notes[bars.notes[:, 0] == bar - back]
      later = [
        tuple(n[1:4])
        for n in earlier.tolist()
        if tuple(n[1:4]) > after and n[2] in new
      ]
      if not later:
        assert found.position[0, row, k] == LAYOUT.positions
        continue
      place = found.position[0, row, k], found.slot[0, row, k]
      assert (*place, found.pitch[0, row, k] % 128) == min(later)
      checked += 1
  assert checked > 50


def test_what_sounds_is_what_the_decoder_plays(case):
  x, (now, _, chroma, _), bars = case
  bar, position, slot, pitch, duration, _ = bars.notes.T
  onset = bars.starts[bar] + position
  end = onset + LAYOUT.durations[duration]
  # At the end of a bar, of which all notes but those of this position are past.
  checked = 0
  for row in np.flatnonzero(x[:, 0] < LAYOUT.positions):
    step = bars.starts[now.bar[0, row]] + x[row, 0]
    # Notes of this position count once they are written: leave them out.
    if (onset == step).any() and x[row - 1, 0] == x[row, 0]:
      continue
    written = (onset < step) & (end > step) & (slot > 0)
    is_near = bar >= now.bar[0, row] - bar_memory.SUSTAIN
    expected = np.zeros(12)
    expected[pitch[written & is_near] % 12] = 1
    own = chroma[0, row, :12]
    assert (own >= expected).all()
    checked += 1
  assert checked > 10


def test_copies_of_copies_are_played():
  x = np.array(
    [
      [LAYOUT.key, 1, 0, 0, 0],
      [LAYOUT.track, 1, 0, 60, 0],
      [LAYOUT.bar, 0, 0, 0, 0],
      [LAYOUT.plan, 1, NEW, 0, 0],
      [0, 1, 60, 3, 8],
      [LAYOUT.bar, 0, 0, 0, 0],
      [LAYOUT.plan, 1, 1 + LAGS.index(1), 0, 0],
      [LAYOUT.bar, 0, 0, 0, 0],
      [LAYOUT.plan, 1, 1 + LAGS.index(1), 0, 0],
      [LAYOUT.bar, 0, 0, 0, 0],
      [LAYOUT.plan, 1, NEW, 0, 0],
      [LAYOUT.end, 0, 0, 0, 0],
    ],
    np.int32,
  )
  notes = jax.device_get(bar_notes.read(x[None], LAYOUT))
  np.testing.assert_array_equal(notes.source[0, :4, 1], [0, 0, 0, 3])
  _, found, _, _ = looked_up(x)
  np.testing.assert_array_equal(found.pitch[0, -1], [60, 60, 256, 256, 256])
