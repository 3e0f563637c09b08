"""RunConfig: a checked config; and what is built of one.

The only file that reads a config as the plain dict that it is in a file. What a
table of it may hold is the signature of the function that takes it.
"""

from collections.abc import Callable, Mapping
import dataclasses
import inspect
import typing
from typing import Annotated, Any, NamedTuple

from flax import linen as nn
import jax

from musiczoo.data import corpora, encoding, sections
from musiczoo.data.batches import make_batch_at
from musiczoo.data.cache import audio_frames
from musiczoo.data.corpus import Corpus
from musiczoo.data.pieces import Pieces
from musiczoo.errors import check_options, check_value, OneOf, Range, UserError
from musiczoo.models.model import Model
from musiczoo.models.zoo import ZOO
from musiczoo.music import annotations
from musiczoo.music.files import cache_folder
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import HEADS
from musiczoo.representations import Representation, REPRESENTATIONS
from musiczoo.training import parallel
from musiczoo.training.loop import Schedule
from musiczoo.training.optimizers import OPTIMIZERS

# How many parts a batch is cut into, that are summed in a fixed order; 0: none.
REPRODUCIBLE = {'run': 0, 'device_invariant': parallel.SHARDS}
Count = Annotated[int, Range(1, below=2**32)]
CountOrZero = Annotated[int, Range(0, below=2**32)]
Share = Annotated[float, Range(0, below=1)]


@dataclasses.dataclass(frozen=True)
class Choice:
  """One of several functions by its name, and its keyword arguments."""

  name: str
  options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def to_dict(self) -> dict:
    return {'name': self.name, **self.options}


@dataclasses.dataclass(frozen=True)
class Conditions:
  """What a model is conditioned on beside the music.

  Attributes:
    columns: names in `annotations.NAMES`.
    styles: names of the styles, where `style` is a column.
    embed_dim: features that are made of the columns.
    dropout: share of the training rows from which a column is left out.
  """

  columns: tuple[str, ...]
  styles: tuple[str, ...]
  embed_dim: Count
  dropout: Share


@dataclasses.dataclass(frozen=True)
class Sections:
  """Which parts of the pieces are trained on and scored.

  Attributes:
    bar_steps: only bars of so many steps in a row; 0: whole pieces.
    required_planes: of the representation, that play in each of those bars.
  """

  bar_steps: CountOrZero
  required_planes: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class RunConfig:
  """All that a run depends on beside the program, the corpus and the device.

  Attributes:
    family: of the model, a name in `ZOO`.
    corpus: as `corpora.load` takes it.
    representation, head, optimizer: by name, with their options; a head of None
      is for families that have an output of their own.
    model: the family's options.
    conditions: what the model is conditioned on, `Conditions`.
    sections: which parts of the pieces are used, `Sections`.
    dtype: of the computation; parameters and losses are float32.
    remat: recompute activations in the backward pass, which saves memory.
    ema_decay: of the moving average of the parameters; 0 keeps none.
    window: steps of a training window.
    window_align: where a window begins, 'anywhere' or at a 'bar'.
    augment: transpose, and where it is represented vary tempo and velocity.
    batch_size: rows of a batch, over all devices.
    microbatches: parts of a batch whose gradients are computed one by one.
    steps, steps_per_dispatch, log_every, eval_every, checkpoint_every, patience:
      as of `Schedule`.
    parallel: 'jit' or 'pmap'.
    reproducible: the same bits in the same place ('run'), or on 1, 2, 4 and 8
      devices alike ('device_invariant').
    on_nan: what a step that is not finite does, as of `loop.run`.
    seed: of parameters, batches and noise.

  Raises:
    UserError: names the key that is unknown, missing, of another type, out of
      range, or that this family can't use.
  """

  family: Annotated[str, OneOf(*ZOO)]
  corpus: str
  representation: Choice
  head: Choice | None
  model: Mapping[str, Any]
  optimizer: Choice
  conditions: Conditions
  sections: Sections
  dtype: Annotated[str, OneOf('float32', 'bfloat16')]
  remat: bool
  ema_decay: Share
  window: Annotated[int, Range(2, below=2**32)]  # One step is only context.
  window_align: Annotated[str, OneOf('anywhere', 'bar')]
  augment: bool
  batch_size: Count
  microbatches: Count
  steps: CountOrZero
  steps_per_dispatch: Count
  log_every: Count
  eval_every: Count
  checkpoint_every: Count
  patience: CountOrZero
  parallel: Annotated[str, OneOf(*parallel.MODES)]
  reproducible: Annotated[str, OneOf(*REPRODUCIBLE)]
  on_nan: Annotated[str, OneOf('stop', 'skip', 'roll_back')]
  seed: CountOrZero

  @classmethod
  def from_dict(cls, plain: Mapping) -> 'RunConfig':
    """Of a plain dict, as it is in a file; lists become tuples."""
    check_options('', cls, plain)
    parts = _with_tuples(plain)
    for key in 'representation', 'head', 'optimizer':
      parts[key] = _choice(key, parts[key])
    for key, table in ('conditions', Conditions), ('sections', Sections):
      check_options(key, table, parts[key])
      parts[key] = table(**parts[key])
    return cls(**parts)

  def to_dict(self) -> dict:
    """A plain dict, such as config.json holds."""
    plain = dict(vars(self))
    for key, value in plain.items():
      if isinstance(value, Choice):
        plain[key] = value.to_dict()
      elif dataclasses.is_dataclass(value):
        plain[key] = dict(vars(value))
    return plain | {'model': dict(self.model), 'head': plain['head'] or {}}

  def __post_init__(self):
    hints = typing.get_type_hints(type(self), include_extras=True)
    for field in dataclasses.fields(self):
      check_value(field.name, getattr(self, field.name), hints[field.name])
    for key, makers, given in (
      ('representation', REPRESENTATIONS, ()),
      ('head', HEADS, ('depth', 'dtype')),
      ('optimizer', OPTIMIZERS, ()),
    ):
      choice = getattr(self, key)
      if choice is not None:
        check_value(f'{key}.name', choice.name, Annotated[str, OneOf(*makers)])
        check_options(key, makers[choice.name], choice.options, given=given)
    options = typing.get_type_hints(ZOO[self.family])['options']
    check_options('model', options, self.model)
    _check_conditions(self.conditions, self.sections)

  @property
  def schedule(self) -> Schedule:
    return Schedule(*(getattr(self, name) for name in Schedule._fields))

  @property
  def shards(self) -> int:
    """Parts of a batch that are summed in a fixed order; 0: none."""
    return REPRODUCIBLE[self.reproducible]


def _check_conditions(conditions, sections):
  annotations.columns(conditions.columns)
  if len(conditions.styles) > annotations.MOST_STYLES:
    raise UserError(
      f'--config.conditions.styles: {len(conditions.styles)} are named: give '
      f'{annotations.MOST_STYLES} at the most'
    )
  if conditions.styles and 'style' not in conditions.columns:
    raise UserError(
      '--config.conditions.styles are for the column style: add it to '
      '--config.conditions.columns'
    )
  if sections.required_planes and not sections.bar_steps:
    raise UserError(
      '--config.sections.required_planes are for sections: set '
      '--config.sections.bar_steps'
    )


class Pipeline(NamedTuple):
  """A model and what belongs to it, without data and without training.

  Attributes:
    representation: between Scores, or Sounds, and x.
    model: of x.
    conditions: what it is conditioned on.
    annotate: (piece, x) -> the conditions of its steps, or None where neither
      the model nor its windows need them.
  """

  representation: Representation
  model: Model
  conditions: Conditions = Conditions((), (), 1, 0.0)
  annotate: Callable | None = None

  @property
  def spec(self) -> Spec:
    return self.representation.spec


def pipeline(config: RunConfig) -> Pipeline:
  """Builds the representation and the model of a config.

  Raises:
    UserError: parts that do not fit each other.
  """
  made = _representation(config.representation)
  spec, conditions = made.spec, config.conditions
  if spec.is_audio and (conditions.columns or config.sections.bar_steps):
    raise UserError(
      'a model of audio takes no conditions and no sections: set '
      '--config.conditions.columns= and --config.sections.bar_steps=0'
    )
  if spec.is_audio and config.augment:
    raise UserError('audio is not augmented: set --config.augment=False')
  model = make_model(
    config.family,
    spec,
    _head(config, spec),
    config.model,
    window=config.window,
    conditioning=Conditioning(
      annotations.columns(conditions.columns),
      conditions.embed_dim,
      conditions.dropout,
    ),
    dtype=config.dtype,
    remat=config.remat,
  )
  if model.window is not None and config.window_align != 'bar':
    raise UserError(
      f"family '{config.family}' makes windows that begin with a bar: set "
      '--config.window_align=bar'
    )
  annotate = None
  if not spec.is_audio and (
    conditions.columns
    or config.sections.bar_steps
    or config.window_align == 'bar'
  ):
    annotate = encoding.make_annotate(made, conditions.styles)
  return Pipeline(made, model, conditions, annotate)


def _representation(choice: Choice) -> Representation:
  return REPRESENTATIONS[choice.name](**choice.options)


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
  check_value('family', name, Annotated[str, OneOf(*ZOO)])
  family = ZOO[name]
  hints = typing.get_type_hints(family)
  check_options('model', hints['options'], options)
  options = hints['options'](**options)
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
      f"config.conditions.columns: family '{name}' can not be conditioned: set "
      '--config.conditions.columns='
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
  if config.head is None:
    return None
  name = config.head.name
  head = HEADS[name](
    depth=spec.depth, dtype=config.dtype, **config.head.options
  )
  if head.kind != spec.kind:
    raise UserError(
      f"head '{name}' predicts {head.kind}, but representation "
      f"'{config.representation.name}' gives {spec.kind}: set "
      '--config.head.name to a head that fits'
    )
  if getattr(head, 'voices', None) not in (None, *spec.shape):
    raise UserError(
      f'--config.head.voices={head.voices}: the music has '
      f'{spec.shape[0]} voices'
    )
  return head


def optimizer(config: RunConfig, **changes):
  """The optimizer; `changes` are options that may be traced numbers."""
  choice = config.optimizer
  return OPTIMIZERS[choice.name](**{**choice.options, **changes})


def devices(config: RunConfig) -> parallel.Parallel:
  return parallel.MODES[config.parallel](jax.devices())


def corpus(config: RunConfig) -> Corpus:
  is_audio = _representation(config.representation).spec.is_audio
  return (corpora.load_sounds if is_audio else corpora.load)(config.corpus)


def pieces(
  config: RunConfig, pipeline: Pipeline, corpus: Corpus, split: str
) -> Pieces:
  """A split, encoded, or its sections, where the config names such.

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
  found = encoding.open_split(
    corpus[split], representation, annotate=pipeline.annotate, cache_key=key
  )
  bar_steps, planes = vars(config.sections).values()
  if not bar_steps:
    return found
  return sections.cut_sections(
    found,
    config.window,
    bar_steps=bar_steps,
    plays=sections.planes_that_play(pipeline.spec, planes),
  )


def _check_has_pieces(config, corpus, split):
  if not len(corpus[split]):
    sizes = ', '.join(f'{len(p)} {name}' for name, p in corpus.items())
    raise UserError(
      f"corpus '{config.corpus}' has no {split} pieces ({sizes}): add some"
    )


def with_statistics(
  config: RunConfig, pipeline: Pipeline, corpus: Corpus
) -> tuple[RunConfig, Pipeline]:
  """Both with the mean and sd of the features of the training pieces.

  They are part of the config from then on. Music that is not measured, and a
  config that has them, stay as they are.
  """
  choice = config.representation
  if pipeline.representation.normalize is None or choice.options.get('mean'):
    return config, pipeline
  _check_has_pieces(config, corpus, 'train')
  found = audio_frames.statistics(corpus['train'], *_measure(config))
  choice = Choice(choice.name, {**choice.options, **_with_tuples(found)})
  config = dataclasses.replace(config, representation=choice)
  return config, pipeline._replace(representation=_representation(choice))


def _measure(config):
  """All that the features depend on, and what measures: Sound -> [T, D]."""
  usual = {'mean': (), 'sd': ()}
  choice = config.representation
  plain = Choice(choice.name, {**choice.options, **usual})
  depends = plain.to_dict()
  for name in 'iterations', *usual:
    depends.pop(name, None)
  return depends, _representation(plain).encode


def batches(
  config: RunConfig,
  pipeline: Pipeline,
  pieces: Pieces,
  rows: slice = slice(None),
):
  """batch_at(seed, step) of the training pieces, or these rows of each batch."""
  representation, changes = pipeline.representation, {}
  if config.augment:
    changes = {
      'transpose': representation.transpose,
      'transpose_range': representation.transpose_range,
      'augment_performance': representation.augment_performance,
    }
  return make_batch_at(
    pieces,
    batch_size=config.batch_size,
    window=config.window,
    rows=rows,
    bars=config.window_align == 'bar',
    **changes,
  )


def cache_compilation() -> None:
  """Keeps compiled programs in the user's cache folder, across processes."""
  folder = cache_folder() / 'compiled'
  jax.config.update('jax_compilation_cache_dir', str(folder))
  # Smaller ones than the usual second, too: a sweep needs them again and again.
  jax.config.update('jax_persistent_cache_min_compile_time_secs', 0.1)
  jax.config.update('jax_persistent_cache_min_entry_size_bytes', 0)


def _choice(key, table) -> Choice | None:
  if table == {} and key == 'head':
    return None
  if not isinstance(table, Mapping) or 'name' not in table:
    raise UserError(f'config.{key} has no name: see experiments/configs')
  options = dict(table)
  return Choice(options.pop('name'), options)


def _with_tuples(value):
  if isinstance(value, Mapping):
    return {k: _with_tuples(v) for k, v in value.items()}
  if isinstance(value, (list, tuple)):
    return tuple(map(_with_tuples, value))
  return value
