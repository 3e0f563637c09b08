"""The files of an exported model, as bytes.

The same model gives the same bytes, wherever and whenever it is exported.
"""

from collections.abc import Mapping
import dataclasses
import hashlib
import json
import pathlib

from musiczoo.build import Pipeline, RunConfig
from musiczoo.errors import UserError
from musiczoo.export import onnx_model, play, player, stablehlo, weights
from musiczoo.export.card import card
from musiczoo.music.files import format_sums


def files(
  config: RunConfig,
  pipeline: Pipeline,
  params,
  *,
  step: int,
  figures: Mapping[str, float],
  onnx: bool = True,
) -> dict[str, bytes]:
  """All files by name, SHA256SUMS the last.

  Args:
    config, pipeline, params, step: of `workdir.load`.
    figures: measured of the checkpoint, for the card.
    onnx: write model.onnx, of families with one net that generates.

  Raises:
    UserError: a package that is needed is missing, or the model is of audio or of
      compound rows.
  """
  if pipeline.spec.kind == 'compound':
    raise UserError(
      'a model of compound rows cannot be exported, play.py has no decoder of '
      'them: keep the workdir, and give it to experiments.generate'
    )
  if pipeline.spec.is_audio:
    raise UserError(
      'a model of audio cannot be exported, its player would need librosa: '
      'keep the workdir, and give it to experiments.generate'
    )
  # Without the path of its folder, which is nobody else's business.
  corpus = pathlib.PurePath(config.corpus).name
  config = dataclasses.replace(config, corpus=corpus)
  flat = weights.flat(params)
  made = {
    'model.safetensors': weights.to_bytes(flat),
    'sample.jaxexport': stablehlo.sampler(pipeline, flat),
    'step.jaxexport': stablehlo.step(pipeline, flat),
    'play.py': pathlib.Path(play.__file__).read_bytes(),
  }
  if onnx and (model := onnx_model.to_bytes(config, flat)) is not None:
    made['model.onnx'] = model
  text = card(pipeline, config, step, flat, figures, made)
  made['MODEL_CARD.md'] = text.encode()
  table = {
    'step': step,
    'config': config.to_dict(),
    'player': player.table(pipeline, config),
    'files': sorted([*made, 'config.json']),
  }
  text = json.dumps(table, indent=1, sort_keys=True) + '\n'
  made['config.json'] = text.encode()
  sums = {k: hashlib.sha256(v).hexdigest() for k, v in made.items()}
  return made | {'SHA256SUMS': format_sums(sums).encode()}
