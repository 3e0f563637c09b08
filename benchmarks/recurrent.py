"""How fast recurrent nets train, beside Flax and torch.

  python -m benchmarks.recurrent [--torch=PYTHON] [--json=FILE]

Times value and gradient of a stack of layers, float32, on the CPU. The peers
take turns in one run: Flax's `nn.RNN` always, torch where the option names a
Python that has it. A ratio above 1 means that musiczoo is faster. Counts only on an
idle machine, for torch slows down far more than JAX when others are at work.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

# rows, steps, inputs, hidden, layers
SHAPES = ((32, 128, 128, 256, 2), (16, 256, 256, 512, 1), (8, 512, 88, 128, 1))
CELLS = ('rnn', 'lstm', 'gru')


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--torch', help='a Python that can import torch')
  parser.add_argument('--rounds', type=int, default=15)
  parser.add_argument('--json', help='a file to write the times to')
  args = parser.parse_args()

  names = ['musiczoo', 'flax'] + ['torch'] * bool(args.torch)
  print(f'{"":30}' + ''.join(f'{name:>12}' for name in names) + '   ratios')
  rows = []
  for shape in SHAPES:
    for cell in CELLS:
      runs = {'musiczoo': _musiczoo(cell, *shape), 'flax': _flax(cell, *shape)}
      worker = args.torch and _Worker(args.torch, cell, shape)
      if worker:
        runs['torch'] = worker.run
      times = {name: [] for name in names}
      for turn in range(args.rounds + 2):
        for name in names:
          seconds = runs[name]()
          if turn >= 2:  # The first compile, and warm the caches.
            times[name].append(seconds)
      if worker:
        worker.close()
      medians = {n: 1e3 * statistics.median(times[n]) for n in names}
      rows.append({'cell': cell, 'shape': shape, 'milliseconds': medians})
      ratios = [medians[n] / medians['musiczoo'] for n in names[1:]]
      print(
        f'{cell:5}{"x".join(map(str, shape)):25}'
        + ''.join(f'{medians[n]:9.1f} ms' for n in names)
        + ''.join(f'{ratio:8.2f}' for ratio in ratios),
        flush=True,
      )
  if args.json:
    with open(args.json, 'w', encoding='utf-8') as file:
      json.dump({'rounds': args.rounds, 'rows': rows}, file, indent=2)


def _musiczoo(cell, rows, steps, depth, hidden, layers):
  from musiczoo.nn.recurrent import Recurrent

  net = Recurrent(cell, hidden, layers)
  return _jax(lambda *args: net.apply(*args)[0], net.init, rows, steps, depth)


def _flax(cell, rows, steps, depth, hidden, layers):
  from flax import linen as nn

  kind = {
    'rnn': nn.SimpleCell,
    'lstm': nn.OptimizedLSTMCell,
    'gru': nn.GRUCell,
  }[cell]
  net = nn.Sequential([nn.RNN(kind(hidden)) for _ in range(layers)])
  return _jax(net.apply, net.init, rows, steps, depth)


def _jax(apply, init, rows, steps, depth):
  import jax

  x = jax.random.normal(jax.random.key(0), (rows, steps, depth))
  variables = init(jax.random.key(1), x)
  loss = lambda variables, x: (apply(variables, x) ** 2).sum()
  grad = jax.jit(jax.value_and_grad(loss, (0, 1)))
  return _timed(lambda: jax.block_until_ready(grad(variables, x)))


def _torch(cell, rows, steps, depth, hidden, layers):
  import torch

  name = {'rnn': 'RNN', 'lstm': 'LSTM', 'gru': 'GRU'}[cell]
  net = getattr(torch.nn, name)(depth, hidden, layers, batch_first=True)
  x = torch.randn(rows, steps, depth, requires_grad=True)

  def run():
    net.zero_grad()
    x.grad = None
    (net(x)[0] ** 2).sum().backward()

  return _timed(run)


def _timed(function):
  def run():
    start = time.perf_counter()
    function()
    return time.perf_counter() - start

  return run


class _Worker:
  """torch in a process of its own: a line in, a time out."""

  def __init__(self, python, cell, shape):
    self.process = subprocess.Popen(
      [python, __file__, 'worker', cell, *map(str, shape)],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      text=True,
    )

  def run(self):
    print(file=self.process.stdin, flush=True)
    return float(self.process.stdout.readline())

  def close(self):
    self.process.communicate()


if __name__ == '__main__':
  if sys.argv[1:2] == ['worker']:
    timed = _torch(sys.argv[2], *map(int, sys.argv[3:]))
    for _ in sys.stdin:
      print(timed(), flush=True)
  else:
    main()
