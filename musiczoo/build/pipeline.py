"""Pipeline: the representation and the model of a config."""

from collections.abc import Callable, Mapping
import inspect
import typing
from typing import Annotated, NamedTuple

from flax import linen as nn
import numpy as np

from musiczoo.build.config import Conditions, RunConfig, Sampling
from musiczoo.data import encoding
from musiczoo.errors import check_options, check_value, OneOf, UserError
from musiczoo.models.model import Model
from musiczoo.models.zoo import ZOO
from musiczoo.music import annotations
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads import HEADS
from musiczoo.representations import Representation, REPRESENTATIONS


class Pipeline(NamedTuple):
  """A model and what belongs to it, without data and without training.

  Attributes:
    representation: between Scores, or Sounds, and x.
    model: of x.
    conditions: what it is conditioned on.
    annotate: (piece, x) -> the conditions of its steps; None if neither the
      model nor the choice of windows needs them.
    sampling: how it is sampled where nothing else is asked for.
    ensembles: the instruments of training songs, of `compound`, see
      `sampling.ensembles`; without any the model samples them.
  """

  representation: Representation
  model: Model
  conditions: Conditions = Conditions((), (), 1, 0.0, False)
  annotate: Callable | None = None
  sampling: Sampling = Sampling(1.0, 1.0, 1)
  ensembles: tuple[np.ndarray, ...] = ()

  @property
  def spec(self) -> Spec:
    """What a model needs to know of x."""
    return self.representation.spec


def pipeline(config: RunConfig) -> Pipeline:
  """Builds the representation and the model of a config.

  Raises:
    UserError: two parts do not fit each other.
  """
  made = config.representation.make(REPRESENTATIONS)
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
  if any(config.excerpts.counts.values()) and (
    not (spec.is_grid or spec.is_melody) or model.window is not None
  ):
    raise UserError(
      'excerpts are for models of whole pieces whose steps are those of the '
      'grid: set --config.excerpts.openings=0 and --config.excerpts.phrase_ends=0'
    )
  if (
    config.sampling.phrase_candidates > 1
    and 'phrase_candidates' not in model.controls
  ):
    raise UserError(
      f"family '{config.family}' samples no candidates of phrases of "
      f'{spec.kind}: set --config.sampling.phrase_candidates=1'
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
    annotate = encoding.make_annotate(
      made, conditions.styles, conditions.key_signatures
    )
  return Pipeline(made, model, conditions, annotate, config.sampling)


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
    UserError: the family has no such option, or cannot use an argument.
  """
  check_value('family', name, Annotated[str, OneOf(*ZOO)])
  family = ZOO[name]
  hints = typing.get_type_hints(family)
  check_options('model', hints['options'], options)
  options = hints['options'](**options)
  own_output = hints['head'] is type(None)
  declared = inspect.signature(family).parameters
  for is_wrong, message in (
    (own_output and head, 'has an output of its own: leave config.head out'),
    (not own_output and not head, 'needs a head: set config.head'),
    (
      conditioning.columns and 'conditioning' not in declared,
      'cannot be conditioned: set --config.conditions.columns=',
    ),
    (
      remat and 'remat' not in declared,
      'has nothing to recompute: set --config.remat=False',
    ),
  ):
    if is_wrong:
      raise UserError(f"family '{name}' {message}")
  values = dict(
    window=window, conditioning=conditioning, dtype=dtype, remat=remat
  )
  used = {key: value for key, value in values.items() if key in declared}
  return family(spec, head, options, **used)


def _head(config, spec):
  if config.head is None:
    return None
  head = config.head.make(HEADS, depth=spec.depth, dtype=config.dtype)
  if head.kind != spec.kind:
    raise UserError(
      f"head '{config.head.name}' predicts {head.kind}, but representation "
      f"'{config.representation.name}' gives {spec.kind}: set "
      '--config.head.name to a head that fits'
    )
  if getattr(head, 'voices', None) not in (None, *spec.shape):
    raise UserError(
      f'--config.head.voices={head.voices}: the music has '
      f'{spec.shape[0]} voices'
    )
  return head
