"""Rules of voice leading: what is masked breaks a rule, and nothing else."""

import jax.numpy as jnp
import numpy as np
import pytest

from musiczoo.nn.heads import rules

DEPTH = 40


def allowed(names, v, decided, prev):
  """The symbols of voice v that are allowed, as a set."""
  logits = jnp.zeros((1, DEPTH))
  others = {u: np.array([s]) for u, s in decided.items()}
  forbidden = np.array([name in names for name in rules.RULES])
  found = rules.forbid(logits, forbidden, v, others, np.array([prev]))
  return set(np.flatnonzero(np.isfinite(found[0])).tolist())


ALL = set(range(DEPTH))


@pytest.mark.parametrize(
  'name,v,decided,prev,forbidden',
  [
    # From a fifth, and the voice above moves up by two: no fifth again.
    ('parallels', 1, {0: 22}, [20, 13, 0, 0], {15, 29}),
    # With a lower voice that is decided already.
    ('parallels', 1, {3: 10}, [0, 15, 0, 8], {17, 29}),
    # From an octave: none again, be it a unison or two.
    ('parallels', 1, {0: 27}, [25, 13, 0, 0], {15, 27, 39}),
    ('parallels', 1, {0: 39}, [37, 25, 0, 0], {27, 39}),
    # The other voice stays, or there was a rest, or contrary motion.
    ('parallels', 1, {0: 20}, [20, 13, 0, 0], set()),
    ('parallels', 1, {0: 22}, [20, 0, 0, 0], set()),
    ('parallels', 1, {0: 0}, [20, 13, 0, 0], set()),
    ('crossings', 1, {0: 20}, [0, 0, 0, 0], set(range(21, DEPTH))),
    (
      'crossings',
      2,
      {0: 20, 3: 9},
      [0, 0, 0, 0],
      ALL - {0} - set(range(9, 21)),
    ),
    ('leaps', 0, {}, [20, 0, 0, 0], ALL - {0} - set(range(8, 33))),
    # Beyond what the voice above has left.
    ('overlaps', 1, {0: 25}, [20, 13, 0, 0], set(range(21, DEPTH))),
    # Or below what the voice below has.
    ('overlaps', 0, {}, [20, 13, 0, 0], set(range(1, 13))),
    ('spacing', 1, {0: 30}, [0, 0, 0, 0], set(range(1, 18))),
    # The bass may be far from the tenor.
    ('spacing', 2, {0: 38, 3: 2}, [0, 0, 0, 0], set()),
    ('spacing', 3, {0: 30, 1: 29, 2: 28}, [0, 0, 0, 0], set()),
  ],
)
def test_a_rule(name, v, decided, prev, forbidden):
  assert allowed({name}, v, decided, prev) == ALL - forbidden


def test_the_last_rule_is_relaxed_first():
  # The voice above crossed down to 5: below it everything is a leap from 30.
  rules_of = lambda *names: allowed(names, 1, {0: 5}, [28, 30, 0, 0])
  assert rules_of('crossings', 'leaps') == set(range(6))
  assert rules_of('leaps') == {0, *range(18, DEPTH)}


def test_no_rule_is_no_mask():
  assert allowed((), 1, {0: 22}, [20, 13, 0, 0]) == ALL
