"""A trained model walks in; the files of its export walk out, as bytes.

The same model gives the same bytes, wherever and whenever it is exported.
"""

from collections.abc import Mapping
import dataclasses
import hashlib
import json

from musiczoo.build import Pipeline, RunConfig
from musiczoo.errors import UserError
from musiczoo.export import compose, onnx_model, stablehlo, weights
from musiczoo.export.card import card, corpus_name
from musiczoo.music.files import format_sums

SUMS = 'SHA256SUMS'


def files(
  config: RunConfig,
  pipeline: Pipeline,
  params,
  *,
  step: int,
  figures: Mapping[str, float],
  onnx: bool = True,
) -> dict[str, bytes]:
  """Name -> bytes, the sums last.

  Args:
    config, system, params, step: of `workdir.load`.
    figures: what was measured of the checkpoint, for the card.
    onnx: make model.onnx, of families that have one net that writes.

  Raises:
    UserError: a package that writes one of them is missing, or the model is of
      sound.
  """
  if pipeline.representation.spec.kind == 'frames':
    raise UserError(
      'a model of sound can not be exported: its player would need librosa; '
      'keep the workdir, and give it to experiments.generate'
    )
  config = dataclasses.replace(config, corpus=corpus_name(config))
  flat = weights.flat(params)
  made = {
    'model.safetensors': weights.to_bytes(flat),
    'config.json': _json({'step': step, 'config': config.to_dict()}),
    'sample.jaxexport': stablehlo.sampler(pipeline, flat),
    'step.jaxexport': stablehlo.step(pipeline, flat),
  }
  if onnx and (model := onnx_model.to_bytes(config, flat)) is not None:
    made['model.onnx'] = model
  text = card(pipeline, config, step, flat, figures, made)
  made['MODEL_CARD.md'] = text.encode()
  names = sorted([*made, 'play.py'])
  made['play.py'] = compose.compose(pipeline, config, names).encode()
  sums = {n: hashlib.sha256(made[n]).hexdigest() for n in names}
  return made | {SUMS: format_sums(sums).encode()}


def _json(content):
  return (json.dumps(content, indent=1, sort_keys=True) + '\n').encode()
