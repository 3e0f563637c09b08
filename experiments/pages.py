"""What a command has at hand -> the listening page of it: --html."""

import pathlib

from absl import flags
import numpy as np

from musiczoo.errors import UserError

from . import launch

HTML = flags.DEFINE_string(
    'html', None, 'File to write a page to that plays and shows the music.'
)
MOST = 8  # Real pieces that are shown.
QUARTERS = 16  # Of the stretches by which pieces are compared.
COPIED = (
    'Copied is the share of windows of so many steps that are found in the '
    'training pieces, in any key.'
)


def write(path, title: str, groups, notes=()) -> None:
  """Writes the page of some `page.Group`s."""
  from musiczoo.show import page

  launch.write_text(pathlib.Path(path), page.html(title, groups, notes))


def stretch(steps_per_quarter: int, most: int | None = None) -> int:
  """How many steps of the grid pieces are compared by; `most` at the most."""
  usual = QUARTERS * steps_per_quarter
  return min(usual, most or usual)


def note(num_steps: int, steps_per_quarter: int) -> str:
  """What the sample metrics of a page are."""
  return (
      f'Metrics are means over stretches of {num_steps / steps_per_quarter:g} '
      'quarter notes that begin with a bar, so that pieces of any length can '
      'be compared; a shorter piece has none.'
  )


def new(name, scores, trained, num_steps, *, group, piece):
  """The group of new pieces, 000.mid, 001.mid, ...

  Args:
    trained: config, System and params of the model.
    num_steps: as of `stretch`.
    group: more numbers of the group, by their names.
    piece: more numbers of some pieces, by the place of each.
  """
  from musiczoo.data import corpora
  from musiczoo.show import page

  found = [corpora.Piece(f'{i:03d}.mid', s) for i, s in enumerate(scores)]
  rows = _numbers(*trained, 'scores', found, num_steps)
  return page.Group(name, [
      page.Piece(*written, row | piece.get(i, {}))
      for i, (written, row) in enumerate(zip(found, rows))
  ], group)


def real(corpus, split, trained, num_steps, *, group):
  """The group of a few pieces of a split, as the model hears them."""
  from musiczoo import build
  from musiczoo.data import corpora
  from musiczoo.sampling import generate
  from musiczoo.show import page

  pieces = corpus.splits[split]
  chosen = np.linspace(0, len(pieces) - 1, min(MOST, len(pieces)))
  found = [pieces[i] for i in chosen.astype(int).tolist()]
  representation = trained[1].representation
  encoded = build.encoded(
      corpora.Corpus(corpus.kind, {split: found}), split, representation
  )
  rows = _numbers(*trained, corpus.kind, found, num_steps)
  return page.Group(f'Real: {len(found)} of {len(pieces)} {split} pieces', [
      page.Piece(piece.name, generate.timed(representation.decode(x)), row)
      for piece, x, row in zip(found, encoded, rows)
  ], group)


def at_hand(config, split):
  """The corpus of a model, or None and why there is none."""
  from musiczoo import build

  try:
    corpus = build.corpus(config)
  except UserError as e:
    return None, f'There is no real music beside it: {e}.'
  if not len(corpus.splits[split]):
    return None, f'The corpus has no {split} pieces to put beside it.'
  return corpus, None


def _numbers(config, pipeline, params, kind, found, num_steps):
  """Of each piece found its metrics and, where they are known, its nats."""
  from musiczoo import build
  from musiczoo.data import corpora
  from musiczoo.evaluation import likelihood
  from musiczoo.show.page import numbers

  representation = pipeline.representation
  corpus = corpora.Corpus(kind, {'test': found})
  x = build.encoded(corpus, 'test', representation)
  rows = [
      numbers.figures(
          representation.decode(piece), representation.spec.steps_per_quarter,
          num_steps,
      )
      for piece in x
  ]
  heard = [i for i, piece in enumerate(x) if len(piece)]
  if not pipeline.model.monitor or not heard:
    return rows
  some = corpora.Corpus(kind, {'test': [found[i] for i in heard]})
  pieces = build.pieces(config, some, 'test', representation)
  if len(pieces) != len(heard):  # They were cut into passages.
    return rows
  devices = build.devices(config)
  nats = likelihood.make_piece_nll(devices, pipeline, pieces, config['batch_size'])
  name = numbers.words(likelihood.monitor_name(pipeline))
  for i, value in zip(heard, nats(devices.replicate(params)).tolist()):
    if np.isfinite(value):
      rows[i] = {name: value} | rows[i]
  return rows
