"""A function -> the arithmetic of its matrix products and convolutions.

Model FLOPs as in Chowdhery et al. 2022 (PaLM): counted from what is written,
scans times their length, not from what a compiler makes of it. A multiply and
an add are two. Elementwise work is left out, and a while loop whose length
nobody knows counts once.
"""

from collections.abc import Callable
import math

import jax
from jax.extend.core import jaxprs_in_params


def flops(function: Callable, *arguments) -> int:
  """Of one call with arguments of these shapes; nothing is computed."""
  return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


def _of(jaxpr) -> int:
  return sum(_equation(e) for e in jaxpr.eqns)


def _equation(e) -> int:
  name = e.primitive.name
  if name == 'dot_general':
    (contracted, _), _ = e.params['dimension_numbers']
    shape = e.invars[0].aval.shape
    depth = math.prod(shape[axis] for axis in contracted)
    return 2 * depth * math.prod(e.outvars[0].aval.shape)
  if name == 'conv_general_dilated':
    kernel, out = e.invars[1].aval.shape, e.outvars[0].aval.shape
    channels_out = kernel[e.params['dimension_numbers'].rhs_spec[0]]
    return 2 * math.prod(out) * math.prod(kernel) // channels_out
  inner = [_of(j) for j in jaxprs_in_params(e.params)]
  if name == 'cond':
    return max(inner)
  return sum(inner) * e.params.get('length', 1) if inner else 0
