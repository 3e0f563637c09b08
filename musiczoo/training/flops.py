"""FLOPs of the matrix products and convolutions of a function.

Counted in its jaxpr, before the compiler changes it: the model FLOPs of
Chowdhery et al. 2022 (PaLM, appendix B).
"""

import math

import jax
from jax.extend import core


def flops(
  function, *args, axes: dict[str, int] | None = None, rounds: int = 1
) -> int:
  """FLOPs of matmuls and convolutions, those in a scan as often as it runs.

  A multiplication and an addition are two; elementwise operations do not count,
  as in the specified peak of a chip.

  Args:
    args: arrays or their shapes, on one chip.
    axes: names and sizes of the axes that `function` adds up over.
    rounds: of a loop whose end is known at run time only.
  """
  jaxpr = jax.make_jaxpr(function, axis_env=list((axes or {}).items()))(*args)
  return of_jaxpr(jaxpr.jaxpr, rounds)


def of_jaxpr(jaxpr, rounds: int = 1) -> int:
  """As `flops`, of a function that was traced."""
  total = 0
  for eqn in jaxpr.eqns:
    name = eqn.primitive.name
    if name == 'dot_general':
      (contracted, _), _ = eqn.params['dimension_numbers']
      shape = eqn.invars[0].aval.shape
      total += 2 * _out(eqn) * math.prod(shape[i] for i in contracted)
    elif name == 'conv_general_dilated':
      total += _convolution(eqn)
    parts = core.jaxprs_in_params(eqn.params)
    inner = [of_jaxpr(part, rounds) for part in parts]
    if name == 'cond':  # One of the branches: the most expensive.
      inner = [max(inner)]
    total += _times(eqn, rounds) * sum(inner)
  return total


def _times(eqn, rounds) -> int:
  """How often the program in an equation runs."""
  if eqn.primitive.name == 'pallas_call':
    return math.prod(eqn.params['grid_mapping'].grid)
  times = {'scan': eqn.params.get('length'), 'while': rounds}
  return times.get(eqn.primitive.name, 1)


def _convolution(eqn) -> int:
  shape = eqn.invars[1].aval.shape
  spec = eqn.params['dimension_numbers'].rhs_spec  # Out, in, space.
  kernel_size = math.prod(shape[i] for i in spec[1:])
  # The zeros between steps of a dilated input are not multiplied.
  return 2 * _out(eqn) * kernel_size // math.prod(eqn.params['lhs_dilation'])


def _out(eqn) -> int:
  return math.prod(eqn.outvars[0].aval.shape)
