"""Samples that continue, complete or vary the music of input_flags."""

import numpy as np

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.models.model import LatentModel
from musiczoo.music import instruments
from musiczoo.sampling import (
  attributes,
  generate as generate_lib,
  latents,
  masks,
  rank,
  songs,
)
from musiczoo.sampling.generate import Generated
from musiczoo.sampling.primer import encode_primer

from . import best_of, input_flags, sampling_flags


def generate(config, pipeline, params, flag, pieces, options) -> Generated:
  """Samples what the flags ask for.

  Args:
    flag: name of the flag that gives music, of `input_flags.requested`; None
      samples from nothing.
    pieces: the `Given` of each file.
    options: of `sampling_flags.options`.
  """
  controls = options['controls']
  has_latent = isinstance(pipeline.model, LatentModel)
  is_audio = pipeline.spec.is_audio
  if is_audio and has_latent and sampling_flags.TEMPERATURE.value is None:
    # What a latent does not determine of a frame is noise, and is left out.
    controls = controls._replace(temperature=0.0)
  if input_flags.ATTRIBUTE.value is not None:
    name, amount = attributes.parse(input_flags.ATTRIBUTE.value)
    corpus = build.corpus(config)
    train = build.pieces(config, pipeline, corpus, 'train')
    shift = amount * attributes.direction(pipeline, params, train, name)
    controls = controls._replace(shift=shift)
  options = options | {'controls': controls}
  number, num_outputs = best_of.BEST_OF.value, options['num_outputs']
  if number == 1:
    return _GENERATE[flag](pipeline, params, pieces, options)
  options['num_outputs'] *= number
  # All samples of a piece have its form.
  options['forms'] = options['forms'] * number
  return rank.best(
    _GENERATE[flag](pipeline, params, pieces, options),
    num_outputs,
    best_of.make_score(config, pipeline, params),
  )


def _sample(pipeline, params, pieces, options):
  del pieces
  primer = None
  if input_flags.INSTRUMENTS.value is not None:
    primer = songs.ensemble(pipeline.spec, _instruments())
  return generate_lib.generate(pipeline, params, primer=primer, **options)


def _instruments():
  text = input_flags.INSTRUMENTS.value
  return () if text is None else instruments.parse(text)


def _continue(pipeline, params, pieces, options):
  primer = encode_primer(pipeline.representation, *pieces[0])
  form = sampling_flags.forms(pipeline, primer.time_signature)
  form['forms'] *= options['num_outputs'] // len(form['forms'])
  options = options | form
  return generate_lib.generate(pipeline, params, primer=primer, **options)


def _complete(mask):
  """Samples what `mask` leaves unknown; the length is that of the piece.

  Args:
    mask: (representation, score, file) -> Primer.
  """

  def complete(pipeline, params, pieces, options):
    primer = mask(pipeline.representation, *pieces[0][:2])
    if primer.free is not None:
      used = {k: options[k] for k in ('num_outputs', 'seed', 'controls')}
      return songs.complete(pipeline, params, primer, **used)
    return generate_lib.generate(
      pipeline,
      params,
      primer=_with_form(primer, options['forms'][0]),
      **options | {'num_steps': 0, 'forms': None},
    )

  return complete


def _with_form(primer, form):
  """The music to complete, in the metre and phrases that flags ask for."""
  score = primer.score
  if sampling_flags.TIME_SIGNATURE.value is not None:
    score = score._replace(meters=form._replace(begin=0).meters)
  if sampling_flags.PHRASES.value is not None:
    if form.phrase_ends[-1] != len(primer.x):
      raise UserError(
        f'--phrases={sampling_flags.PHRASES.value} are {form.phrase_ends[-1]} '
        f'steps, the music to complete has {len(primer.x)}'
      )
    ends = np.array(form.phrase_ends, np.int32)
    score = score._replace(phrase_ends=ends)
  return primer._replace(score=score)


def _infill(representation, score, file):
  bars = input_flags.INFILL_BARS.value
  tracks = input_flags.INFILL_TRACKS.value
  return masks.infill(representation, score, bars, file, tracks)


def _accompany(representation, score, file):
  part = input_flags.ACCOMPANY_PART.value
  return masks.accompany(representation, score, part, file, _instruments())


def _reconstruct(pipeline, params, pieces, options):
  piece = latents.encode_piece(pipeline.representation, *pieces[0][:2])
  used = {name: options[name] for name in ('seed', 'controls')}
  score = None if pipeline.spec.is_audio else pieces[0].music
  return latents.reconstruct(pipeline, params, piece, score=score, **used)


def _interpolate(pipeline, params, pieces, options):
  ends = [latents.encode_piece(pipeline.representation, *p[:2]) for p in pieces]
  used = {name: options[name] for name in ('num_outputs', 'seed', 'controls')}
  return latents.interpolate(pipeline, params, *ends, **used)


_GENERATE = {
  None: _sample,
  'primer_midi': _continue,
  'infill_midi': _complete(_infill),
  'harmonize_midi': _complete(masks.harmonize),
  'accompany_midi': _complete(_accompany),
  'reconstruct': _reconstruct,
  'interpolate': _interpolate,
}
