"""Batches: pure functions of two integers, and every step has its turn."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from musiczoo.data.batches import make_batch_at
from musiczoo.data.eval_batches import eval_batches, padded_length
from musiczoo.data.pieces import pack
from musiczoo.errors import UserError
from musiczoo.representations import Representation


def augment(**changes):
  return Representation(None, None, None, None, **changes)


def pieces(lengths):
  """Piece i, step t has the value 1000 i + t + 1: never zero."""
  return pack([1000 * i + np.arange(1, n + 1) for i, n in enumerate(lengths)])


@given(
  lengths=st.lists(st.integers(1, 40), min_size=4, max_size=9),
  window=st.integers(1, 20),
  seed=st.integers(0, 2**31),
  step=st.integers(0, 2**31),
)
def test_a_window_is_a_piece_of_one_piece(lengths, window, seed, step):
  packed = pieces(lengths)
  batch_at = make_batch_at(packed, batch_size=4, window=window)
  batch, again = batch_at(seed, step), batch_at(seed, step)
  for name in batch:
    np.testing.assert_array_equal(batch[name], again[name])
  assert batch['row'].tolist() == [0, 1, 2, 3]
  for x, mask in zip(batch['x'], batch['mask']):
    real = x[x > 0]
    index, first = divmod(int(real[0]) - 1, 1000)
    assert len(real) == min(window, lengths[index])
    np.testing.assert_array_equal(real, real[0] + np.arange(len(real)))
    # Only a step whose past is in the window, or that has none, counts.
    expected = (np.arange(window) < len(real)) & (
      (np.arange(window) > 0) | (first == 0)
    )
    np.testing.assert_array_equal(mask, expected)


def test_other_steps_and_seeds_give_other_batches():
  batch_at = make_batch_at(pieces([500] * 4), batch_size=4, window=8)
  seen = {batch_at(s, t)['x'].tobytes() for s in range(4) for t in range(4)}
  assert len(seen) == 16


def test_every_step_of_every_piece_is_drawn():
  lengths = [3, 30, 11, 8]
  batch_at = make_batch_at(pieces(lengths), batch_size=4, window=8)
  drawn = set()
  for step in range(400):
    batch = batch_at(0, step)
    drawn |= set(batch['x'][batch['mask'] > 0].tolist())
  assert len(drawn) == sum(lengths)


def test_short_pieces_weigh_by_their_steps_too():
  lengths = [2, 8, 16, 100]
  batch_at = make_batch_at(pieces(lengths), batch_size=4, window=16)
  drawn = np.zeros(4)
  for step in range(2000):
    for x in batch_at(0, step)['x']:
      drawn[int(x[0]) // 1000] += np.count_nonzero(x)
  share = drawn / drawn.sum()
  np.testing.assert_allclose(share, np.divide(lengths, sum(lengths)), rtol=0.1)


def test_transposed_to_every_key_in_range():
  batch_at = make_batch_at(
    pieces([5] * 4),
    batch_size=4,
    window=5,
    augment=augment(
      transpose=lambda x, semitones: x + 100 * semitones,
      transpose_range=lambda x: (2, 9),
    ),
  )
  first = np.ravel([batch_at(0, s)['x'][:, 0] for s in range(200)])
  # There is room for 2 down and 9 up, but 5 up is as far as a new key goes.
  assert set(((first - 1 + 200) % 1000 // 100 - 2).tolist()) == set(
    range(-2, 6)
  )


def test_every_row_has_a_tempo_and_velocity_of_its_own():
  seen = []

  def vary(x, tempo, velocity):
    seen.append((tempo, velocity))
    return -x

  batches = [
    make_batch_at(pieces([50] * 4), batch_size=4, window=9, **more)
    for more in ({}, {'augment': augment(augment_performance=vary)})
  ]
  for step in range(100):
    plain, varied = (batch_at(7, step) for batch_at in batches)
    # All but what is varied stays as it was.
    np.testing.assert_array_equal(varied['x'], -plain['x'])
    np.testing.assert_array_equal(varied['mask'], plain['mask'])
  tempo, velocity = np.array(seen).T
  assert len(set(tempo)) == 400
  assert 0.9 <= tempo.min() < 0.905 and 1.095 < tempo.max() <= 1.1
  assert set(velocity) == set(range(-16, 17))
  before, seen = list(seen), []
  batches[1](7, 99)
  assert seen == before[-4:]


@given(
  lengths=st.lists(st.integers(1, 300), min_size=1, max_size=20),
  batch_size=st.integers(1, 6),
)
def test_whole_pieces_come_once_and_whole(lengths, batch_size):
  packed = pieces(lengths)
  seen = []
  for batch in eval_batches(packed, batch_size):
    assert batch['x'].shape == batch['mask'].shape
    for x, mask, index in zip(batch['x'], batch['mask'], batch['piece']):
      real = x[mask > 0]
      if index < 0:
        assert not len(real)
        continue
      np.testing.assert_array_equal(real, packed.x[index])
      seen.append(int(index))
  assert sorted(seen) == list(range(len(lengths)))


def test_long_pieces_come_in_smaller_batches(monkeypatch):
  monkeypatch.setattr('musiczoo.data.eval_batches.MAX_STEPS', 1000)
  packed = pieces([10] * 7 + [300] * 3 + [2000])
  batches = list(eval_batches(packed, 7, multiple=2))
  assert all(len(b['x']) % 2 == 0 for b in batches)
  assert all(b['x'].size <= 1000 or len(b['x']) == 2 for b in batches)
  seen = np.concatenate([b['piece'] for b in batches])
  assert sorted(seen[seen >= 0].tolist()) == list(range(11))


def test_wide_steps_come_in_smaller_batches(monkeypatch):
  monkeypatch.setattr('musiczoo.data.eval_batches.MAX_NUMBERS', 64 * 5 * 4)
  packed = pack([np.zeros((10, 5), np.uint8)] * 7)
  assert [len(b['x']) for b in eval_batches(packed, 16)] == [4, 4]


@given(st.integers(1, 10**6))
def test_padding_is_at_most_half(length):
  padded = padded_length(length)
  assert length <= padded <= max(64, 1.5 * length)


def test_one_piece_fills_a_batch():
  batch = make_batch_at(pieces([9]), batch_size=4, window=8)(0, 0)
  assert (batch['x'] > 0).any(axis=1).all()


def test_a_corpus_of_silence_is_refused():
  with pytest.raises(UserError, match='no piece has a single step'):
    pack([np.zeros((0, 4), np.uint8)])
