"""Writes new music: a trained model in, .mid or .wav files and pictures out."""

import json
import pathlib
import time

from absl import flags

from experiments import given, launch
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
NOVELTY = flags.DEFINE_bool(
    'novelty', True, 'Say what of the music is copied from its training.'
)


def main():
  launch.require(workdir=WORKDIR.value, output_dir=OUTPUT_DIR.value)
  flag, files = given.asked()
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo import audio, build, generate, midi, sounding, workdir

  build.cache_compilation()
  config, system, params, step = workdir.load(WORKDIR.value)
  given.check(system, flag)
  is_sound = system.representation.kind == 'frames'
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
  read = audio.read if is_sound else midi.read
  songs = [(read(file), file) for file in files]
  usual_tempo = 80.0
  if songs and not is_sound and len(songs[0][0].tempi):
    usual_tempo = 60e6 / int(songs[0][0].tempi[0, 1])
  begun = time.perf_counter()
  written = given.write(
      config,
      system,
      params,
      flag,
      songs,
      num_outputs=NUM_OUTPUTS.value,
      num_steps=NUM_STEPS.value,
      seed=SEED.value,
      controls=controls,
      wishes=wishes,
  )
  seconds = time.perf_counter() - begun
  if is_sound:
    heard = {file: song for song, file in songs}
    sounding.write(written.scores, output, title=WORKDIR.value, beside=heard)
  else:
    generate.write(
        written.scores,
        output,
        tempo=TEMPO.value,
        usual_tempo=usual_tempo,
        title=WORKDIR.value,
    )
  # A token is one decision: a voice's step, a roll's or sound's frame, an event.
  whole = system.representation.kind in ('bits', 'frames')
  tokens = written.x[..., 0].size if whole else written.x.size
  print(
      f'{len(written.scores)} pieces by the model of step {step} in {output}: '
      f'{tokens} tokens in {seconds:.1f} s, {tokens / seconds:.0f} tokens/s '
      'with compilation'
  )
  if NOVELTY.value and is_sound:
    print('no novelty report: it compares notes, and a sound has none')
  elif NOVELTY.value:
    print(_novelty(config, system, written.scores, output))


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
