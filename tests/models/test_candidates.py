"""Candidates of phrases: the likeliest end goes on, whatever the batch."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.models.candidates import ENDING
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.sampling.generate import piece_keys, with_candidates
from tests import families

SPEC = Spec('voices', 6, (2,), steps_per_quarter=1)
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


def means(x, ends, first, family):
  """Log probability per step at which a note begins, from step `first` on."""
  log_p = log_probs(x, ends, family)[:, first:].sum(1)
  return log_p / np.maximum((x[:, first:] % 2 == 1).any(-1).sum(1), 1)


@pytest.mark.parametrize('family', NETS)
def test_the_likeliest_opening_and_end_of_a_phrase_are_kept(family):
  keys, each = with_candidates(piece_keys(0, PIECES), NUMBER), range(NUMBER)
  openings = [sampled(keys[:, k], (1,), 1, family) for k in each]
  score = np.stack([means(x, (1,), 0, family) for x in openings], 1)
  best = np.stack(openings, 1)[np.arange(PIECES), score.argmax(1)]
  whole = sampled(keys, (STEPS,), family=family)
  np.testing.assert_array_equal(whole[:, :1], best)
  # No other candidate that begins like this has a likelier end.
  alone = [sampled_after(keys[:, k], whole[:, :1], family) for k in each]
  first = STEPS - ENDING
  score = np.stack([means(x, (STEPS,), first, family) for x in alone], 1)
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
  """The first phrase is that of a piece of one phrase; so is its end."""
  keys = with_candidates(piece_keys(1, PIECES), NUMBER)
  whole = sampled(keys, (5, 9, STEPS), family=family)
  first = sampled(keys, (5,), 5, family)
  np.testing.assert_array_equal(whole[:, :5], first)
  middle = sampled(keys, (5, 9), 9, family)
  np.testing.assert_array_equal(whole[:, :9], middle)


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
