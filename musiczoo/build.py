"""A config -> representation, pieces, model, optimizer, devices.

The one file that makes things of a config; `fit` reads the numbers of the run
itself. Each part of a config is a table of keyword
arguments, sometimes with the `name` of who takes them; the functions they are
passed to are the schema and hold the defaults.
"""

from collections.abc import Mapping
import inspect
import os
import typing
from typing import NamedTuple

from flax import linen as nn
import jax
import numpy as np

from musiczoo.arguments import call, choose, named
from musiczoo.data import batches as batches_lib, corpora, sections
from musiczoo.data.cache import audio_frames, encoded as mapped
from musiczoo.data.dataset import Split, style_of
from musiczoo.errors import UserError
from musiczoo.models.model import Model
from musiczoo.models.zoo import ZOO
from musiczoo.music import annotations
from musiczoo.music.score import Score
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import HEADS
from musiczoo.representations import Representation, REPRESENTATIONS
from musiczoo.training import parallel
from musiczoo.training.loop import Schedule
from musiczoo.training.optimizers import OPTIMIZERS

DTYPES = dict.fromkeys(('float32', 'bfloat16'))  # Of the computation.
BEGINS = dict.fromkeys(('anywhere', 'bar'))  # Where a window may begin.
# The same bits in the same place, or on any number of devices.
REPRODUCIBLE = {'run': 0, 'device_invariant': parallel.SHARDS}
ON_NAN = dict.fromkeys(('stop', 'skip', 'roll_back'))


class Pipeline(NamedTuple):
  """What a config says about a model, without its data or its training.

  Attributes:
    representation: between Scores and x.
    model: of x.
  """

  representation: Representation
  model: Model


def pipeline(config: Mapping) -> Pipeline:
  choose('dtype', DTYPES, config['dtype'])
  representation = _representation(config)
  spec = representation.spec
  conditioning = call('conditions', _conditions, config['conditions'])
  if conditioning.columns and spec.is_audio:
    raise UserError(
        'config.conditions.use: a model of audio has no conditions: set '
        '--config.conditions.use='
    )
  model = make_model(
      config['family'],
      spec,
      _head(config, spec) if config['head'] else None,
      config['model'],
      window=config['window'],
      conditioning=conditioning,
      dtype=config['dtype'],
      remat=config['remat'],
  )
  if model.window is not None and config['begin'] != 'bar':
    raise UserError(
        f"family '{config['family']}' makes windows that begin with a bar: set "
        '--config.begin=bar'
    )
  return Pipeline(representation, model)


def make_model(
    name: str,
    spec: Spec,
    head: nn.Module | None,
    options: Mapping,
    *,
    window: int,
    conditioning: Conditioning = Conditioning(),
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """A model of a family, by its name.

  Args:
    name: in ZOO.
    spec: of x.
    head: predicts each step; None for families that have an output of their own.
    options: the table of the family's options, checked here.
    window, conditioning, dtype, remat: what all families of a config share.

  Raises:
    UserError: the family has no such option, or can't do what is asked.
  """
  family = choose('family', ZOO, name)
  hints = typing.get_type_hints(family)
  options = call('model', hints['options'], options)
  own_output = hints['head'] is type(None)
  if own_output and head is not None:
    raise UserError(
        f"family '{name}' has an output of its own: leave config.head out"
    )
  if not own_output and head is None:
    raise UserError(f"family '{name}' needs a head: set config.head")
  declared = inspect.signature(family).parameters
  if conditioning.columns and 'conditioning' not in declared:
    raise UserError(
        f"config.conditions.use: family '{name}' can not be conditioned: set "
        '--config.conditions.use='
    )
  if remat and 'remat' not in declared:
    raise UserError(
        f"--config.remat=True: family '{name}' has nothing to recompute: set "
        '--config.remat=False'
    )
  values = {
      'window': window,
      'conditioning': conditioning,
      'dtype': dtype,
      'remat': remat,
  }
  values = {key: value for key, value in values.items() if key in declared}
  return family(spec, head, options, **values)


def _head(config, spec):
  head = named(
      'head', HEADS, config, depth=spec.depth, dtype=config['dtype']
  )
  if head.kind != spec.kind:
    raise UserError(
        f"head '{config['head']['name']}' predicts {head.kind}, but "
        f"representation '{config['representation']['name']}' gives "
        f'{spec.kind}: set --config.head.name to a head that fits'
    )
  if getattr(head, 'voices', None) not in (None, *spec.shape):
    raise UserError(
        f'--config.head.voices={head.voices}: the music has '
        f'{spec.shape[0]} voices'
    )
  return head


def _conditions(*, use, styles, features, forget):
  if not 0 <= forget < 1 or features < 1:
    raise UserError(
        f'config.conditions.features={features}, forget={forget}: give 1 or '
        'more features, and forget 0 or more, below 1'
    )
  if len(styles) > annotations.MOST_STYLES:
    raise UserError(
        f'config.conditions.styles: {len(styles)} are named, but a model can '
        f'be told {annotations.MOST_STYLES} at the most'
    )
  return Conditioning(annotations.columns(use), features, forget)


def optimizer(config: Mapping):
  return named('optimizer', OPTIMIZERS, config)


def corpus(config: Mapping) -> corpora.Corpus:
  sounds = _representation(config).spec.kind == 'frames'
  return (corpora.load_sounds if sounds else corpora.load)(config['corpus'])


def _representation(config):
  return named('representation', REPRESENTATIONS, config)


def fitted(
    config: Mapping, pipeline: Pipeline, corpus: corpora.Corpus
) -> tuple[Mapping, Pipeline]:
  """Both with the mean and sd of what is measured of the training pieces.

  They are part of the config from then on, wherever it is saved; of music that
  is not measured, and of a config that has them, both are as they were.
  """
  normal = config['representation']
  if pipeline.representation.normalize is None or normal['mean']:
    return config, pipeline
  _some(config, corpus, 'train')
  found = audio_frames.statistics(corpus.splits['train'], *_measuring(config))
  config = {**config, 'representation': normal | found}
  return config, pipeline._replace(representation=_representation(config))


def _measuring(config):
  """All that measuring depends on, and what measures: Sound -> [T, D]."""
  usual = {'mean': (), 'sd': ()}
  plain = config['representation'] | usual
  depends = {k: v for k, v in plain.items() if k not in ('iterations', *usual)}
  return depends, _representation({'representation': plain}).encode


def encoded(
    corpus: corpora.Corpus, split: str, representation: Representation
) -> list[np.ndarray]:
  """The split's pieces as arrays; rolls of a benchmark are so already."""
  found = corpus.splits[split]
  if corpus.kind == 'scores':
    return [representation.encode(p.score) for p in found]
  if any(p.score.shape[1:] != representation.spec.shape for p in found):
    raise UserError(
        'this corpus is piano-rolls, which keep no notes: set '
        '--config.representation.name=pianoroll and a head for it'
    )
  return [p.score for p in found]


def annotate(config: Mapping, representation: Representation):
  """Returns (piece, x) -> its `conditions`, or None if nobody asks for them."""
  choose('begin', BEGINS, config['begin'])
  told = config['conditions']['use'] or config['passages']['bar']
  if config['begin'] == 'anywhere' and not told:
    return None
  grid, styles = representation.spec.steps_per_quarter, config['conditions']['styles']

  def of(piece, x):
    score = piece.score
    if not isinstance(score, Score):  # A benchmark's roll.
      score = representation.decode(score)
    style = annotations.style_number(style_of(piece.name), styles)
    table = annotations.of(score, grid, style)
    return annotations.of_rows(table, x, representation.spec.steps_per_token)

  return of


def pieces(
    config: Mapping,
    corpus: corpora.Corpus,
    split: str,
    representation: Representation,
) -> batches_lib.Pieces:
  """The split's pieces, encoded: a dataset's on disk, others' in memory.

  Or their passages, where the config asks for them.
  """
  found = _pieces(config, corpus, split, representation)
  return call('passages', _passages, config['passages'], found, representation,
              window=config['window'])


def _passages(found, representation, *, bar, planes, window):
  if not bar:
    return found
  if representation.spec.kind == 'frames':
    raise UserError(
        f'config.passages.bar={bar}: a sound has no bars: set '
        '--config.passages.bar=0'
    )
  if not set(planes) <= set(range(representation.spec.planes)):
    raise UserError(
        f'config.passages.planes={tuple(planes)}: there are 0 to '
        f'{representation.spec.planes - 1}'
    )

  def plays(x):
    by_plane = np.asarray(x).reshape(len(x), representation.spec.planes, -1)
    return by_plane[:, list(planes)].any(2)

  return sections.passages(found, window, bar=bar, plays=plays)


def _some(config, corpus, split):
  """The pieces of a split, of which there are some."""
  if not len(corpus.splits[split]):
    sizes = ', '.join(f'{len(p)} {name}' for name, p in corpus.splits.items())
    raise UserError(
        f"corpus '{config['corpus']}' has no {split} pieces ({sizes}): add some"
    )
  return corpus.splits[split]


def _pieces(config, corpus, split, representation):
  found = _some(config, corpus, split)
  if corpus.kind == 'sounds':
    choose('begin', BEGINS, config['begin'])  # A bar may be at any frame.
    return audio_frames.open(found, *_measuring(config), representation.normalize)
  of = annotate(config, representation)
  if isinstance(found, Split):
    key = {'representation': config['representation']}
    if of:
      key |= {'styles': list(config['conditions']['styles'])}
    return mapped.open(found, key, representation.encode, of)
  x = encoded(corpus, split, representation)
  return batches_lib.pack(x, list(map(of, found, x)) if of else None)


def batches(
    config: Mapping,
    pieces: batches_lib.Pieces,
    representation,
    rows: slice = slice(None),
):
  """batch_at(seed, step) of the training pieces, or these rows of each batch."""
  changes = {
      'transpose': representation.transpose,
      'transpose_range': representation.transpose_range,
      'augment_performance': representation.augment_performance,
  }
  return batches_lib.make_batch_at(
      pieces,
      batch_size=config['batch_size'],
      window=config['window'],
      rows=rows,
      bars=config['begin'] == 'bar',
      **(changes if config['augment'] else {}),
  )


def devices(config: Mapping) -> parallel.Parallel:
  mode = choose('parallel', parallel.MODES, config['parallel'])
  return mode(jax.devices())


def shards(config: Mapping) -> int:
  """Parts of a batch that are summed up in a fixed order; 0: none."""
  return choose('reproducible', REPRODUCIBLE, config['reproducible'])


def schedule(config: Mapping) -> Schedule:
  return Schedule(**{name: config[name] for name in Schedule._fields})


def check(config: Mapping) -> None:
  """Refuses numbers that no run can be made of."""
  least = {name: 1 for name in Schedule._fields}
  least |= {'steps': 0, 'patience': 0, 'batch_size': 1, 'microbatches': 1}
  # One step of a window may be only context for the next.
  least |= {'window': 2, 'seed': 0}
  for name, value in least.items():
    if name not in config:
      raise UserError(f'the config has no {name}: see experiments/configs')
    if not value <= config[name] < 2**32:
      raise UserError(f'--config.{name}={config[name]}: give {value} or more')
  choose('on_nan', ON_NAN, config['on_nan'])
  if not 0 <= config['ema_decay'] < 1:
    raise UserError(
        f'--config.ema_decay={config["ema_decay"]}: give 0 or more, below 1'
    )


def cache_compilation() -> None:
  """Keeps compiled programs in the user's cache folder, across processes."""
  home = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
  jax.config.update(
      'jax_compilation_cache_dir', os.path.join(home, 'musiczoo', 'compiled')
  )
  # Smaller ones than the usual second, too: a sweep needs them again and again.
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.1)
  jax.config.update('jax_persistent_cache_min_entry_size_bytes', 0)
