"""Writes new music: a trained model in; .mid, .wav, pictures, a page out."""

import json
import pathlib
import time

from absl import flags

from musiczoo.errors import UserError

from . import chosen, given, launch, pages

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
    'novelty', None,
    'Say what of the music is copied from its training, which takes the corpus: '
    'as a rule of a model of your own.',
)
WAV = flags.DEFINE_bool('wav', False, 'Write each piece as sound, too.')
SOUNDFONT = flags.DEFINE_string(
    'soundfont', None, "File of a soundfont to play --wav by; 'none' for our "
    'own synth; else $MUSICZOO_SOUNDFONT, or what the system has.',
)


def main():
  chosen.check()
  launch.require(output_dir=OUTPUT_DIR.value)
  flag, files = given.asked()
  from musiczoo import build
  from musiczoo.evaluation import audio_baselines
  from musiczoo.music import audio, midi

  player = _player()
  build.cache_compilation()
  config, pipeline, params, step = chosen.load()
  given.check(config, pipeline, flag)
  is_sound = pipeline.representation.spec.kind == 'frames'
  how = _how(config, pipeline)
  read = audio.read if is_sound else midi.read
  songs = [(read(file), file) for file in files]
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  begun = time.perf_counter()
  written = given.write(config, pipeline, params, flag, songs, **how)
  seconds = time.perf_counter() - begun
  if is_sound:
    heard = {file: song for song, file in songs}
    audio_baselines.write(written.scores, output, title=chosen.name(), beside=heard)
  else:
    music = _put(written.scores, output, songs, player)
  # A token is one decision: a voice's step, a roll's or sound's frame, an event.
  whole = pipeline.representation.spec.kind in ('bits', 'frames')
  tokens = written.x[..., 0].size if whole else written.x.size
  print(
      f'{len(written.scores)} pieces by the model of step {step} in {output}: '
      f'{tokens} tokens in {seconds:.1f} s, {tokens / seconds:.0f} tokens/s '
      'with compilation'
  )
  if is_sound:
    return
  if player is not None:
    print(f'played by {player.name}')
  copied = None
  if NOVELTY.value or NOVELTY.value is None and chosen.own():
    copied = _novelty(config, pipeline, written.scores, output)
  if pages.HTML.value is not None:
    _page((config, pipeline, params), music, songs, copied)


def _player():
  """Who plays --wav, or None."""
  from musiczoo.show import sound

  if SOUNDFONT.value is not None and not WAV.value:
    raise UserError('--soundfont means nothing without --wav: add it')
  return sound.find(SOUNDFONT.value) if WAV.value else None


def _how(config, pipeline) -> dict:
  """What the flags say of how to write; refuses what this model can't do."""
  from musiczoo.sampling import generate

  return {
      'num_outputs': NUM_OUTPUTS.value,
      'num_steps': NUM_STEPS.value,
      'seed': SEED.value,
      'controls': generate.check_controls(
          pipeline.model,
          temperature=0.0 if ARGMAX.value else TEMPERATURE.value,
          top_k=TOP_K.value,
          top_p=TOP_P.value,
          min_p=MIN_P.value,
      ),
      'requested': generate.check_requested(
          config,
          chords=CHORDS.value,
          key=KEY.value,
          style=STYLE.value,
          density=DENSITY.value,
      ),
  }


def _put(scores, output, songs, player):
  """Writes all files; returns the Scores as they were written."""
  from musiczoo.sampling import generate

  usual_tempo = 80.0
  if songs and len(songs[0][0].tempi):
    usual_tempo = 60e6 / int(songs[0][0].tempi[0, 1])
  return generate.write(
      scores,
      output,
      tempo=TEMPO.value,
      usual_tempo=usual_tempo,
      title=chosen.name(),
      player=player,
  )


def _novelty(config, pipeline, music, output):
  """Writes and prints the report and returns it, or says why there is none."""
  from musiczoo import build
  from musiczoo.evaluation.novelty import report as report_lib

  steps = pipeline.representation.spec.steps_per_quarter
  try:
    report = report_lib.copying(build.corpus(config), steps, generated=music)
  except UserError as e:
    print(f'no novelty report: {e}')
    return None
  launch.write_text(output / 'novelty.json', json.dumps(report, indent=1) + '\n')
  print(report_lib.in_words(report['generated'], report['test'], steps))
  return report


def _page(trained, music, songs, copied):
  """Writes --html: the new pieces, what they were given, and real ones."""
  from musiczoo.show import page
  from musiczoo.show.page import numbers

  config, pipeline, _ = trained
  grid = pipeline.representation.spec.steps_per_quarter
  num_steps = pages.stretch(grid, pipeline.model.window or NUM_STEPS.value)
  new = {name: numbers.copied(of) for name, of in (copied or {}).items()}
  groups = [
      pages.new(
          'Generated', music, trained, num_steps,
          group=new.get('generated', {}),
          piece=numbers.longest(copied['generated'], grid) if copied else {},
      )
  ]
  if songs:
    groups.append(page.Group('Given', [
        page.Piece(
            pathlib.Path(file).name, score,
            numbers.figures(score, grid, num_steps),
        )
        for score, file in songs
    ]))
  corpus, missing = pages.at_hand(config, 'test')
  if corpus:
    groups.append(pages.real(
        corpus, 'test', trained, num_steps, group=new.get('test', {})
    ))
  notes = [pages.note(num_steps, grid), pages.COPIED if copied else missing]
  pages.write(
      pages.HTML.value,
      f'musiczoo: {chosen.name()}',
      groups,
      filter(None, notes),
  )


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
