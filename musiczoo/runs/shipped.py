"""Names of the models that the package holds; imports none of their code."""

import pathlib

MODELS = pathlib.Path(__file__).parent / 'pretrained' / 'models'
WEIGHTS = 'weights.npz'


def names(models: pathlib.Path = MODELS) -> list[str]:
  """The names of all models in a folder of them."""
  return sorted(path.parent.name for path in models.glob(f'*/{WEIGHTS}'))
