"""Writes new music: a trained model in, .mid files and their pictures out."""

import json
import pathlib
import time

from absl import flags

from experiments import launch
from musiczoo.errors import UserError

WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of a trained model.')
OUTPUT_DIR = flags.DEFINE_string('output_dir', None, 'Folder for the music.')
NUM_OUTPUTS = flags.DEFINE_integer('num_outputs', 8, 'Pieces.', lower_bound=1)
NUM_STEPS = flags.DEFINE_integer(
    'num_steps', 256, "Steps of the model's grid to write.", lower_bound=1
)
SEED = flags.DEFINE_integer(
    'seed', 0, 'Same seed, same music.', lower_bound=0, upper_bound=2**32 - 1
)
TEMPERATURE = flags.DEFINE_float('temperature', 1.0, 'Below 1 is bolder.')
TOP_K = flags.DEFINE_integer('top_k', 0, 'Only the k likeliest; 0: all.')
TOP_P = flags.DEFINE_float('top_p', 1.0, 'Only the likeliest with this share.')
MIN_P = flags.DEFINE_float('min_p', 0.0, 'Only this likely beside the best.')
ARGMAX = flags.DEFINE_bool('argmax', False, 'Always the likeliest.')
TEMPO = flags.DEFINE_integer(
    'tempo', None, "Quarter notes a minute; else the music's, the primer's or 80.",
    lower_bound=1, upper_bound=1000,
)
CHORDS = flags.DEFINE_string(
    'chords', None, "Chords to play, one a bar: 'C G Am F'."
)
KEY = flags.DEFINE_string('key', None, "Key to play in, such as 'Am'.")
STYLE = flags.DEFINE_string('style', None, 'Style to play in.')
DENSITY = flags.DEFINE_float('density', None, 'Notes a quarter.')
PRIMER_MIDI = flags.DEFINE_string(
    'primer_midi', None, 'MIDI file that each piece begins with.'
)
RECONSTRUCT = flags.DEFINE_string(
    'reconstruct', None, 'MIDI file to code, window by window, and write again.'
)
INTERPOLATE = flags.DEFINE_string(
    'interpolate', None, 'A.mid,B.mid: from the one to the other, in codes.'
)
ATTRIBUTE = flags.DEFINE_string(
    'attribute', None, 'What codes are to have more of, such as density:+1.'
)

NOVELTY = flags.DEFINE_bool(
    'novelty', True, 'Say what of the music is copied from its training.'
)


def main():
  launch.require(workdir=WORKDIR.value, output_dir=OUTPUT_DIR.value)
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo import attributes, build, generate, latent, midi, workdir

  build.cache_compilation()
  config, system, params, step = workdir.load(WORKDIR.value)
  controls = generate.check_controls(
      system.model,
      temperature=0.0 if ARGMAX.value else TEMPERATURE.value,
      top_k=TOP_K.value,
      top_p=TOP_P.value,
      min_p=MIN_P.value,
  )
  wishes = generate.check_wishes(
      config,
      chords=CHORDS.value,
      key=KEY.value,
      style=STYLE.value,
      density=DENSITY.value,
  )
  names = _files(system.model)
  songs = [midi.read(name) for name in names]
  usual_tempo = 80.0
  if songs and len(songs[0].tempi):
    usual_tempo = 60e6 / int(songs[0].tempi[0, 1])
  hear = latent.heard
  if PRIMER_MIDI.value is not None:
    hear = generate.encode_primer
  songs = [
      hear(system.representation, song, name)
      for song, name in zip(songs, names)
  ]
  if ATTRIBUTE.value is not None:
    name, amount = attributes.parse(ATTRIBUTE.value)
    train = build.pieces(
        config, build.corpus(config), 'train', system.representation
    )
    more = attributes.direction(system, params, train, name)
    controls = controls._replace(shift=amount * more)
  how = {'seed': SEED.value, 'controls': controls}
  begun = time.perf_counter()
  if RECONSTRUCT.value is not None:
    written = latent.reconstruct(system, params, *songs, **how)
  elif INTERPOLATE.value is not None:
    written = latent.interpolate(
        system, params, *songs, num_outputs=NUM_OUTPUTS.value, **how
    )
  else:
    written = generate.generate(
        system,
        params,
        num_outputs=NUM_OUTPUTS.value,
        num_steps=NUM_STEPS.value,
        primer=songs[0] if songs else None,
        wishes=wishes,
        **how,
    )
  seconds = time.perf_counter() - begun
  generate.write(
      written.scores,
      output,
      tempo=TEMPO.value,
      usual_tempo=usual_tempo,
      title=WORKDIR.value,
  )
  # A token is one decision: a voice's step, a roll's frame, an event.
  bits = system.representation.kind == 'bits'
  tokens = written.x[..., 0].size if bits else written.x.size
  print(
      f'{len(written.scores)} pieces by the model of step {step} in {output}: '
      f'{tokens} tokens in {seconds:.1f} s, {tokens / seconds:.0f} tokens/s '
      'with compilation'
  )
  if NOVELTY.value:
    print(_novelty(config, system, written.scores, output))


def _files(model):
  """The MIDI files to read; refuses flags that make no sense together."""
  from musiczoo import generate, latent

  if PRIMER_MIDI.value is not None:
    generate.check_can(model, 'given', '--primer_midi')
  for flag in (RECONSTRUCT, INTERPOLATE, ATTRIBUTE):
    if flag.value is not None:
      latent.check(model, f'--{flag.name}')
  if INTERPOLATE.value is not None:
    if RECONSTRUCT.value is not None or ATTRIBUTE.value is not None:
      raise UserError(
          '--interpolate has a way of its own: leave out --reconstruct and '
          '--attribute'
      )
    if INTERPOLATE.value.count(',') != 1 or NUM_OUTPUTS.value < 2:
      raise UserError(
          f'--interpolate={INTERPOLATE.value}: give two files, A.mid,B.mid, and '
          '--num_outputs of 2 or more'
      )
    if NUM_STEPS.present:
      raise UserError(
          f'--num_steps means nothing here: --interpolate writes windows of '
          f'{model.window} steps'
      )
    return INTERPOLATE.value.split(',')
  if RECONSTRUCT.value is not None and (
      NUM_STEPS.present or NUM_OUTPUTS.present
  ):
    raise UserError(
        '--num_steps and --num_outputs mean nothing here: --reconstruct writes '
        'one piece as long as its file'
    )
  return [n for n in (PRIMER_MIDI.value, RECONSTRUCT.value) if n is not None]


def _novelty(config, system, music, output):
  """Writes novelty.json; the report in words, or why there is none."""
  from musiczoo import build, copying

  steps = system.representation.steps_per_quarter
  try:
    report = copying.copying(build.corpus(config), steps, generated=music)
  except UserError as e:
    return f'no novelty report: {e}'
  launch.write_text(output / 'novelty.json', json.dumps(report, indent=1) + '\n')
  return copying.in_words(report['generated'], report['test'], steps)


if __name__ == '__main__':
  launch.run(main)
