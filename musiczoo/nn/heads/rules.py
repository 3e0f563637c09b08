"""Rules of voice leading as masks on the symbols of a voice, for sampling."""

import jax.numpy as jnp

OCTAVE = 12

# A rule: (q, s, p) -> masks of the symbols that break it; any of them does.
#   q   all symbols [D]
#   s   symbols [B, 1] of the voices above, the highest first
#   p   symbols [B, 1] of all voices at the step before; 0 is a rest


def _parallels(q, s, p):
  """A fifth or octave that moves to another, both voices the same way."""
  own = p[len(s)]
  for above, before in zip(s, p):
    moved = (q - own) * (above - before) > 0
    first, second = abs(before - own) % OCTAVE, abs(above - q) % OCTAVE
    same = (first == second) & ((first == 7) | (first == 0))
    yield moved & same & (own > 0) & (before > 0) & (above > 0)


def _crossings(q, s, p):
  """Above a voice that is written higher."""
  for above in s:
    yield (q > above) & (above > 0)


def _leaps(q, s, p):
  """More than an octave at once."""
  yield (abs(q - p[len(s)]) > OCTAVE) & (p[len(s)] > 0)


def _overlaps(q, s, p):
  """Beyond the pitch that a neighbour had at the step before."""
  v = len(s)
  if v:
    yield (q > p[v - 1]) & (p[v - 1] > 0)
  if v + 1 < len(p):
    yield q < p[v + 1]


def _spacing(q, s, p):
  """Neighbouring upper voices more than an octave apart."""
  if 0 < len(s) < len(p) - 1:
    yield (s[-1] - q > OCTAVE) & (s[-1] > 0)


# By name. Where all pitches are forbidden the last of them is relaxed first.
RULES = {
  'parallels': _parallels,
  'crossings': _crossings,
  'leaps': _leaps,
  'overlaps': _overlaps,
  'spacing': _spacing,
}


def forbid(logits_BxD, forbidden, v, s_BxV, prev_BxV):
  """Logits of voice v without the symbols that break a rule.

  Args:
    logits_BxD: of its symbols; 0 is a rest, which breaks none.
    forbidden: bool [rules], which of `RULES` hold.
    v: the voice; 0 is the highest.
    s_BxV: symbols of the voices above it.
    prev_BxV: symbols of the step before; all rests at the first step.
  """
  q = jnp.arange(logits_BxD.shape[-1])
  s = [s_BxV[:, u, None] for u in range(v)]
  p = [prev_BxV[:, u, None] for u in range(prev_BxV.shape[1])]
  allowed = jnp.ones(logits_BxD.shape, bool)
  for place, rule in enumerate(RULES.values()):
    broken = jnp.zeros(logits_BxD.shape, bool)
    for mask in rule(q, s, p):
      broken |= mask
    kept = allowed & ~(broken & (q > 0) & forbidden[place])
    # Where no pitch would be left this rule is relaxed.
    allowed = jnp.where(kept[:, 1:].any(-1, keepdims=True), kept, allowed)
  return jnp.where(allowed, logits_BxD, -jnp.inf)
