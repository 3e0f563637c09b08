"""Cycles of Pallas kernels: the compiler estimates none, so they are counted.

  python -m tpu_scripts.kernels CELL DTYPE ROWS STEPS INPUTS HIDDEN TOPOLOGY

compiles the kernels of one recurrent layer, for `count`, which reads what the
compiler writes down meanwhile. A bundle is what a core does in a cycle. The final bundles of a kernel are those
of one step of its grid. A kernel counts as the larger of bundles times steps, and
of the time in which all that it reads and writes passes through the chip's memory.
Not counted: waits for a copy within a step, where it lasts longer than what the
core does meanwhile.
"""

from collections.abc import Mapping
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from tpu_scripts import chips, hlo

TARGET = 'custom_call_target="tpu_custom_call"'
_FLAGS = '--xla_jf_dump_to={} --xla_jf_dump_llo_text=true'


def count(cell, dtype, rows, steps, inputs, hidden, topology) -> dict[str, int]:
  """Bundles of a step of each kernel of a layer, by the type of its result."""
  numbers = map(str, (rows, steps, inputs, hidden))
  command = sys.executable, '-m', 'tpu_scripts.kernels', cell, dtype, *numbers
  with tempfile.TemporaryDirectory() as folder:
    # Of this process the flags have been read.
    flags = {'LIBTPU_INIT_ARGS': _FLAGS.format(folder)}
    subprocess.run([*command, topology], env=os.environ | flags, check=True)
    found = {}
    for file in pathlib.Path(folder).glob(
      '*-schedule-analysis_final_bundles.txt'
    ):
      text = file.read_text()
      # The program as a whole has such a file, too: there a kernel is a part.
      (line,) = re.findall(r'\(100\.00%\): (%.*)', text)[:1] or ['']
      if TARGET in line:
        (bundles,) = re.findall(r'total scheduled bundles:\s*(\d+)', text)
        found[result_type(line)] = int(bundles)
  return found


def result_type(line: str) -> str:
  """The type of what an instruction gives, without its layout."""
  (given,) = re.findall(r'= (.*?) custom-call\(', line)
  return re.sub(r'\{[^}]*\}|/\*.*?\*/', '', given)


def cycles(
  line: str, bundles: Mapping[str, int], steps: int, chip: chips.Chip
) -> dict[str, int]:
  """Cycles of a kernel's call, by its bundles and by its bytes.

  Raises:
    ValueError: it is another kernel than those that were counted.
  """
  kind = result_type(line)
  if kind not in bundles:
    raise ValueError(f'a kernel that was not counted gives {kind}')
  seconds = hlo.size(line) / chip.bandwidth
  return {
    'bundles': bundles[kind] * steps,
    'bytes': round(seconds * chip.clock),
  }


def main():
  cell, dtype, *numbers, topology = sys.argv[1:]
  device = chips.of(topology)[0]
  import jax
  import jax.numpy as jnp
  from jax.sharding import SingleDeviceSharding

  from musiczoo.nn.recurrent import Recurrent

  rows, steps, inputs, hidden = map(int, numbers)
  net = Recurrent(cell, hidden, 1, dtype=jnp.dtype(dtype), backend='pallas')
  x = jax.ShapeDtypeStruct((rows, steps, inputs), dtype)
  params = jax.eval_shape(net.init, jax.random.key(0), x)

  def loss(params, x):
    return net.apply(params, x)[0].astype(jnp.float32).sum()

  here = SingleDeviceSharding(device)
  args = jax.tree.map(
    lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=here), (params, x)
  )
  jax.jit(jax.grad(loss)).lower(*args).compile()


if __name__ == '__main__':
  main()
