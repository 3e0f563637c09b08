"""Samples new music from a trained model: .mid, .png, .wav, .musicxml, a page.

python -m experiments.generate --pretrained=lstm-chorales \\
    --output_dir=out/new
"""

import json
import pathlib
import time

from absl import flags

from musiczoo.errors import printable, UserError
from musiczoo.music import json_files

from . import best_of, input_flags, launch, model_flags, pages, sampling_flags

OUTPUT_DIR = flags.DEFINE_string(
  'output_dir',
  None,
  'Folder for the music; pieces of an earlier call in it are replaced.',
)
TEMPO = flags.DEFINE_integer(
  'tempo',
  None,
  'Quarter notes a minute; left out: those of the music, of the primer, or 80.',
  lower_bound=4,  # Slower ones do not fit into three bytes of microseconds.
  upper_bound=1000,
)
NOVELTY = flags.DEFINE_bool(
  'novelty',
  None,
  'Report what is copied from the training pieces; left out: only for a --workdir.',
)
WAV = flags.DEFINE_bool('wav', False, 'Render each piece as audio, too.')
MUSICXML = flags.DEFINE_bool(
  'musicxml', False, 'Write each piece as a score for notation programs, too.'
)
SOUNDFONT = flags.DEFINE_string(
  'soundfont',
  None,
  "Soundfont file for --wav, or 'none' for the built-in synthesizer; left "
  'out: $MUSICZOO_SOUNDFONT, or one that the system has.',
)


_NOVELTY = 'novelty.json'
# The rules of --forbid as `part_writing` names them.
_KINDS = {
  'parallels': ('parallel_fifths', 'parallel_octaves'),
  'crossings': ('crossings',),
  'leaps': ('leaps_over_octave',),
  'overlaps': ('overlaps',),
  'spacing': ('wide_spacings',),
}


def main():
  model_flags.check()
  flag, files = input_flags.requested()
  from musiczoo import build
  from musiczoo.sampling import given
  from musiczoo.show import outputs

  from . import cost, inputs

  player = _player()
  build.cache_compilation()
  config, pipeline, params, step = model_flags.load()
  spec = pipeline.spec
  input_flags.check(config, pipeline, flag)
  best_of.check(spec, flag)
  pages.check_marks(spec)
  options = sampling_flags.options(config, pipeline)
  pieces = [given.read(file, is_audio=spec.is_audio) for file in files]
  output = pathlib.Path(OUTPUT_DIR.value)
  earlier = _earlier(output, flag, files)
  launch.make_folder(output)
  if flag in (None, 'primer_midi'):
    cost.announce(pipeline, params, options, best_of.BEST_OF.value)
  begun = time.perf_counter()
  generated = inputs.generate(config, pipeline, params, flag, pieces, options)
  seconds = time.perf_counter() - begun
  if earlier:
    (output / _NOVELTY).unlink(missing_ok=True)
  if spec.is_audio:
    references = {piece.origin: piece.music for piece in pieces}
    outputs.write_audio(
      generated.scores, output, title=model_flags.name(), references=references
    )
  else:
    scores = _write(generated.scores, output, pieces, player)
  tokens = spec.num_decisions(generated.x)
  print(
    f'{len(generated.scores)} pieces by the model of step {step} in {output}'
    f'{f", in place of {earlier} earlier ones" if earlier else ""}: '
    f'{tokens} tokens in {seconds:.1f} s, {tokens / seconds:.0f} tokens/s '
    'with compilation'
  )
  if spec.is_audio:
    return
  if sampling_flags.FORBID.value:
    print(_forbidden(generated.scores))
  if player is not None:
    print(f'played by {player.name}')
  novelty = None
  if NOVELTY.value or NOVELTY.value is None and not model_flags.is_pretrained():
    novelty = _novelty(config, spec, generated.new_scores(), output)
  if pages.HTML.value is not None:
    _page(pages.Trained(config, pipeline, params), scores, pieces, novelty)


def _earlier(output, flag, files):
  """The number of earlier pieces, which are replaced; none of them is given."""
  from musiczoo.show import outputs

  pieces = outputs.earlier(output)
  replaced = {path.resolve() for piece in pieces for path in piece}
  for file in files:
    if pathlib.Path(file).resolve() in replaced:
      raise UserError(
        f'--{flag}={file}: the pieces in --output_dir={output} are replaced, '
        'and this is one of them: choose another folder'
      )
  return len(pieces)


def _player():
  """The player of --wav, or None."""
  from musiczoo.show import sound

  if SOUNDFONT.value is not None and not WAV.value:
    raise UserError('--soundfont has no effect without --wav: add it')
  return sound.find(SOUNDFONT.value) if WAV.value else None


def _write(scores, output, pieces, player):
  """Writes all files; returns the Scores as they were written."""
  from musiczoo.music.tempo import first_tempo
  from musiczoo.show import outputs

  options = {'title': model_flags.name(), 'player': player}
  options['notation'] = MUSICXML.value
  if pieces:  # Latents keep no tempo.
    options['default_tempo'] = 60e6 / first_tempo(pieces[0].music)
  return outputs.write_scores(scores, output, tempo=TEMPO.value, **options)


def _forbidden(scores):
  """How often a rule of --forbid is broken all the same."""
  from musiczoo.evaluation.metrics.part_writing import violations

  kinds = [broken.kind for score in scores for broken in violations(score)]
  counts = ', '.join(
    f'{name} {sum(kinds.count(kind) for kind in _KINDS[name])}'
    for name in sampling_flags.FORBID.value
  )
  return f'relaxed, where every pitch was forbidden or given: {counts}'


def _novelty(config, spec, scores, output):
  """Writes, prints and returns the report, or prints why there is none.

  Args:
    scores: of new music only.
  """
  from musiczoo import build
  from musiczoo.evaluation.novelty import report as report_lib

  steps = spec.steps_per_quarter
  try:
    reports = report_lib.report(build.corpus(config), steps, generated=scores)
  except UserError as e:
    print(printable(f'no novelty report: {e}'))
    return None
  text = json.dumps(json_files.finite(reports), indent=1) + '\n'
  launch.write_text(output / _NOVELTY, text)
  print(
    printable(report_lib.summary(reports['generated'], reports['test'], steps))
  )
  return reports


def _page(trained, scores, pieces, novelty):
  """Writes --html: the new pieces, the given ones and real ones."""
  from musiczoo.show import page
  from musiczoo.show.page import numbers

  config, pipeline = trained.config, trained.pipeline
  grid = pipeline.spec.steps_per_quarter
  num_steps = pages.segment_steps(
    grid, pipeline.model.window or sampling_flags.NUM_STEPS.value
  )
  copied = {k: numbers.copied(v) for k, v in (novelty or {}).items()}
  groups = [
    pages.generated_group(
      'Generated',
      scores,
      trained,
      num_steps,
      group=copied.get('generated', {}),
      piece=numbers.longest(novelty['generated'], grid) if novelty else {},
    )
  ]
  if pieces:
    given = [
      page.Piece(
        pathlib.Path(piece.origin).name,
        piece.music,
        numbers.metrics_of(piece.music, grid, num_steps),
      )
      for piece in pieces
    ]
    groups.append(page.Group('Given', given))
  corpus, missing = pages.find_corpus(config, 'test')
  if corpus:
    groups.append(
      pages.real_group(
        corpus, 'test', trained, num_steps, group=copied.get('test', {})
      )
    )
  copies = pages.COPIED_NOTE if novelty else missing
  notes = pages.notes(trained, num_steps, copies)
  title = f'musiczoo: {model_flags.name()}'
  pages.write(pages.HTML.value, title, groups, notes)


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(model_flags.EITHER, OUTPUT_DIR))


if __name__ == '__main__':
  run()
