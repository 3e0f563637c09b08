"""Compiler estimates for several seeds under vmap on a TPU, beside one seed.

  python -m benchmarks.seeds_tpu [--seeds=8] [--topology=v5e:2x2]

Needs no TPU, only its compiler: `pip install 'jax[tpu]'`. Compiles the train step
of a small GRU for one chip, once as it is and once under `vmap`, and adds up the
compiler's own estimates. An estimate, not a time.
"""

import argparse

import jax
from jax.sharding import SingleDeviceSharding

from experiments import config as configs
from musiczoo.build import RunConfig
from tpu_scripts import chips, hlo, programs


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--config', default='experiments/configs/poly.py:gru_bernoulli'
  )
  parser.add_argument('--topology', default='v5e:2x2')
  parser.add_argument('--seeds', type=int, default=8)
  parser.add_argument('--hidden', default='64')
  args = parser.parse_args()

  one_chip = SingleDeviceSharding(chips.of(args.topology)[0])
  for dtype in 'float32', 'bfloat16':
    config = RunConfig.from_dict(
      configs.load(
        args.config, [('model.hidden', args.hidden), ('dtype', dtype)]
      )
    )
    step, state, batch = programs.step_of(config, config.batch_size, None)
    many = programs.stacked((state, batch), args.seeds)
    cycles = [
      _cycles(function, programs.on(shapes, one_chip))
      for function, shapes in ((step, (state, batch)), (jax.vmap(step), many))
    ]
    print(
      f'{dtype:10}1 seed {cycles[0] / 1e6:.2f} M cycles   {args.seeds} seeds '
      f'{cycles[1] / 1e6:.2f} M   {cycles[1] / cycles[0]:.2f} times one',
      flush=True,
    )


def _cycles(function, shapes):
  compiled = jax.jit(function, donate_argnums=0).lower(*shapes).compile()
  return hlo.cost(compiled.as_text()).cycles


if __name__ == '__main__':
  main()
