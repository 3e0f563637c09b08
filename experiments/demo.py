"""The main job, end to end: Bach in, a trained LSTM, new chorales out."""

import pathlib

from absl import flags

from experiments import evaluate, generate, launch, train
from experiments.configs import chorales

OUTPUT_DIR = flags.FLAGS['output_dir']


def main():
  pass


if __name__ == '__main__':
  launch.run(main)
