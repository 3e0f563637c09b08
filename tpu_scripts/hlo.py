"""What a compiled TPU program costs, from its text.

The compiler writes its own estimate, in cycles, beside each instruction that it
schedules, but for one round of a loop only. Here each counts as often as it
runs.
"""

from collections.abc import Callable, Iterator
import math
import re
from typing import NamedTuple

# What chips tell each other; the sums of gradients are all-reduces.
COLLECTIVES = (
  'all-reduce',
  'all-gather',
  'reduce-scatter',
  'all-to-all',
  'collective-permute',
)
BITS = {'pred': 8, 'bf16': 16}  # Others have their size in their name.


class Cost(NamedTuple):
  """What a program costs one chip.

  Attributes:
    cycles: the compiler's estimates, added up.
    collectives: instructions by which chips talk, by name.
    collective_bytes: what those give, as often as they run.
    looped: how many of them stand inside a loop.
  """

  cycles: int
  collectives: dict[str, int]
  collective_bytes: int
  looped: int


def cost(text: str, kernel: Callable[[str], int] | None = None) -> Cost:
  """What `compiled.as_text()` costs.

  Args:
    kernel: cycles of the line of a Pallas kernel, of which there is no estimate.

  Raises:
    ValueError: a loop whose number of rounds the text doesn't say; a kernel, and
      no `kernel` to count it.
  """
  computations, entry = _computations(text)
  cycles, size, looped, collectives = 0, 0, 0, {}
  for line, times, in_loop in _instructions(computations, entry):
    # A fusion has an estimate of its own; nothing inside it has.
    cycles += times * sum(
      map(int, re.findall(r'estimated_cycles":"(\d+)', line))
    )
    if 'custom_call_target="tpu_custom_call"' in line:
      if kernel is None:
        raise ValueError(f'a kernel has no estimate: {line.strip()[:200]}')
      cycles += times * kernel(line)
    name = _collective(line)
    if name:
      collectives[name] = collectives.get(name, 0) + 1
      size += times * _bytes(line)
      looped += in_loop
  return Cost(cycles, collectives, size, looped)


def _computations(text) -> tuple[dict[str, list[str]], str]:
  """{name: its lines}, and the name of the one that is run."""
  computations, name, entry = {}, None, None
  for line in text.splitlines():
    head = re.match(r'(ENTRY )?%?([\w.\-]+) \(.*\{\s*$', line)
    if head:
      name = head[2]
      computations[name] = []
      entry = name if head[1] else entry
    elif line.startswith('}'):
      name = None
    elif name:
      computations[name].append(line)
  return computations, entry


def _instructions(
  computations, name, times=1, in_loop=False
) -> Iterator[tuple[str, int, bool]]:
  """Each line that is run, how often, and whether a loop runs it."""
  for line in computations[name]:
    yield line, times, in_loop
    condition = re.search(r' while\(.*condition=%?([\w.\-]+)', line)
    rounds = _rounds(computations[condition[1]]) if condition else 1
    for called in _called(line):
      yield from _instructions(
        computations, called, times * rounds, in_loop or bool(condition)
      )


def _called(line) -> Iterator[str]:
  """The computations that an instruction runs, its operator aside.

  Of branches all are counted: how often each is taken nobody knows.
  """
  yield from re.findall(r'(?:body|calls|\w+_computation)=%?([\w.\-]+)', line)
  for names in re.findall(r'branch_computations=\{([^}]*)\}', line):
    yield from re.findall(r'[\w.\-]+', names)
  if ' call(' in line:
    yield from re.findall(r'to_apply=%?([\w.\-]+)', line)


def _rounds(condition) -> int:
  """`i < 128` -> 128: JAX's loops begin with 0 and go on by 1."""
  constants = re.findall(r's32\[\]\S* constant\((\d+)\)', '\n'.join(condition))
  if len(constants) != 1 or 'direction=LT' not in condition[-1]:
    raise ValueError('a loop ends by ' + '\n'.join(condition))
  return int(constants[0])


def _collective(line) -> str | None:
  """The name of a collective; of one in two halves, only at the first."""
  found = re.search(rf' ({"|".join(COLLECTIVES)})(-start)?\(', line)
  return found and found[1]


def _bytes(line) -> int:
  """The size of what an instruction gives, in bytes."""
  given = re.split(rf' (?:{"|".join(COLLECTIVES)})(?:-start)?\(', line)[0]
  return size(given)


def size(text: str) -> int:
  """The bytes of all arrays whose types stand in a text."""
  arrays = re.findall(r'\b(pred|bf16|[fsuc]\d+)\[([\d,]*)\]', text)
  return sum(
    (BITS.get(kind) or int(kind[1:]))
    * math.prod(map(int, filter(None, shape.split(','))))
    // 8
    for kind, shape in arrays
  )
