"""RunConfig: the typed, checked form of a config.

Behind this file a config is no longer a plain dict. The schema of each table is
the signature of the function that takes it.
"""

from collections.abc import Mapping
import dataclasses
import typing
from typing import Annotated, Any

from musiczoo.data.splits import Rule
from musiczoo.errors import (
  check_options,
  check_value,
  OneOf,
  Range,
  Share,
  Units,
  UserError,
)
from musiczoo.models.zoo import ZOO
from musiczoo.music import annotations
from musiczoo.nn.heads import HEADS
from musiczoo.representations import REPRESENTATIONS
from musiczoo.training import parallel
from musiczoo.training.loop import Schedule
from musiczoo.training.optimizers import OPTIMIZERS

# Parts of a batch that are summed in a fixed order; 0: none.
REPRODUCIBLE = {'run': 0, 'device_invariant': parallel.SHARDS}
Count = Annotated[int, Range(1, below=2**32)]
CountOrZero = Annotated[int, Range(0, below=2**32)]


@dataclasses.dataclass(frozen=True)
class Choice:
  """One of several functions by its name, and its keyword arguments."""

  name: str
  options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

  def to_dict(self) -> dict:
    """The table of a config."""
    return {'name': self.name, **self.options}

  def make(self, functions: Mapping, **more):
    """Calls the function with its options; `more` overrides them."""
    return functions[self.name](**{**self.options, **more})


@dataclasses.dataclass(frozen=True)
class Conditions:
  """What a model is conditioned on in addition to the music.

  Attributes:
    columns: names in `annotations.NAMES`.
    styles: names of the styles, where `style` is a column.
    embed_dim: size of the columns' embedding.
    dropout: probability that a column is left out of a training row.
    key_signatures: whether the key is that of a piece's first key signature, where
      it has one; else it is found from the notes.
  """

  columns: tuple[str, ...]
  styles: tuple[str, ...]
  embed_dim: Units
  dropout: Share
  key_signatures: bool


@dataclasses.dataclass(frozen=True)
class Sections:
  """Which parts of the pieces are trained on and scored.

  Attributes:
    bar_steps: only consecutive bars of so many steps; 0: whole pieces.
    required_planes: of the representation, which play in each of these bars.
  """

  bar_steps: Annotated[int, Range(0, 2**20)]
  required_planes: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Excerpts:
  """Short rows that a batch has for each of its windows.

  Attributes:
    openings: of the beginnings of pieces.
    phrase_ends: of the ends of phrases; of pieces where phrases are not marked.
    opening_quarters: quarter notes of a row of openings.
  """

  openings: Annotated[int, Range(0, 1024)]
  phrase_ends: Annotated[int, Range(0, 1024)]
  opening_quarters: Annotated[int, Range(1, 1024)]

  @property
  def counts(self) -> dict[str, int]:
    """Rows for each window, by the kinds of `data.excerpts`."""
    return {'openings': self.openings, 'phrase_ends': self.phrase_ends}


@dataclasses.dataclass(frozen=True)
class Sampling:
  """How a model is sampled where nothing else is asked for.

  Attributes:
    temperature, top_p: as of `Controls`.
    phrase_candidates: continuations of each phrase, or each window, of which the
      best is kept, see `models.candidates`, `models.melody_candidates` and
      `models.window_candidates`; 1: the first.
  """

  temperature: Annotated[float, Range(0, 100)]
  top_p: Annotated[float, Range(1e-9, 1)]
  phrase_candidates: Annotated[int, Range(1, 256)]


@dataclasses.dataclass(frozen=True)
class RunConfig:
  """All that a run depends on except program, corpus and device.

  Attributes:
    family: name of the family, in `ZOO`.
    corpus: name of a corpus or path of music, as `corpora.load` takes it.
    split: 'hash', the corpus' own split or 80/10/10 by a hash of each name;
      other shares of training, validation and test in percent; or 'all', each
      piece in all three.
    representation, optimizer: a name, and the options of that name.
    head: likewise; None for families with an output of their own.
    model: options of the family.
    conditions: what the model is conditioned on, `Conditions`.
    sections: which parts of the pieces are used, `Sections`.
    excerpts: short rows beside the windows, `Excerpts`.
    sampling: defaults of sampling, `Sampling`.
    dtype: of the computation; parameters and losses are float32.
    remat: recompute activations in the backward pass, which saves memory.
    ema_decay: decay of the moving average of the parameters; 0: no average.
    window: steps of a training window.
    window_align: where a window begins, 'anywhere' or at a 'bar'.
    augment: transpose training windows, and vary tempo and velocity if they are
      represented.
    batch_size: rows of a batch, over all devices.
    microbatches: parts of a batch whose gradients are computed one by one, which
      saves memory.
    steps, steps_per_dispatch, log_every, eval_every, checkpoint_every, patience:
      as of `Schedule`.
    parallel: 'jit' or 'pmap'.
    reproducible: the same bits in the same place ('run'), or on 1, 2, 4 and 8
      devices alike ('device_invariant').
    on_nan: what happens at a non-finite step: 'stop' ends the run, 'skip' takes
      the next batch, 'roll_back' restores the newest checkpoint first.
    seed: seed of parameters, batches and noise.

  Raises:
    UserError: names the key that is unknown, missing, of a wrong type, out of
      range, or not an option of this family.
  """

  family: Annotated[str, OneOf(*ZOO)]
  corpus: str
  split: Annotated[str, Rule()]
  representation: Choice
  head: Choice | None
  model: Mapping[str, Any]
  optimizer: Choice
  conditions: Conditions
  sections: Sections
  excerpts: Excerpts
  sampling: Sampling
  dtype: Annotated[str, OneOf('float32', 'bfloat16')]
  remat: bool
  ema_decay: Share
  window: Annotated[int, Range(2, 2**20)]  # One step is only context.
  window_align: Annotated[str, OneOf('anywhere', 'bar')]
  augment: bool
  batch_size: Count
  microbatches: Count
  steps: CountOrZero
  steps_per_dispatch: Annotated[int, Range(1, 2**16)]
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
    """From a plain dict, as in a file; lists become tuples."""
    check_options('', cls, plain)
    parts = with_tuples(plain)
    for key in 'representation', 'head', 'optimizer':
      parts[key] = _choice(key, parts[key])
    for key, table in _TABLES.items():
      check_options(key, table, parts[key])
      parts[key] = table(**parts[key])
    return cls(**parts)

  def to_dict(self) -> dict:
    """A plain dict, as in config.json."""
    plain = dict(vars(self)) | {'model': dict(self.model)}
    for key in _TABLES:
      plain[key] = dict(vars(plain[key]))
    for key in 'representation', 'head', 'optimizer':
      plain[key] = plain[key].to_dict() if plain[key] else {}
    return plain

  def __post_init__(self):
    hints = typing.get_type_hints(type(self), include_extras=True)
    for field in dataclasses.fields(self):
      check_value(field.name, getattr(self, field.name), hints[field.name])
    for key, makers, given in (
      ('representation', REPRESENTATIONS, ()),
      ('head', HEADS, ('depth', 'dtype')),
      ('optimizer', OPTIMIZERS, ()),
    ):
      if choice := getattr(self, key):
        check_value(f'{key}.name', choice.name, Annotated[str, OneOf(*makers)])
        check_options(key, makers[choice.name], choice.options, given=given)
    options = typing.get_type_hints(ZOO[self.family])['options']
    check_options('model', options, self.model)
    _check_conditions(self.conditions, self.sections)

  @property
  def schedule(self) -> Schedule:
    """When the run logs, evaluates, saves and ends."""
    return Schedule(*(getattr(self, name) for name in Schedule._fields))

  @property
  def shards(self) -> int:
    """Parts of a batch that are summed in a fixed order; 0: none."""
    return REPRODUCIBLE[self.reproducible]


_TABLES = {
  'conditions': Conditions,
  'sections': Sections,
  'excerpts': Excerpts,
  'sampling': Sampling,
}


def _check_conditions(conditions, sections):
  annotations.columns(conditions.columns)
  if len(conditions.styles) > annotations.MAX_STYLES:
    raise UserError(
      f'--config.conditions.styles: give at most {annotations.MAX_STYLES}'
    )
  if conditions.styles and 'style' not in conditions.columns:
    raise UserError(
      '--config.conditions.styles: add style to --config.conditions.columns'
    )
  if sections.required_planes and not sections.bar_steps:
    raise UserError(
      '--config.sections.required_planes: set --config.sections.bar_steps, too'
    )


def _choice(key, table) -> Choice | None:
  if table == {} and key == 'head':
    return None
  if not isinstance(table, Mapping) or 'name' not in table:
    raise UserError(f'config.{key} has no name: see experiments/configs')
  options = dict(table)
  return Choice(options.pop('name'), options)


def with_tuples(value):
  """A copy of nested tables in which lists are tuples."""
  if isinstance(value, Mapping):
    return {k: with_tuples(v) for k, v in value.items()}
  if isinstance(value, (list, tuple)):
    return tuple(map(with_tuples, value))
  return value
