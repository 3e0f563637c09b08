"""Candidates of phrases: the best end goes on, whatever the batch."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.models.candidates import (
  ENDING,
  FAULT,
  HALF_LIFE,
  KEY,
  LENGTH_PENALTY,
  num_out_of_range,
  num_parallels,
)
from musiczoo.music import annotations, harmony
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.sampling.generate import piece_keys, with_candidates
from tests import families

# The upper voice does not sing the lowest pitch, nor the lower one the highest.
RANGES = ((2, 5), (1, 4))
SPEC = Spec('voices', 6, (2,), steps_per_quarter=1, ranges=RANGES)
STEPS, PIECES, NUMBER = 12, 3, 5


NETS = {
  'gru': {'hidden': 9, 'layers': 2},
  'cnn': {'hidden': 9, 'layers': 2, 'kernel': 2},
}


@functools.cache
def model(family):
  """A tiny model that is conditioned on phrases, and its parameters."""
  columns = annotations.columns(('position', 'phrases'))
  more = {'conditioning': Conditioning(columns, 3)}
  head = HEADS['voices'](6, voices=2, features=3, hidden=5, intervals=True)
  made = families.make(family, SPEC, head, more, **NETS[family])
  batch = {
    'x': np.zeros((1, 4, 2), np.int32),
    'cond': np.zeros((1, 4, len(annotations.COLUMNS)), np.int32),
  }
  return made, made.init(jax.random.key(0), batch)


def conditions(ends):
  table = np.zeros((STEPS, len(annotations.COLUMNS)), np.int32)
  annotations.set_form(table, 1, 4, np.array(ends))
  return table


def sampled(keys, ends, length=STEPS, family='gru'):
  made, params = model(family)
  cond = np.stack([conditions(ends)] * keys.shape[0])
  sample = jax.jit(made.sample, static_argnums=2)
  return np.asarray(sample(params, keys, length, Controls(cond=cond)))


def log_probs(x, ends, family):
  """Log probability in nats of each step of pieces x: [N, T]."""
  made, params = model(family)
  cond = np.stack([conditions(ends)[: x.shape[1]]] * len(x))

  def upto(t):
    mask = np.zeros(x.shape[:2], np.float32)
    mask[:, t] = 1
    batch = {'x': x, 'cond': cond, 'mask': mask, 'row': np.arange(len(x))}

    def one(row):
      batch = jax.tree.map(lambda a: a[None], row)
      rng = jax.random.key(0)
      return made.loss(params, batch, rng, step=0, train=False)[0]['nll']

    return -np.asarray(jax.vmap(one)(jax.tree.map(jnp.asarray, batch)))

  return np.stack([upto(t) for t in range(x.shape[1])], axis=1)


def scores(x, ends, first, family, *, closes):
  """What candidates are compared by, of pieces x [N, T] from step `first` on."""
  log_p = log_probs(x, ends, family)[:, first:].sum(1)
  steps = np.maximum((x[:, first:] % 2 == 1).any(-1).sum(1), 1)
  faults = [
    # All since the choice after the first step.
    np.sum(num_parallels(piece[1:] // 2, piece[:-1] // 2))
    + np.sum(num_out_of_range(piece[first > 0 :], SPEC))
    for piece in x
  ]
  own = np.array([key(piece, closes) for piece in x])
  mean = log_p / steps * (4 / steps) ** (LENGTH_PENALTY - 1)
  return mean + KEY * own - FAULT * np.array(faults)


def key(piece, closes):
  """The correlation of a piece with the key of its first or its last bass."""
  chords = [{*(row // 2).tolist()} - {0} for row in piece]
  sounding = [chord for chord in chords if chord]
  if not sounding or (closes and not chords[-1]):
    return 0.0
  tonic = min(chords[-1] if closes else sounding[0])
  chroma = np.zeros(12)
  for age, chord in enumerate(reversed(chords)):
    for pitch in chord:
      chroma[(pitch - tonic) % 12] += 0.5 ** (age / HALF_LIFE)
  return max(np.corrcoef(chroma, harmony.KEYS[i])[0, 1] for i in (0, 12))


@pytest.mark.parametrize('family', NETS)
def test_the_best_opening_and_end_of_a_phrase_are_kept(family):
  keys, each = with_candidates(piece_keys(0, PIECES), NUMBER), range(NUMBER)
  openings = [sampled(keys[:, k], (1,), 1, family) for k in each]
  score = np.stack(
    [scores(x, (1,), 0, family, closes=False) for x in openings], 1
  )
  best = np.stack(openings, 1)[np.arange(PIECES), score.argmax(1)]
  whole = sampled(keys, (STEPS,), family=family)
  np.testing.assert_array_equal(whole[:, :1], best)
  # No other candidate that begins like this has a better end.
  alone = [sampled_after(keys[:, k], whole[:, :1], family) for k in each]
  first = STEPS - ENDING
  score = np.stack(
    [scores(x, (STEPS,), first, family, closes=True) for x in alone], 1
  )
  chosen = np.stack(alone, 1)[np.arange(PIECES), score.argmax(1)]
  np.testing.assert_array_equal(whole, chosen)
  assert len({*score.argmax(1).tolist()}) > 1


def sampled_after(keys, opening, family):
  """Pieces of one phrase that begin as given."""
  made, params = model(family)
  given = np.zeros((len(opening), STEPS, 2), np.int32)
  given[:, :1] = opening
  known = np.zeros((STEPS, 2), bool)
  known[:1] = True
  cond = np.stack([conditions((STEPS,))] * len(opening))
  controls = Controls(cond=cond, given=given, known=known)
  sample = jax.jit(made.sample, static_argnums=2)
  return np.asarray(sample(params, keys, STEPS, controls))


@pytest.mark.parametrize('family', NETS)
def test_later_phrases_go_on_from_the_one_that_is_kept(family):
  """A phrase is the same whatever comes after it, but for the last."""
  keys = with_candidates(piece_keys(1, PIECES), NUMBER)
  whole = sampled(keys, (5, 9, STEPS), family=family)
  first = sampled(keys, (5, STEPS), family=family)
  np.testing.assert_array_equal(whole[:, :5], first[:, :5])
  middle = sampled(keys, (5, 9, 10, STEPS), family=family)
  np.testing.assert_array_equal(whole[:, :9], middle[:, :9])
  assert (whole != middle).any()


def test_pieces_do_not_depend_on_the_batch():
  keys = with_candidates(piece_keys(2, PIECES), NUMBER)
  ends = (5, STEPS)
  whole = sampled(keys, ends)
  for piece in range(PIECES):
    alone = sampled(keys[piece : piece + 1], ends)
    np.testing.assert_array_equal(whole[piece : piece + 1], alone)


def test_one_candidate_is_plain_sampling():
  keys = piece_keys(3, PIECES)
  assert with_candidates(keys, 1) is keys
  np.testing.assert_array_equal(
    sampled(keys[:, None], (5, STEPS)), sampled(keys, (5, STEPS))
  )


@pytest.mark.parametrize(
  'before,now,number',
  [
    ((20, 13), (22, 15), 1),  # Fifths.
    ((25, 13), (27, 15), 1),  # Octaves.
    ((32, 13), (34, 15), 1),  # Twelfths.
    ((20, 13), (22, 16), 0),  # A fifth, then a tritone.
    ((20, 13), (20, 13), 0),  # Neither moves.
    ((20, 13), (8, 13), 0),  # One moves.
    ((20, 13), (27, 8), 0),  # In contrary motion.
    ((0, 13), (22, 15), 0),  # After a rest.
    ((32, 20, 13), (34, 22, 15), 3),  # Of all pairs.
  ],
)
def test_parallels_are_counted(before, now, number):
  now, before = (np.array([a], np.uint8) for a in (now, before))
  assert num_parallels(now, before).tolist() == [number]


@pytest.mark.parametrize(
  'now,number',
  [
    ((5, 3), 0),
    ((3, 3), 1),  # Too low for the upper voice.
    ((3, 11), 2),  # And too high for the lower one.
    ((2, 3), 0),  # It goes on.
    ((0, 0), 0),  # Rests.
  ],
)
def test_notes_out_of_range_are_counted(now, number):
  now = np.array([now], np.uint8)
  assert num_out_of_range(now, SPEC).tolist() == [number]
  assert num_out_of_range(now, SPEC._replace(ranges=())).tolist() == [0]
