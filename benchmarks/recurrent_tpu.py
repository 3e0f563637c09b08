"""Cycles of a train step of recurrent nets, by the TPU compiler's estimate.

  python -m benchmarks.recurrent_tpu [--topology=v5e:2x2] [--cells=lstm,gru]

Needs no TPU, only its compiler: `pip install 'jax[tpu]'`. Compiles a training
step (a stack of layers, a Dense layer, Adam; the batch shared among all chips)
of ours, by kernels and by scans, and of Flax's `nn.RNN`, and adds up the compiler's
own estimates, those inside a loop as often as the loop runs. Kernels have none and
are counted, see `tpu_scripts.kernels`. An estimate, not a time.
"""

import argparse
import functools
import json

from flax import linen as nn
import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec as P
import numpy as np
import optax

from musiczoo.nn.recurrent import Recurrent
from tpu_scripts import chips, hlo, kernels

DEPTH = 128  # symbols that the net predicts


class Ours(nn.Module):
  cell: str
  hidden: int
  layers: int
  dtype: jnp.dtype
  backend: str

  @nn.compact
  def __call__(self, x):
    how = {'dtype': self.dtype, 'backend': self.backend}
    net = Recurrent(self.cell, self.hidden, self.layers, **how)
    return nn.Dense(DEPTH, dtype=self.dtype)(net(x)[0])


class Flax(nn.Module):
  cell: str
  hidden: int
  layers: int
  dtype: jnp.dtype

  @nn.compact
  def __call__(self, x):
    kind = {'lstm': nn.OptimizedLSTMCell, 'gru': nn.GRUCell}[self.cell]
    for _ in range(self.layers):
      x = nn.RNN(kind(self.hidden, dtype=self.dtype))(x)
    return nn.Dense(DEPTH, dtype=self.dtype)(x)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--topology', default='v5e:2x2')
  parser.add_argument('--cells', default='lstm,gru')
  parser.add_argument('--rows', type=int, default=256)
  parser.add_argument('--steps', type=int, default=512)
  parser.add_argument('--hidden', type=int, default=1024)
  parser.add_argument('--layers', type=int, default=2)
  parser.add_argument('--json', help='a file to write the figures to')
  args = parser.parse_args()

  mesh = jax.sharding.Mesh(np.array(chips.of(args.topology)), ('data',))
  figures = []
  for cell in args.cells.split(','):
    for dtype in (jnp.bfloat16, jnp.float32):
      found = _figures(cell, dtype, args, mesh)
      figures.append(found)
      print(
        f'{cell:5}{dtype.__name__:10}'
        + ''.join(f'{k:>9}{v / 1e6:7.1f} M' for k, v in found['cycles'].items())
        + f'{found["cycles"]["flax"] / found["cycles"]["kernels"]:8.2f}',
        flush=True,
      )
  if args.json:
    with open(args.json, 'w', encoding='utf-8') as file:
      sizes = 'topology', 'cells', 'rows', 'steps', 'hidden', 'layers'
      flags = ' '.join(f'--{name}={getattr(args, name)}' for name in sizes)
      command = f'python -m benchmarks.recurrent_tpu {flags}'
      json.dump({'command': command, 'figures': figures}, file, indent=1)
      file.write('\n')


def _figures(cell, dtype, args, mesh):
  """Cycles of a step by each implementation, and what the kernels count as."""
  sizes = cell, args.hidden, args.layers, dtype
  nets = {
    'kernels': Ours(*sizes, 'pallas'),
    'scan': Ours(*sizes, 'scan'),
    'flax': Flax(*sizes),
  }
  rows = args.rows // mesh.size
  # All layers have as many inputs as units.
  numbers = rows, args.steps, args.hidden, args.hidden
  bundles = kernels.count(cell, dtype.__name__, *numbers, args.topology)
  chip = chips.CHIPS[args.topology.partition(':')[0]]
  calls = []

  def kernel(line):
    calls.append(kernels.cycles(line, bundles, args.steps, chip))
    return max(calls[-1].values())

  cycles = {
    name: hlo.cost(_compile(net, mesh, args.rows, args.steps), kernel).cycles
    for name, net in nets.items()
  }
  kind = {'cell': cell, 'dtype': dtype.__name__}
  return kind | {'cycles': cycles, 'kernels': calls}


def _compile(net, mesh, rows, steps):
  """The compiled training step as text."""
  optimizer = optax.adam(1e-3)

  def gradients(params, x, y):
    def loss(params):
      logits = net.apply(params, x).astype(jnp.float32)
      return optax.sigmoid_binary_cross_entropy(logits, y).sum()

    return jax.lax.psum(jax.grad(loss)(params), 'data')

  split = jax.shard_map(
    gradients,
    mesh=mesh,
    in_specs=(P(), P('data'), P('data')),
    out_specs=P(),
    check_vma=False,
  )

  @functools.partial(jax.jit, donate_argnums=(0, 1))
  def train_step(params, state, x, y):
    updates, state = optimizer.update(split(params, x, y), state, params)
    return optax.apply_updates(params, updates), state

  def shapes(tree, spec):
    sharding = NamedSharding(mesh, spec)
    return jax.tree.map(
      lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=sharding), tree
    )

  x = jax.ShapeDtypeStruct((rows, steps, net.hidden), net.dtype)
  y = jax.ShapeDtypeStruct((rows, steps, DEPTH), jnp.float32)
  params = jax.eval_shape(net.init, jax.random.key(0), x)
  state = jax.eval_shape(optimizer.init, params)
  lowered = train_step.lower(
    *shapes((params, state), P()), *shapes((x, y), P('data'))
  )
  return lowered.compile().as_text()


if __name__ == '__main__':
  main()
