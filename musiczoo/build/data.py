"""The corpus, pieces, feature statistics and batches of a config."""

import dataclasses
import logging
import pathlib

from musiczoo.build.config import Choice, RunConfig, with_tuples
from musiczoo.build.pipeline import Pipeline
from musiczoo.data import corpora, dataset, encoding, sections
from musiczoo.data.batches import make_batch_at
from musiczoo.data.cache import audio_frames
from musiczoo.data.corpus import Corpus
from musiczoo.data.pieces import Pieces
from musiczoo.errors import UserError
from musiczoo.music.grid_fit import KEPT
from musiczoo.representations import REPRESENTATIONS

log = logging.getLogger(__name__)


def corpus(config: RunConfig) -> Corpus:
  """The corpus: scores, or sounds where the representation is of audio."""
  is_audio = config.representation.make(REPRESENTATIONS).spec.is_audio
  load = corpora.load_sounds if is_audio else corpora.load
  return load(config.corpus, config.split)


def pieces(
  config: RunConfig, pipeline: Pipeline, corpus: Corpus, split: str
) -> Pieces:
  """A split, encoded; of a config with `sections`, only these.

  Raises:
    UserError: the split is empty, or nothing is left of it.
  """
  _check_has_pieces(config, corpus, split)
  representation = pipeline.representation
  if pipeline.spec.is_audio:
    return audio_frames.open(
      corpus[split], *_measure(config), representation.normalize
    )
  key = {'representation': config.representation.to_dict()}
  if pipeline.annotate:
    key |= {'styles': config.conditions.styles}
    if config.conditions.key_signatures:
      key |= {'key_signatures': True}
  found = encoding.open_split(
    corpus[split], representation, annotate=pipeline.annotate, cache_key=key
  )
  bar_steps, planes = vars(config.sections).values()
  if not bar_steps:
    return found
  plays = sections.planes_that_play(pipeline.spec, planes)
  names = [_part_of(pipeline.spec, plane) for plane in planes]
  return sections.cut_sections(
    found, config.window, bar_steps=bar_steps, plays=plays, names=names
  )


def _part_of(spec, plane):
  """The name of the part that a plane of bits belongs to, in lower case."""
  first = plane * spec.depth // spec.planes
  parts = spec.parts if spec.planes > 1 else ()
  found = (name.lower() for name, s in parts if s.start <= first < s.stop)
  return next(found, 'notes')


def _check_has_pieces(config, corpus, split):
  if not len(corpus[split]):
    sizes = ', '.join(f'{len(p)} {name}' for name, p in corpus.items())
    raise UserError(
      f"corpus '{config.corpus}' has no {split} pieces ({sizes}): add some"
    )


def warn_of_grid(config: RunConfig, pipeline: Pipeline) -> None:
  """Logs that the grid of a config loses onsets that the dataset's own keeps.

  Said of grids that `prepare` has counted, if they lose more than it accepts.
  """
  path = pathlib.Path(config.corpus)
  if pipeline.spec.is_audio or not dataset.is_dataset(path):
    return
  steps, found = pipeline.spec.steps_per_quarter, dataset.grids(path)
  if found is None or steps not in found.onsets_kept:
    return
  best, kept = found
  if kept[steps] < min(KEPT, kept[best]):
    log.warning(
      "corpus '%s': a grid of %d steps a quarter note keeps %.1f%% of its onsets, "
      'of %d steps %.1f%%: set --config.representation.steps_per_quarter=%d',
      *(config.corpus, steps, 100 * kept[steps], best, 100 * kept[best], best),
    )


def with_statistics(
  config: RunConfig, pipeline: Pipeline, corpus: Corpus
) -> tuple[RunConfig, Pipeline]:
  """Both with the mean and sd of the audio features of the training pieces.

  They become part of the config. Symbolic music, and a config that has them,
  stay as they are.
  """
  choice = config.representation
  if pipeline.representation.normalize is None or choice.options.get('mean'):
    return config, pipeline
  _check_has_pieces(config, corpus, 'train')
  found = audio_frames.statistics(corpus['train'], *_measure(config))
  choice = Choice(choice.name, {**choice.options, **with_tuples(found)})
  config = dataclasses.replace(config, representation=choice)
  return config, pipeline._replace(representation=choice.make(REPRESENTATIONS))


def _measure(config):
  """(all that the features depend on, the function Sound -> [T, D])."""
  usual = {'mean': (), 'sd': ()}
  choice = config.representation
  plain = Choice(choice.name, {**choice.options, **usual})
  free = 'iterations', *usual
  depends = {k: v for k, v in plain.to_dict().items() if k not in free}
  return depends, plain.make(REPRESENTATIONS).encode


def batches(
  config: RunConfig,
  pipeline: Pipeline,
  pieces: Pieces,
  rows: slice = slice(None),
):
  """batch_at(seed, step) of the training pieces, or these rows of each batch."""
  return make_batch_at(
    pieces,
    batch_size=config.batch_size,
    window=config.window,
    rows=rows,
    bars=config.window_align == 'bar',
    augment=pipeline.representation if config.augment else None,
    fragment=pipeline.representation.fragment,
    excerpts=config.excerpts.counts,
    opening_quarters=config.excerpts.opening_quarters,
    steps_per_quarter=pipeline.spec.steps_per_quarter,
  )
