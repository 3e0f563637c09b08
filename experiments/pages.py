"""The --html flag, and what stands on its page."""

import dataclasses
import functools
import pathlib

from absl import flags
import numpy as np

from musiczoo.errors import UserError

from . import launch

HTML = flags.DEFINE_string(
  'html', None, 'File of a web page that plays and shows the music.'
)
MARKS = flags.DEFINE_list(
  'marks',
  [],
  'Rules of part-writing that are marked on the page where a piece of four '
  "voices breaks them, such as parallel_fifths,crossings; or 'all'.",
)
MAX_PIECES = 8  # Real pieces that are shown.
# Shorter pieces are padded to as many steps, so that all groups run one program.
MIN_STEPS = 512
SEGMENT_QUARTERS = 16  # Length of the segments by which pieces are compared.
VOICES_NOTE = (
  'Figures of voice-leading are sums over all pieces of a column, of real ones '
  'over the whole split, with 95 % bootstrap intervals in brackets.'
)
COPIED_NOTE = (
  'Copied is the share of windows of so many steps that are found in the '
  'training pieces, in any key.'
)


@dataclasses.dataclass
class Trained:
  """The model of a page: its RunConfig, Pipeline and parameters."""

  config: object
  pipeline: object
  params: object

  def nats(self, pieces):
    """The monitored figure of each of some Pieces."""
    compute, params = self._compiled
    return compute(params, pieces)

  @functools.cached_property
  def _compiled(self):
    """The program for all groups of the page, and the parameters on devices."""
    from musiczoo import build
    from musiczoo.evaluation import likelihood

    devices = build.devices(self.config)
    rows_and_steps = self.config.batch_size, MIN_STEPS
    compute = likelihood.make_piece_nll(devices, self.pipeline, *rows_and_steps)
    return compute, devices.replicate(self.params)


def write(path, title: str, groups, notes=()) -> None:
  """Writes the page of some `page.Group`s, and prints its path."""
  from musiczoo.show import page

  launch.write_text(pathlib.Path(path), page.html(title, groups, notes))
  print(f'wrote {path}')


def check_marks(spec=None) -> None:
  """Raises UserError if --marks cannot be used, or names no rule.

  Args:
    spec: of the model, if there is one.
  """
  from musiczoo.evaluation.metrics import part_writing

  if not MARKS.value:
    return
  if HTML.value is None:
    raise UserError('--marks has no effect without --html: add it')
  if spec is not None and spec.kind != 'voices':
    raise UserError('--marks is for models of voices: leave it out')
  for kind in MARKS.value:
    if kind not in (*part_writing.RULES, 'all'):
      raise UserError(
        f"--marks={kind}: give 'all' or some of "
        + ', '.join(part_writing.RULES)
      )


def marks(score) -> list:
  """The violations of the rules of --marks in a Score in voices."""
  from musiczoo.evaluation.metrics import part_writing

  if not MARKS.value:
    return []
  kinds = part_writing.RULES if 'all' in MARKS.value else MARKS.value
  try:
    found = part_writing.violations(score)
  except ValueError as error:
    raise UserError(f'--marks: {error}: leave it out') from None
  return [violation for violation in found if violation.kind in kinds]


def segment_steps(steps_per_quarter: int, limit: int | None = None) -> int:
  """Steps of the segments by which pieces are compared; at most `limit`."""
  steps = SEGMENT_QUARTERS * steps_per_quarter
  return min(steps, limit or steps)


def metrics_note(num_steps: int, steps_per_quarter: int) -> str:
  """A sentence on the sample metrics of a page."""
  return (
    f'Metrics are means over segments of {num_steps / steps_per_quarter:g} '
    'quarter notes that begin with a bar, so that pieces of any length can '
    'be compared; a shorter piece has none.'
  )


def generated_group(name, scores, trained, num_steps, *, group, piece=None):
  """The group of generated pieces, 000.mid, 001.mid, ...

  Args:
    trained: the `Trained` model.
    num_steps: of `segment_steps`.
    group: more numbers of the group, by name.
    piece: more numbers of pieces, by index and name.
  """
  from musiczoo.data.corpus import Piece
  from musiczoo.show import page

  found = [Piece(f'{i:03d}.mid', s) for i, s in enumerate(scores)]
  rows = _numbers(trained, found, num_steps)
  pieces = [
    page.Piece(*of, row | (piece or {}).get(i, {}), marks(of.score))
    for i, (of, row) in enumerate(zip(found, rows))
  ]
  return page.Group(name, pieces, _voice_leading(trained, scores) | group)


def real_group(corpus, split, trained, num_steps, *, group):
  """The group of a few pieces of a split, as the model represents them.

  Meters, keys and ends of phrases are those of the pieces.
  """
  from musiczoo.data import encoding
  from musiczoo.data.corpus import Piece
  from musiczoo.evaluation import voice_comparison
  from musiczoo.music.transform import with_form
  from musiczoo.show import outputs, page

  pieces = corpus[split]
  index = np.linspace(0, len(pieces) - 1, min(MAX_PIECES, len(pieces)))
  found = [pieces[i] for i in index.astype(int).tolist()]
  representation = trained.pipeline.representation
  encoded = [encoding.encode(piece, representation) for piece in found]
  rows = _numbers(trained, found, num_steps)
  scores = [outputs.with_defaults(representation.decode(x)) for x in encoded]
  scores = [
    with_form(score, piece.score) if isinstance(piece, Piece) else score
    for score, piece in zip(scores, found)
  ]
  shown = [
    page.Piece(piece.name, score, row, marks(score))
    for piece, score, row in zip(found, scores, rows)
  ]
  name = f'Real: {len(found)} of {len(pieces)} {split} pieces'
  scores = voice_comparison.real_scores(pieces, representation)
  return page.Group(name, shown, _voice_leading(trained, scores) | group)


def notes(trained, num_steps: int, *others: str | None) -> list[str]:
  """The sentences below the numbers: `others` that are not None come last."""
  spec = trained.pipeline.spec
  own = [metrics_note(num_steps, spec.steps_per_quarter)]
  if spec.kind == 'voices':
    own.append(VOICES_NOTE)
  return [*own, *filter(None, others)]


def find_corpus(config, split):
  """(corpus of a model, None), or (None, why there is none)."""
  from musiczoo import build

  try:
    corpus = build.corpus(config)
  except UserError as e:
    return None, f'There is no real music beside it: {e}.'
  if not len(corpus[split]):
    return None, f'The corpus has no {split} pieces to put beside it.'
  return corpus, None


def _numbers(trained, found, num_steps):
  """The metrics of each piece and, where it has one, its likelihood."""
  from musiczoo import build
  from musiczoo.data import encoding
  from musiczoo.evaluation import likelihood
  from musiczoo.show.page import numbers

  pipeline = trained.pipeline
  representation = pipeline.representation
  grid = pipeline.spec.steps_per_quarter
  encoded = [encoding.encode(piece, representation) for piece in found]
  scores = [representation.decode(x) for x in encoded]
  rows = [numbers.metrics_of(score, grid, num_steps) for score in scores]
  if pipeline.spec.kind == 'voices':
    rows = [
      numbers.voice_leading_of(score) | row for score, row in zip(scores, rows)
    ]
  index = [i for i, x in enumerate(encoded) if len(x)]
  if not pipeline.model.monitor or not index:
    return rows
  some = {'test': [found[i] for i in index]}
  pieces = build.pieces(trained.config, pipeline, some, 'test')
  if len(pieces) != len(index):  # They were cut into sections.
    return rows
  name = numbers.label(likelihood.monitor_name(pipeline))
  for i, value in zip(index, trained.nats(pieces).tolist()):
    if np.isfinite(value):
      rows[i] = {name: value} | rows[i]
  return rows


def _voice_leading(trained, scores):
  """The figures of a group of pieces, if the model's music is in voices."""
  from musiczoo.show.page import numbers

  if trained.pipeline.spec.kind != 'voices':
    return {}
  return numbers.voice_leading(scores)
