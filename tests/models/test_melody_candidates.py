"""Candidates of melodies: the first that closes on the tonic goes on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.models.autoregressive import CLOSING
from musiczoo.models.melody_candidates import MelodyCandidates
from musiczoo.music import annotations
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import Controls, HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.sampling import checks
from musiczoo.sampling.generate import piece_keys, with_candidates
from tests import configs, families

GRID, BAR = 2, 4  # Steps of a quarter note and of a bar of 2/4.
SPEC = REPRESENTATIONS['melody'](steps_per_quarter=GRID, low=60, high=71).spec
TONIC = 2  # D.
CLOSES, LEADS, RESTS = 2 * 3 + 1, 2 * 5 + 1, 0  # Tokens: D, E and a rest.
STEPS = 16 * BAR


def conditions(steps, key=1 + TONIC, bar=BAR):
  table = np.zeros((steps, len(annotations.COLUMNS)), np.int32)
  table[:, annotations.POSITION] = 1 + np.arange(steps) % bar
  annotations.set_form(table, GRID, bar, np.zeros(0, int))
  table[:, annotations.KEY] = key
  return table


def choose(tokens_KxT, length, key=1 + TONIC, bar=BAR):
  """The candidate and whether there was a choice, at each step: [T], [T]."""
  group = MelodyCandidates(1, len(tokens_KxT))
  tally, cond = group.tally(), conditions(length, key, bar)
  found = []
  for t, x_K in enumerate(np.transpose(tokens_KxT)):
    rows = jnp.asarray(np.repeat(cond[t : t + 1], len(x_K), axis=0))
    given = None, jnp.asarray(x_K), None, rows, t, length, SPEC
    _, tally, (best, ends) = group.select(tally, *given)
    found.append((int(best[0]), bool(ends[0])))
  return tuple(np.transpose(found))


def eight_bars(middle, last):
  """Eight bars whose last one has a note in its middle and another at its end."""
  return [LEADS] * 28 + [LEADS, LEADS, middle, last]


@pytest.mark.parametrize('bar', [3, 4, 7])
def test_a_choice_is_made_each_eight_bars_and_at_the_end(bar):
  steps = 16 * bar + 2
  _, ends = choose([[LEADS] * steps] * 2, steps, bar=bar)
  assert np.flatnonzero(ends).tolist() == [8 * bar - 1, 16 * bar - 1, steps - 1]


@pytest.mark.parametrize(
  'closing,chosen',
  [
    ([LEADS, CLOSES, CLOSES], 1),
    ([LEADS, LEADS, CLOSES], 2),
    ([LEADS, LEADS, LEADS], 0),
    ([CLOSES, LEADS, CLOSES], 0),
    # What sounded before a rest is what it closed on.
    ([LEADS, RESTS, CLOSES], 2),
  ],
)
def test_the_first_that_closes_by_the_middle_of_the_bar_is_kept(
  closing, chosen
):
  rows = [eight_bars(middle, LEADS) for middle in closing]
  best, _ = choose(rows, STEPS)
  assert best[-1] == chosen


def test_what_leads_on_counts_only_at_the_end_of_the_piece():
  rows = [eight_bars(CLOSES, LEADS), eight_bars(LEADS, CLOSES)]
  within, _ = choose(rows, STEPS)
  at_end, _ = choose(rows, 32)
  assert within[-1] == 0 and at_end[-1] == 1


def test_without_a_key_the_first_is_kept():
  best, _ = choose([eight_bars(LEADS, LEADS), eight_bars(CLOSES, LEADS)], 64, 0)
  assert best[-1] == 0


def model():
  columns = annotations.columns(CLOSING)
  more = {'conditioning': Conditioning(columns, 3)}
  head = HEADS['categorical'](SPEC.depth, features=3)
  options = {'hidden': 9, 'layers': 1, 'look_back': 2, 'degrees': 2}
  made = families.make('gru', SPEC, head, more, **options)
  cond = conditions(STEPS)[None]
  batch = {'x': np.zeros((1, STEPS), np.int32), 'cond': cond}
  return made, made.init(jax.random.key(0), batch)


def sampled(num, number):
  made, params = model()
  keys = with_candidates(piece_keys(0, num), number)
  cond = np.stack([conditions(STEPS)] * num)
  sample = jax.jit(made.sample, static_argnums=2)
  return np.asarray(sample(params, keys, STEPS, Controls(cond=cond)))


def share_closing(x_NxT):
  x_N = x_NxT[:, -1]
  return np.mean((x_N // 2 > 0) & ((x_N // 2 - 1) % 12 == TONIC))


def test_more_pieces_close_and_each_depends_on_its_own_candidates_alone():
  first, best = sampled(40, 1), sampled(40, 16)
  assert share_closing(first) < 0.1 < 0.4 < share_closing(best)
  np.testing.assert_array_equal(sampled(3, 16), best[:3])


def test_only_melodies_of_a_known_key_and_form_have_candidates():
  plain = configs.load('tunes.py:lstm', [('model.degrees', '0')])
  assert checks.check_candidates(build.pipeline(plain), 3) == 3
  no_key = [
    ('model.degrees', '0'),
    ('conditions.columns', 'position,meter,bar'),
    ('conditions.styles', ''),
    ('sampling.phrase_candidates', '1'),
  ]
  unknown = build.pipeline(configs.load('tunes.py:lstm', no_key))
  with pytest.raises(UserError, match='--phrase_candidates cannot'):
    checks.check_candidates(unknown, 3)
