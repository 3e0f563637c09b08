"""Rules of voice leading: what is masked breaks a rule, and nothing else."""

import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.nn.heads import rules

DEPTH = 40


def allowed(names, v, above, prev):
  """The symbols of voice v that are allowed, as a set."""
  logits = jnp.zeros((1, DEPTH))
  s = np.zeros((1, 4), np.int32)
  s[0, : len(above)] = above
  forbidden = np.array([name in names for name in rules.RULES])
  found = rules.forbid(logits, forbidden, v, s, np.array([prev]))
  return set(np.flatnonzero(np.isfinite(found[0])).tolist())


ALL = set(range(DEPTH))


@pytest.mark.parametrize(
  'name,v,above,prev,forbidden',
  [
    # From a fifth, and the voice above moves up by two: no fifth again.
    ('parallels', 1, [22], [20, 13, 0, 0], {15, 29}),
    # From an octave: none again, be it a unison or two.
    ('parallels', 1, [27], [25, 13, 0, 0], {15, 27, 39}),
    ('parallels', 1, [39], [37, 25, 0, 0], {27, 39}),
    # The lower voice stays, or there was a rest, or contrary motion.
    ('parallels', 1, [20], [20, 13, 0, 0], set()),
    ('parallels', 1, [22], [20, 0, 0, 0], set()),
    ('parallels', 1, [0], [20, 13, 0, 0], set()),
    ('crossings', 1, [20], [0, 0, 0, 0], set(range(21, DEPTH))),
    ('crossings', 2, [20, 12], [0, 0, 0, 0], set(range(13, DEPTH))),
    ('leaps', 0, [], [20, 0, 0, 0], ALL - {0} - set(range(8, 33))),
    # Beyond what the voice above has left.
    ('overlaps', 1, [25], [20, 13, 0, 0], set(range(21, DEPTH))),
    # Or below what the voice below has.
    ('overlaps', 0, [], [20, 13, 0, 0], set(range(1, 13))),
    ('spacing', 1, [30], [0, 0, 0, 0], set(range(1, 18))),
    ('spacing', 3, [30, 29, 28], [0, 0, 0, 0], set()),
  ],
)
def test_a_rule(name, v, above, prev, forbidden):
  assert allowed({name}, v, above, prev) == ALL - forbidden


def test_the_last_rule_is_relaxed_first():
  # The voice above crossed down to 5: below it everything is a leap from 30.
  rules_of = lambda *names: allowed(names, 1, [5], [28, 30, 0, 0])
  assert rules_of('crossings', 'leaps') == set(range(6))
  assert rules_of('leaps') == {0, *range(18, DEPTH)}


def test_no_rule_is_no_mask():
  assert allowed((), 1, [22], [20, 13, 0, 0]) == ALL
