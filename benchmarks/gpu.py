"""What a GPU shows in five minutes: correct, how fast, beside torch and Flax.

  python -m benchmarks.gpu --output_dir=OUT [--parts=correct,recurrent,steps]
  python -m benchmarks.gpu --output_dir=OUT --tiny

Needs jax with CUDA and, of the peers, Flax; torch is measured where it can be
imported. Each part has its own deadline and writes OUT/gpu_PART.json whenever a
row ends: {row: figure}, where 'not run' is what the deadline cut off. With --tiny
small sizes run on any device, to try the script. No corpus is needed: batches are
random. No GPU has run this yet.
"""

import functools
import json
import os
import pathlib
import statistics
import time

from absl import flags

from experiments import config as configs, launch

OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, 'A folder for the figures.'
)
PARTS = flags.DEFINE_list(
  'parts', ['correct', 'recurrent', 'steps'], 'In order.'
)
TINY = flags.DEFINE_bool('tiny', False, 'Small sizes, on any device.')

CONFIGS = 'experiments/configs/chorales.py'
FAMILIES = 'lstm', 'gru', 'cnn', 'rnn', 'infill', 'vae', 'autoencoder', 'gan'
STEPS = 4  # Of a dispatch.
# rows, steps, inputs, hidden, layers
SHAPES = (
  (16, 1024, 768, 768, 1),
  (16, 128, 256, 256, 2),
  (256, 512, 1024, 1024, 2),
)
SMALL = ((2, 8, 8, 8, 1),)
SECONDS = {'correct': 90, 'recurrent': 120, 'steps': 60}
NOT_RUN = 'not run'


def main():
  # Torch needs memory, too.
  os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'] = 'false'
  import jax

  folder = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(folder)
  rows = {'correct': correct, 'recurrent': recurrent, 'steps': steps}
  for part in PARTS.value:
    deadline = time.monotonic() + (1e9 if TINY.value else SECONDS[part])
    jobs = dict(rows[part]())
    figures = dict.fromkeys(jobs, NOT_RUN)
    for name, job in jobs.items():
      if time.monotonic() > deadline:
        break
      try:
        figures[name] = job()
      except Exception as e:  # One row must not cost the others.
        figures[name] = f'failed: {type(e).__name__}: {str(e)[:300]}'
      print(f'{part}  {name}  {figures[name]}', flush=True)
      _write(folder / f'gpu_{part}.json', jax, figures)


def _write(path, jax, figures):
  """Writes a receipt; figures that follow may replace it."""
  receipt = {
    'command': f'python -m benchmarks.gpu{" --tiny" * TINY.value}',
    'device': jax.devices()[0].device_kind,
    'jax': jax.__version__,
    'figures': figures,
  }
  path.write_text(json.dumps(receipt, indent=1) + '\n')


def correct():
  """Rows of differences between this device and the CPU, and of repetitions."""
  for family in FAMILIES:
    for precision in 'highest', None:
      name = f'{family}, {STEPS} steps, precision {precision or "default"}'
      yield name, functools.partial(_differs_from_cpu, family, precision)
  for family in FAMILIES[:3]:
    yield f'{family}, same bits twice', functools.partial(_repeats, family)
    yield (
      f'{family}, samples as on the CPU',
      functools.partial(_samples, family),
    )
  yield 'lstm, no copy to the host in a dispatch', _guarded


def recurrent():
  """Rows of milliseconds of recurrent nets and of their peers."""
  for shape in SMALL if TINY.value else SHAPES:
    for cell in ('lstm', 'gru', 'rnn'):
      for dtype in ('float32', 'bfloat16'):
        for peer in _peers(cell, dtype):
          for backward in (False, True):
            what = 'forward and backward' if backward else 'forward'
            name = f'{cell} {dtype} {"x".join(map(str, shape))} {what} {peer}'
            args = peer, cell, dtype, shape, backward
            yield name, functools.partial(_recurrent, *args)


def steps():
  """Rows of milliseconds of train steps and of sampling."""
  for family in FAMILIES:
    yield f'{family}, ms a train step', functools.partial(_step, family, 1)
  for seeds in 8, 64:
    name = f'gru, ms a train step of {seeds} seeds under vmap'
    yield name, functools.partial(_step, 'gru', seeds)
  for family in FAMILIES[:3]:
    for pieces in 1, 64, 1024:
      name = f'{family}, ms for {pieces} pieces of 256 steps'
      yield name, functools.partial(_sampling, family, pieces)


def _config(family, *, tiny=False):
  from musiczoo import build

  table = configs.load(f'{CONFIGS}:{family}')
  changes = [('batch_size', '4'), ('window', '32')]
  if family not in ('vae', 'autoencoder', 'gan'):
    changes.append(('model.layers', '1'))
  changes.append(('model.hidden', '16'))
  if tiny or TINY.value:
    table = configs.load(f'{CONFIGS}:{family}', changes)
  return build.RunConfig.from_dict(table)


@functools.cache
def _program(family, device, *, tiny, precision=None):
  """(state, batches, train_steps, place) of a config on a device.

  Compiled once for all rows; `precision` has to be in force where it is called.
  """
  del precision
  import jax
  import numpy as np

  from musiczoo import build
  from musiczoo.runs import run
  from musiczoo.training import parallel
  from musiczoo.training.step import make_init
  from tpu_scripts import programs

  config = _config(family, tiny=tiny)
  pipeline, place = build.pipeline(config), parallel.jit([device])
  _, _, shapes = programs.step_of(config, config.batch_size)
  rng = np.random.default_rng(0)
  batch = {
    name: _random(rng, name, shape, pipeline.spec.depth)
    for name, shape in shapes.items()
    if not isinstance(shape, dict)
  }
  model, optimizer = pipeline.model, build.optimizer(config)
  init = make_init(model, optimizer, ema_decay=config.ema_decay)
  one = jax.tree.map(lambda a: a[:1], batch)
  with jax.default_device(jax.devices('cpu')[0]):
    state = jax.device_get(jax.jit(init)(jax.random.key(0), one))
  made = run.make_steps(config, pipeline, parallel.AXIS)
  train_steps = place.compile(made, batch_axis=1, donate=False)
  batches = jax.tree.map(lambda a: np.stack([a] * STEPS), batch)
  return state, batches, train_steps, place


def _random(rng, name, shape, depth):
  import numpy as np

  if name == 'mask':
    return np.ones(shape.shape, shape.dtype)
  if name == 'x':
    return rng.integers(0, min(depth, 2), shape.shape).astype(shape.dtype)
  if name == 'row':
    return np.arange(shape.shape[0], dtype=shape.dtype)
  return np.zeros(shape.shape, shape.dtype)


def _trained(family, device, precision):
  import jax
  import numpy as np

  with jax.default_matmul_precision(precision):
    kind = {'tiny': True, 'precision': precision}
    state, batches, train_steps, place = _program(family, device, **kind)
    numbers = np.int32(0), np.int32(STEPS)
    after, _ = train_steps(place.replicate(state), batches, *numbers)
    return state.params, place.fetch(after).params


def _differs_from_cpu(family, precision):
  """The largest difference of a parameter, beside how far training moved any."""
  import jax
  import numpy as np

  start, there = _trained(family, jax.devices()[0], precision)
  _, here = _trained(family, jax.devices('cpu')[0], 'highest')
  largest = lambda a, b: max(
    jax.tree.leaves(jax.tree.map(lambda x, y: np.abs(x - y).max(), a, b))
  )
  return float(largest(there, here) / largest(here, start))


def _repeats(family):
  import jax
  import numpy as np

  both = [_trained(family, jax.devices()[0], None)[1] for _ in range(2)]
  return all(
    jax.tree.leaves(jax.tree.map(lambda a, b: np.array_equal(a, b), *both))
  )


def _samples(family):
  """The share of cells that are the same on both devices."""
  import jax
  import numpy as np

  made = []
  for device in jax.devices()[0], jax.devices('cpu')[0]:
    with jax.default_device(device):
      made.append(_sampler(family, 2, 32, tiny=True)())
  return float(np.mean(made[0] == made[1]))


def _guarded():
  import jax
  import numpy as np

  device = jax.devices()[0]
  state, batches, train_steps, place = _program('lstm', device, tiny=True)
  state = place.replicate(state)
  with jax.transfer_guard_device_to_host('disallow'):
    for first in 0, STEPS:
      numbers = np.int32(first), np.int32(STEPS)
      state, _ = train_steps(state, batches, *numbers)
  return int(place.fetch(state).step) == 2 * STEPS


def _peers(cell, dtype):
  import importlib.util

  import jax

  yield 'scan'
  if cell == 'lstm' and dtype == 'float32' and jax.default_backend() == 'gpu':
    yield 'cudnn'
  # The state of Flax's SimpleCell is float32, whatever its output is.
  if cell != 'rnn' or dtype == 'float32':
    yield 'flax'
  if importlib.util.find_spec('torch'):
    yield 'torch'


def _recurrent(peer, cell, dtype, shape, backward):
  """Milliseconds, the median."""
  make = {'flax': _flax, 'torch': _torch}.get(peer)
  if make is None:
    make = functools.partial(_ours, peer)
  return _milliseconds(make(cell, dtype, shape, backward))


def _ours(backend, cell, dtype, shape, backward):
  import jax.numpy as jnp

  from musiczoo.nn.recurrent import Recurrent

  *sizes, hidden, layers = shape
  how = {'dtype': jnp.dtype(dtype), 'backend': backend}
  net = Recurrent(cell, hidden, layers, **how)
  apply = lambda variables, x: net.apply(variables, x)[0]
  return _jax(apply, net.init, sizes, dtype, backward)


def _flax(cell, dtype, shape, backward):
  from flax import linen as nn

  kinds = {
    'rnn': nn.SimpleCell,
    'lstm': nn.OptimizedLSTMCell,
    'gru': nn.GRUCell,
  }
  *sizes, hidden, layers = shape
  cells = [kinds[cell](hidden, dtype=dtype) for _ in range(layers)]
  net = nn.Sequential([nn.RNN(c) for c in cells])
  return _jax(net.apply, net.init, sizes, dtype, backward)


def _jax(apply, init, sizes, dtype, backward):
  import jax
  import jax.numpy as jnp

  x = jax.random.normal(jax.random.key(0), sizes, dtype)
  variables = init(jax.random.key(1), x)

  def total(variables, x):
    return (apply(variables, x).astype(jnp.float32) ** 2).sum()

  function = jax.grad(total, (0, 1)) if backward else apply
  compiled = jax.jit(function)
  return lambda: jax.block_until_ready(compiled(variables, x))


def _torch(cell, dtype, shape, backward):
  import torch

  *sizes, hidden, layers = shape
  device = 'cuda' if torch.cuda.is_available() else 'cpu'
  of = {'device': device, 'dtype': getattr(torch, dtype)}
  kind = getattr(torch.nn, {'rnn': 'RNN', 'lstm': 'LSTM', 'gru': 'GRU'}[cell])
  net = kind(sizes[-1], hidden, layers, batch_first=True, **of)
  x = torch.randn(*sizes, requires_grad=True, **of)

  def run():
    if backward:
      net.zero_grad()
      x.grad = None
      (net(x)[0].float() ** 2).sum().backward()
    else:
      with torch.no_grad():
        net(x)
    if device == 'cuda':
      torch.cuda.synchronize()

  return run


def _step(family, seeds):
  import jax
  import numpy as np

  device = jax.devices()[0]
  state, batches, train_steps, place = _program(family, device, tiny=False)
  numbers = np.int32(0), np.int32(STEPS)
  if seeds > 1:
    stack = lambda tree: jax.tree.map(lambda a: np.stack([a] * seeds), tree)
    state, batches = jax.device_put((stack(state), stack(batches)), device)
    many = jax.jit(jax.vmap(_plain(family), (0, 0, None, None)))
    run = lambda: jax.block_until_ready(many(state, batches, *numbers))
  else:
    state = place.replicate(state)
    run = lambda: jax.block_until_ready(train_steps(state, batches, *numbers))
  return _milliseconds(run) / STEPS


def _plain(family):
  """The train steps of a config, for one device and no axis."""
  from musiczoo import build
  from musiczoo.runs import run

  config = _config(family)
  return run.make_steps(config, build.pipeline(config))


def _sampling(family, pieces):
  run = _sampler(family, 2 if TINY.value else pieces, 256)
  return _milliseconds(run, rounds=3)


def _sampler(family, pieces, length, *, tiny=False):
  """() -> samples of untrained parameters."""
  import jax
  import numpy as np

  from musiczoo import build
  from musiczoo.music import annotations
  from musiczoo.nn.heads import Controls
  from musiczoo.sampling import generate

  device = jax.devices('cpu')[0]
  params = _program(family, device, tiny=tiny)[0].params
  model = build.pipeline(_config(family, tiny=tiny)).model
  controls = Controls()
  if 'cond' in model.controls:
    shape = pieces, length, len(annotations.COLUMNS)
    controls = controls._replace(cond=np.zeros(shape, np.int16))
  keys = generate.piece_keys(0, pieces)
  sample = jax.jit(lambda p, k, c: model.sample(p, k, length, c))
  params = jax.device_put(params)
  return lambda: np.asarray(sample(params, keys, controls))


def _milliseconds(run, rounds=10):
  """The median after a first call, in which it is compiled."""
  run()
  times = []
  for _ in range(2 if TINY.value else rounds):
    since = time.perf_counter()
    run()
    times.append(time.perf_counter() - since)
  return round(1e3 * statistics.median(times), 4)


if __name__ == '__main__':
  launch.run(main, required=(OUTPUT_DIR,))
