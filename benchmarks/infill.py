"""Shares of given cells that infill keeps, and of drawn ones that differ.

  python -m benchmarks.infill --pretrained=infill-chorales --num=1000

Excerpts of the test pieces get holes, some bars of all voices or some voices
throughout, and are filled in. Counted are the given cells of another pitch than
before, and those that begin a note now and did not, or no longer do.
"""

import dataclasses

from absl import flags

from experiments import launch, model_flags

NUM = flags.DEFINE_integer('num', 1000, 'Infills.', lower_bound=1)
SWEEPS = flags.DEFINE_integer('sweeps', 20, 'Rounds of each.', lower_bound=1)
STEPS, ROWS = 64, 25  # Of an excerpt; at a time.


def main():
  model_flags.check()
  import jax
  import numpy as np

  from musiczoo import build
  from musiczoo.nn.heads import Controls
  from musiczoo.representations import cells as cells_lib

  build.cache_compilation()
  config, pipeline, params, _ = model_flags.load()
  config = dataclasses.replace(
    config, model={**config.model, 'sweeps': SWEEPS.value}
  )
  pipeline = build.pipeline(config)
  pieces = build.pieces(config, pipeline, build.corpus(config), 'test')
  long = [x for x in pieces.x if len(x) >= STEPS]
  sample = jax.jit(pipeline.model.sample, static_argnums=2)
  rng = np.random.default_rng(0)

  def excerpt(x):
    begin = rng.integers(len(x) - STEPS + 1)
    x = x[begin : begin + STEPS].astype(np.int32)
    return cells_lib.to_cells(x // 2, x % 2 == 1)  # It begins here.

  def begins(x):
    bits = (x % 2 == 1) & config.representation.options['onsets']
    cells = np.stack([cells_lib.to_cells(*a) for a in zip(x // 2, bits)])
    return (cells % 2 == 1) & (cells > 1)

  counts = dict.fromkeys(('given', 'pitch', 'attack', 'holes', 'written'), 0)
  for first in range(0, NUM.value, ROWS):
    rows = min(ROWS, NUM.value - first)
    x = np.stack([excerpt(long[i]) for i in rng.integers(len(long), size=ROWS)])
    known = np.ones(x.shape[1:], bool)
    if first // ROWS % 2:
      known[:, rng.permutation(4)[: rng.integers(1, 4)]] = False
    else:
      begin = 4 * rng.integers(1, 9)
      known[begin : begin + 4 * rng.integers(1, 8)] = False
    keys = jax.random.split(jax.random.key(first), ROWS)
    made = np.asarray(
      sample(params, keys, STEPS, Controls(given=x, known=known))
    )
    x, made = x[:rows], made[:rows]
    counts['given'] += rows * int(known.sum())
    counts['pitch'] += int((x // 2 != made // 2)[:, known].sum())
    counts['attack'] += int((begins(x) != begins(made))[:, known].sum())
    counts['holes'] += rows * int((~known).sum())
    counts['written'] += int((x // 2 != made // 2)[:, ~known].sum())
  print(
    f'{NUM.value} infills of {STEPS} steps: of {counts["given"]} given cells '
    f'{counts["pitch"]} have another pitch and {counts["attack"]} another '
    f'attack; of {counts["holes"]} holes {counts["written"]} have another '
    'pitch than the original'
  )


if __name__ == '__main__':
  launch.run(main, required=[model_flags.EITHER])
