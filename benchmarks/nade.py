"""Time and memory of four ways to train a NADE.

  python -m benchmarks.nade [--frames=1800] [--hidden=256] [--json=FILE]

All give the same numbers: the exact log-likelihood of 88 pitches per frame, and
its gradient. `ours` is the head's, which subtracts the pitches from the sum again
in the backward pass; `scan` leaves that pass to autodiff, which keeps every hidden
layer; `blocks` keeps one of eight and recomputes the others; `cumsum` has all
hidden layers at once. Memory is what XLA sets aside for temporary arrays.
"""

import argparse
import json
import statistics
import time

import jax
import jax.numpy as jnp

from musiczoo.nn.heads.nade import nade_logits

PITCHES, BLOCK = 88, 8


def _scan(a_NxK, x_PxN, read, write):
  return jax.lax.scan(_step, a_NxK, (x_PxN, read, write))[1]


def _step(a_NxK, now):
  x_N, read_K, write_K = now
  return a_NxK + x_N[:, None] * read_K, jax.nn.sigmoid(a_NxK) @ write_K


def _blocks(a_NxK, x_PxN, read, write):
  @jax.checkpoint
  def block(a_NxK, now):
    return jax.lax.scan(_step, a_NxK, now)

  split = lambda a: a.reshape(PITCHES // BLOCK, BLOCK, -1)
  now = tuple(map(split, (x_PxN, read, write)))
  _, logits = jax.lax.scan(block, a_NxK, now)
  return logits.reshape(PITCHES, -1)


def _cumsum(a_NxK, x_PxN, read, write):
  added_PxNxK = x_PxN[:-1, :, None] * read[:-1, None]
  a_PxNxK = jnp.cumsum(jnp.concatenate([a_NxK[None], added_PxNxK]), axis=0)
  return jnp.einsum('pnk,pk->pn', jax.nn.sigmoid(a_PxNxK), write)


WAYS = {
  'ours': nade_logits,
  'scan': _scan,
  'blocks': _blocks,
  'cumsum': _cumsum,
}


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--frames', type=int, default=1800)
  parser.add_argument('--hidden', type=int, default=256)
  parser.add_argument('--rounds', type=int, default=9)
  parser.add_argument('--json', help='a file to write the figures to')
  args = parser.parse_args()

  normal = lambda seed, *shape: jax.random.normal(jax.random.key(seed), shape)
  a = normal(0, args.frames, args.hidden)
  x = (normal(1, PITCHES, args.frames) > 1.7).astype(jnp.float32)
  read, write = 0.1 * normal(2, 2, PITCHES, args.hidden)

  compiled, figures = {}, {}
  for name, way in WAYS.items():

    def loss(a, read, write, way=way):
      logits = way(a, x, read, write)
      return -jax.nn.log_sigmoid(jnp.where(x == 1, logits, -logits)).sum()

    grad = jax.jit(jax.value_and_grad(loss, (0, 1, 2)))
    compiled[name] = grad.lower(a, read, write).compile()
    memory = compiled[name].memory_analysis().temp_size_in_bytes / 1e6
    figures[name] = {'seconds': [], 'megabytes': memory}
  for turn in range(args.rounds + 1):
    for name, run in compiled.items():
      start = time.perf_counter()
      jax.block_until_ready(run(a, read, write))
      if turn:  # The first warms the caches.
        figures[name]['seconds'].append(time.perf_counter() - start)
  for name, figure in figures.items():
    figure['milliseconds'] = 1e3 * statistics.median(figure.pop('seconds'))
    nats = float(compiled[name](a, read, write)[0]) / args.frames
    print(
      f'{name:8}{figure["milliseconds"]:9.1f} ms{figure["megabytes"]:9.1f} MB'
      f'{nats:10.4f} nats per frame'
    )
  if args.json:
    with open(args.json, 'w', encoding='utf-8') as file:
      json.dump(vars(args) | {'ways': figures}, file, indent=2)


if __name__ == '__main__':
  main()
