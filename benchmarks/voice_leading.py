"""Voice-leading and form of the chorales, and of folders of MIDI files.

  python -m benchmarks.voice_leading [FOLDER ...]

prints JSON: each figure of docs/voice_leading.md for each split of the chorales
and each folder, with its bootstrap interval over pieces. The files of a folder
are in voices, such as those that `generate` writes.
"""

import argparse
import json
import pathlib

from experiments import config as configs
from musiczoo import build
from musiczoo.evaluation import voice_comparison
from musiczoo.music import midi

CONFIG = pathlib.Path(__file__).parents[1] / 'experiments/configs/chorales.py'


def splits() -> dict[str, list]:
  """The chorales of each split as the models of voices represent them."""
  config = build.RunConfig.from_dict(configs.load(f'{CONFIG}:lstm'))
  representation = build.pipeline(config).representation
  return {
    name: voice_comparison.real_scores(pieces, representation)
    for name, pieces in build.corpus(config).items()
  }


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('folder', nargs='*', type=pathlib.Path)
  music = splits()
  train = music['train']
  for folder in parser.parse_args().folder:
    files = sorted(folder.glob('*.mid'))
    music[folder.name] = [midi.read(file) for file in files]
  pieces = {name: len(scores) for name, scores in music.items()}
  found = voice_comparison.compare(music, train)
  print(json.dumps({'pieces': pieces} | found, indent=1))


if __name__ == '__main__':
  main()
