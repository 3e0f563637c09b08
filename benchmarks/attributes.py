"""How well attributes of samples follow requests, by a model with latents.

  python -m benchmarks.attributes --model=vae-chorales [--num_pieces=200]

Each window is drawn from the prior, its latent shifted by a random amount from -2
to 2 along the direction of an attribute, and decoded. Prints Spearman's rank
correlation between the amounts and the measured attribute, and its mean where
the amount is below -1 and above 1.
"""

import argparse
import json

import numpy as np
from scipy.stats import spearmanr

from musiczoo import build
from musiczoo.nn.heads import Controls
from musiczoo.runs import pretrained
from musiczoo.sampling import attributes
from musiczoo.sampling.generate import generate


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--model', required=True, help='Workdir, or name of a pretrained model.'
  )
  parser.add_argument('--num_pieces', type=int, default=200)
  args = parser.parse_args()

  config, pipeline, params, _ = pretrained.find(args.model)
  train = build.pieces(config, pipeline, build.corpus(config), 'train')
  amounts = np.random.default_rng(0).uniform(-2, 2, args.num_pieces)
  result = {'pieces': args.num_pieces}
  for name, measure in attributes.ATTRIBUTES.items():
    more = attributes.direction(pipeline, params, train, name)
    shift = (amounts[:, None] * more).astype(np.float32)
    music = generate(
      pipeline,
      params,
      num_outputs=args.num_pieces,
      num_steps=pipeline.model.window,
      seed=0,
      controls=Controls(shift=shift),
    )
    values = np.array([measure(score) for score in music.scores])
    low, high = values[amounts < -1], values[amounts > 1]
    result[name] = {
      'spearman': round(
        float(spearmanr(amounts, values, nan_policy='omit').statistic), 3
      ),
      'mean_below_minus_1': round(float(np.nanmean(low)), 2),
      'mean_above_1': round(float(np.nanmean(high)), 2),
    }
  print(json.dumps(result, indent=2))


if __name__ == '__main__':
  main()
