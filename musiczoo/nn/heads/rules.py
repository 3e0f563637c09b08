"""Rules of voice leading as masks on the symbols of a voice, for sampling."""

import jax.numpy as jnp

OCTAVE = 12

# A rule: (q, v, s, p) -> masks of the symbols that break it; any of them does.
#   q   all symbols [D]
#   v   the voice; 0 is the highest
#   s   {voice: symbols [B, 1]} of those that are decided
#   p   symbols [B, 1] of all voices at the step before; 0 is a rest


def _parallels(q, v, s, p):
  """A fifth or octave that moves to another, both voices the same way."""
  for u, other in s.items():
    moved = (q - p[v]) * (other - p[u]) > 0
    first, second = abs(p[u] - p[v]) % OCTAVE, abs(other - q) % OCTAVE
    same = (first == second) & ((first == 7) | (first == 0))
    yield moved & same & (p[v] > 0) & (p[u] > 0) & (other > 0)


def _crossings(q, v, s, p):
  """Above a voice that is written higher, or below one that is written lower."""
  for u, other in s.items():
    yield (q > other if u < v else q < other) & (other > 0)


def _leaps(q, v, s, p):
  """More than an octave at once."""
  yield (abs(q - p[v]) > OCTAVE) & (p[v] > 0)


def _overlaps(q, v, s, p):
  """Beyond the pitch that a neighbour had at the step before."""
  if v:
    yield (q > p[v - 1]) & (p[v - 1] > 0)
  if v + 1 < len(p):
    yield q < p[v + 1]


def _spacing(q, v, s, p):
  """Neighbouring upper voices more than an octave apart."""
  for u, other in s.items():
    if abs(u - v) == 1 and max(u, v) < len(p) - 1:
      yield (abs(other - q) > OCTAVE) & (other > 0)


# By name. Where all pitches are forbidden the last of them is relaxed first.
RULES = {
  'parallels': _parallels,
  'crossings': _crossings,
  'leaps': _leaps,
  'overlaps': _overlaps,
  'spacing': _spacing,
}


def forbid(logits_BxD, forbidden, v, others, prev_BxV):
  """Logits of voice v without the symbols that break a rule.

  Args:
    logits_BxD: of its symbols; 0 is a rest, which breaks none.
    forbidden: bool [rules], which of `RULES` hold.
    v: the voice; 0 is the highest.
    others: {voice: symbols [B]} of the voices decided before it.
    prev_BxV: symbols of the step before; all rests at the first step.
  """
  q = jnp.arange(logits_BxD.shape[-1])
  s = {u: s_B[:, None] for u, s_B in others.items()}
  p = [prev_BxV[:, u, None] for u in range(prev_BxV.shape[1])]
  allowed = jnp.ones(logits_BxD.shape, bool)
  for place, rule in enumerate(RULES.values()):
    broken = jnp.zeros(logits_BxD.shape, bool)
    for mask in rule(q, v, s, p):
      broken |= mask
    kept = allowed & ~(broken & (q > 0) & forbidden[place])
    # Where no pitch would be left this rule is relaxed.
    allowed = jnp.where(kept[:, 1:].any(-1, keepdims=True), kept, allowed)
  return jnp.where(allowed, logits_BxD, -jnp.inf)
