"""The pretrained models of the package, by name.

models/lstm-chorales/weights.npz    float16 as bytes, by name
                     config.json    what builds the net, and its step
                     grade.json     what its music is graded by; of voices
                     ensembles.json of the training pieces; of compound
                     CARD.md        data, figures, limits
                     SHA256SUMS     of the others
"""

import dataclasses
import difflib
import json
import pathlib

import numpy as np

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.export import weights
from musiczoo.music import files, json_files, seals
from musiczoo.runs import config_history, ensembles, shipped, workdir
from musiczoo.training import checkpoint

MODELS = shipped.MODELS
WEIGHTS, CONFIG = shipped.WEIGHTS, 'config.json'
CARD, SUMS = 'CARD.md', 'SHA256SUMS'
GRADE = 'grade.json'
_AGAIN = 'install musiczoo again'


def names() -> list[str]:
  """The names of all models."""
  return shipped.names(MODELS)


def load(name: str):
  """A pretrained model, as `workdir.load` gives one of a run.

  Raises:
    UserError: there is none of that name, or a file of it is not as packed.
  """
  if name not in names():
    near = difflib.get_close_matches(name, names(), 1)
    others = f'there are {", ".join(names()) or "none"}'
    hint = f'did you mean {near[0]}?' if near else others
    raise UserError(f"no pretrained model '{name}': {hint}")
  folder = MODELS / name
  check(folder)
  try:
    saved = json_files.read(folder / CONFIG)
    config, step = config_history.parse(saved['config']), int(saved['step'])
    pipeline = build.pipeline(config)
    pipeline = pipeline._replace(ensembles=ensembles.read(folder))
    with np.load(folder / WEIGHTS, allow_pickle=False) as halves:
      flat = {name: _joined(halves[name]) for name in halves}
  except UserError:
    raise
  except Exception as e:  # A file that was sealed, but not by `pack`.
    reason = (str(e).splitlines() or [''])[0][:80]
    raise UserError(
      f'{folder} holds no model ({type(e).__name__}: {reason}): {_AGAIN}'
    ) from e
  params = checkpoint.conform(
    weights.nested(flat), workdir.shapes(pipeline), origin=str(folder)
  )
  return config, pipeline, params, step


def grade_reference(name: str) -> dict | None:
  """What the music of a model is graded by, as JSON; None if it has none."""
  path = MODELS / name / GRADE
  return json_files.read(path) if path.exists() else None


def find(place: str):
  """The best model of a workdir or, where no folder is, of that name."""
  if pathlib.Path(place).is_dir() or place not in names():
    return workdir.load(place)
  return load(place)


def pack(
  origin: str,
  folder: pathlib.Path,
  reference: dict | None = None,
  sampling: build.Sampling | None = None,
) -> None:
  """Writes the best model of a workdir as a folder of `models`, without a card.

  Args:
    reference: what its music is graded by, or None.
    sampling: defaults that were chosen after the training; None: the run's.
  """
  config, pipeline, params, step = workdir.load(origin)
  # A dataset is not shipped: of its place the name is kept.
  config = dataclasses.replace(config, corpus=pathlib.Path(config.corpus).name)
  if sampling is not None:
    config = dataclasses.replace(config, sampling=sampling)
  folder.mkdir(parents=True, exist_ok=True)
  halves = {name: _split(a) for name, a in weights.flat(params).items()}
  np.savez_compressed(folder / WEIGHTS, **halves)
  text = json.dumps(
    {'step': step, 'config': config.to_dict()}, indent=1, sort_keys=True
  )
  (folder / CONFIG).write_text(text + '\n')
  ensembles.write(folder, list(pipeline.ensembles))
  if reference is not None:
    (folder / GRADE).write_text(json.dumps(reference) + '\n')
  seal(folder)


def seal(folder: pathlib.Path) -> None:
  """Writes the SHA256SUMS of a folder."""
  sums = files.digests(folder, but=SUMS)
  (folder / SUMS).write_text(files.format_sums(sums))


def _split(a):
  """float32 -> its float16 as low and high bytes, uint8 [2, *shape].

  High bytes are much alike: apart from the low ones they compress well.
  """
  pairs = np.asarray(a, np.float16)[..., None].view(np.uint8)
  return np.ascontiguousarray(np.moveaxis(pairs, -1, 0))


def _joined(bytes_2x):
  """The inverse of `_split`."""
  pairs = np.ascontiguousarray(np.moveaxis(bytes_2x, 0, -1))
  return pairs.view(np.float16)[..., 0].astype(np.float32)


def check(folder: pathlib.Path) -> None:
  """Raises UserError unless all files of a folder are as packed."""
  try:
    seals.check(
      folder, SUMS, lambda text: files.parse_sums(text.decode()), is_exact=True
    )
  except seals.Damage as damage:
    raise UserError(f'{folder}/{damage}: {_AGAIN}') from damage
