"""Cycles of a train step of recurrent nets, by the TPU compiler's estimate.

  python -m benchmarks.recurrent_tpu [--topology=v5e:2x2] [--cells=lstm,gru]

Needs no TPU, only its compiler: `pip install 'jax[tpu]'`. Compiles a training
step (a stack of layers, a Dense layer, Adam; the batch shared among all chips)
of ours and of Flax's `nn.RNN`, and adds up the compiler's own estimates, those
inside a loop as often as the loop runs. An estimate, not a time.
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
from tpu_scripts import chips, hlo

DEPTH = 128  # symbols that the net predicts


class Ours(nn.Module):
  cell: str
  hidden: int
  layers: int
  dtype: jnp.dtype

  @nn.compact
  def __call__(self, x):
    net = Recurrent(self.cell, self.hidden, self.layers, dtype=self.dtype)
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
      cycles = {}
      for make in (Ours, Flax):
        net = make(cell, args.hidden, args.layers, dtype)
        text = _compile(net, mesh, args.rows, args.steps)
        cycles[make.__name__] = hlo.cost(text).cycles
      ratio = cycles['Flax'] / cycles['Ours']
      figures.append({'cell': cell, 'dtype': dtype.__name__, 'cycles': cycles})
      print(
        f'{cell:5}{dtype.__name__:10}'
        + ''.join(f'{k:>8}{v / 1e6:7.1f} M' for k, v in cycles.items())
        + f'{ratio:8.2f}',
        flush=True,
      )
  if args.json:
    with open(args.json, 'w', encoding='utf-8') as file:
      json.dump(vars(args) | {'figures': figures}, file, indent=2)


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
