"""Gives the pretrained models today's names, by the table of `equivalence`.

  python -m benchmarks.equivalence_repack --old=DIR

DIR is a checkout of revision 0804405, whose files are read at each call: a
weight never goes through two renamings, and the same table gives the same
bytes.
"""

import argparse
import json
import pathlib

import numpy as np

from benchmarks import equivalence_names as names
from musiczoo.runs import config_history, pretrained


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--old', required=True, type=pathlib.Path)
  old = parser.parse_args().old / 'musiczoo' / 'pretrained' / 'models'
  for folder in sorted(path.parent for path in old.glob('*/weights.npz')):
    repack(folder, pretrained.MODELS / folder.name)


def repack(source: pathlib.Path, folder: pathlib.Path) -> None:
  """Writes the weights and config of `source` to `folder`, renamed; seals it."""
  saved = json.loads((source / 'config.json').read_text())
  family = saved['config']['family']
  saved['config'] = config_history.upgraded(saved['config'])
  with np.load(source / 'weights.npz', allow_pickle=False) as weights:
    renamed = {
      names.rename(name, names.PARAMS, family): weights[name]
      for name in weights
    }
  np.savez_compressed(
    folder / 'weights.npz', **{name: renamed[name] for name in sorted(renamed)}
  )
  text = json.dumps(saved, indent=1, sort_keys=True) + '\n'
  (folder / 'config.json').write_text(text)
  pretrained.seal(folder)


if __name__ == '__main__':
  main()
