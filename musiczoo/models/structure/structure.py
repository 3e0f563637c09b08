"""Structure: an analyser of bars, a planner of their codes, a renderer of x.

The analyser predicts the codes c(x) of the bars of x. The planner is a model of
the codes, the renderer a model of x conditioned on them. As c is a function of x,

  -log p(x) <= -log p(c(x)) - log p(x | c(x)),

which is `nll_bound`; its loss also teaches the analyser what the rules of
`conditions` say. Nobody teaches it through the codes: they are integers.
"""

import dataclasses
from typing import Annotated

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import OneOf, Range, UserError
from musiczoo.models.autoregressive import autoregressive, row_keys
from musiczoo.models.model import AnnotatingModel
from musiczoo.models.structure import codes as coding, planner as planning
from musiczoo.models.structure.analyser import Analyser, pictures
from musiczoo.models.structure.planner import Planner
from musiczoo.music import annotations as names
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.heads.distributions import log_categorical
from musiczoo.nn.recurrent import CELLS, Recurrent

# Noise apart from the renderer's, which folds in the numbers of steps.
_PLAN, _ASK, _FORGET, _SHUFFLE = range(1 << 24, (1 << 24) + 4)


@dataclasses.dataclass(frozen=True)
class StructureOptions:
  """Options of structure.

  Attributes:
    hidden: units per layer of the renderer.
    layers: of the renderer.
    planner_hidden: units of the planner.
    analyser_hidden: units of each dense layer of the analyser.
    analyser_channels: filters of its convolution.
    cell: of renderer and planner: 'rnn', 'lstm' or 'gru'.
    residual: whether layers of the renderer above the first add their input to
      their output.
    dropout: rate of locked dropout in renderer and planner, one mask per row
      for all its steps.
    bar_steps: of a bar. The first of a row may have begun before it; music in
      other meters is cut into such bars all the same.
  """

  hidden: Annotated[int, Range(1)]
  layers: Annotated[int, Range(1)]
  planner_hidden: Annotated[int, Range(1)]
  analyser_hidden: Annotated[int, Range(1)]
  analyser_channels: Annotated[int, Range(1)]
  cell: Annotated[str, OneOf(*CELLS)] = 'gru'
  residual: bool = False
  dropout: Annotated[float, Range(0, below=1)] = 0.0
  bar_steps: Annotated[int, Range(4, names.MAX_BAR_STEPS)] = 16

  def check(self, spec: Spec, conditioning: Conditioning) -> None:
    """Raises UserError unless the options fit x and its conditions."""
    if not spec.is_grid:
      raise UserError(
        'family structure models bars of a grid, not events or audio: set '
        '--config.representation.name to voices, tracks or pianoroll'
      )
    if not coding.codes_of(conditioning):
      raise UserError(
        'family structure has no annotations to predict: set '
        '--config.conditions.columns=key,chord,density,rhythm,section'
      )
    if self.bar_steps % 4:
      raise UserError(f'model.bar_steps={self.bar_steps}: give a multiple of 4')


def structure(
  spec: Spec,
  head: nn.Module,
  options: StructureOptions,
  *,
  conditioning: Conditioning = Conditioning(),
  dtype: str = 'float32',
  remat: bool = False,
) -> AnnotatingModel:
  """A hierarchical model whose renderer is conditioned on predicted annotations.

  Args:
    spec: of x; its steps are those of a grid.
    head: predicts each step.
    options: of the nets.
    conditioning: the annotations of a bar that the analyser predicts, and the
      style, a condition of planner and renderer. `forget` is how often the
      renderer is given no codes.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute layers of the renderer in the backward pass.
  """
  options.check(spec, conditioning)
  conditions = conditioning
  codes = coding.codes_of(conditioning)
  hidden, layers, cell = options.hidden, options.layers, options.cell
  planner_hidden, analyser_hidden = (
    options.planner_hidden,
    options.analyser_hidden,
  )
  analyser_channels, bar_steps = options.analyser_channels, options.bar_steps
  residual, dropout = options.residual, options.dropout
  dtype = jnp.dtype(dtype)
  analyser = Analyser(codes, analyser_channels, analyser_hidden, dtype)
  styles = dict(conditions.columns).get(names.STYLE, 1)
  planner = Planner(
    codes,
    styles,
    Recurrent(cell, planner_hidden, 1, dropout=dropout, dtype=dtype),
    Recurrent(cell, planner_hidden, 1, dtype=dtype),
    conditions.features,
    planner_hidden,
    dtype,
  )
  given = dict(conditions.columns) | {names.POSITION: names.COLUMNS['position']}
  renderer = autoregressive(
    Recurrent(cell, hidden, layers, residual, dropout, dtype, remat),
    head,
    spec,
    Conditioning(tuple(sorted(given.items())), conditions.features),
    dtype,
  )

  def init(rng, batch):
    rngs = jax.random.split(rng, 3)
    bars = coding.bars_of(batch['cond'], bar_steps)
    named = coding.named(codes, bars, batch['cond'])
    given = coding.spread(codes, bars, named, batch['cond'])
    x = pictures(bars.cut(batch['x']), spec)
    return {
      'analyser': analyser.init(rngs[0], x, jnp.ones(x.shape[:2]))['params'],
      'planner': planner.init(
        rngs[1],
        named,
        named,
        _style(batch),
        jnp.ones(x.shape[:2]),
        method='log_prob',
      )['params'],
      'renderer': renderer.init(rngs[2], batch | {'cond': given}),
    }

  def analyse(params, batch):
    """The row's bars, which there are, logits of their codes, and the codes."""
    bars = coding.bars_of(batch['cond'], bar_steps)
    mask_BxNxS = bars.cut(batch['mask'])
    real_BxN = mask_BxNxS.max(-1) > 0
    x = pictures(bars.cut(batch['x']), spec) * mask_BxNxS[..., None, None]
    logits = analyser.apply({'params': params['analyser']}, x, real_BxN)
    codes_BxNxC = logits.argmax(-1) * real_BxN[..., None]
    return bars, real_BxN, logits, codes_BxNxC

  def planned(params, batch, found, asked_BxNxC, keys_B=None):
    """Nats of each code; a bar counts if its first step does: [B, N, C]."""
    bars, real_BxN, _, codes_BxNxC = found
    log_p = planner.apply(
      {'params': params['planner']},
      codes_BxNxC,
      asked_BxNxC,
      _style(batch),
      real_BxN,
      keys_B,
      method='log_prob',
    )
    return -log_p * _counts(bars, batch)[..., None]

  def rendered(params, batch, bars, codes_BxNxC, rng, train=False):
    given = coding.spread(codes, bars, codes_BxNxC, batch['cond'])
    return renderer.loss(
      params['renderer'], batch | {'cond': given}, rng, step=0, train=train
    )

  def loss(params, batch, rng, *, step, train):
    del step
    found = bars, _, logits, codes_BxNxC = analyse(params, batch)
    asked, given, keys_B = jnp.zeros_like(codes_BxNxC), codes_BxNxC, None
    if train:
      keys_B = row_keys(rng, batch['row'])
      asked = planning.ask(codes, codes_BxNxC, _apart(keys_B, _ASK))
      given = given * _kept(_apart(keys_B, _FORGET), conditions.forget)
      keys_B = _apart(keys_B, _PLAN)
    plan = planned(params, batch, found, asked, keys_B).sum()
    sums, weight = rendered(params, batch, bars, given, rng, train)
    labels_BxNxC, known_BxN = _labels(codes, bars, batch)
    log_p_BxNxC = log_categorical(logits, labels_BxNxC)
    annotation = -(log_p_BxNxC * known_BxN[..., None]).sum()
    bound = sums['nll'] + plan
    parts = {
      f'nll_bound_{k.removeprefix("nll_")}': v
      for k, v in sums.items()
      if k.startswith('nll_')
    }
    return {
      'loss': bound + annotation,
      'nll_bound': bound,
      'nll_bound_plan': plan,
      **parts,
      'annotation_nats': annotation,
    }, weight

  def sample(params, keys_N, length, controls):
    last = controls.cond.shape[1] - 1
    cond = controls.cond[:, jnp.minimum(jnp.arange(length), last)]
    bars = coding.bars_of(cond, bar_steps)
    codes_NxBxC = planning.plan(
      planner,
      {'params': params['planner']},
      _apart(keys_N, _PLAN),
      coding.named(codes, bars, cond),
      cond[:, 0, names.STYLE].astype(jnp.int32),
      bars.cut(jnp.ones(cond.shape[:2])).max(-1) > 0,
      controls,
    )
    given = coding.spread(codes, bars, codes_NxBxC, cond)
    return renderer.sample(
      params['renderer'], keys_N, length, controls._replace(cond=given)
    )

  def figures(params, batch, rng):
    found = bars, real_BxN, _, codes_BxNxC = analyse(params, batch)
    labels_BxNxC, known_BxN = _labels(codes, bars, batch)
    right = {}
    for i, code in enumerate(codes):
      hit = (codes_BxNxC[..., i] == labels_BxNxC[..., i]) * known_BxN
      name = list(names.COLUMNS)[code.column]
      hits, num = right.get(f'accuracy_{name}', (0.0, 0.0))
      right[f'accuracy_{name}'] = hits + hit.sum(), num + known_BxN.sum()
    nats = planned(params, batch, found, jnp.zeros_like(codes_BxNxC))
    num = _counts(bars, batch).sum()
    plan = {'plan_nats_per_code': (nats.sum() / len(codes), num)}
    for i, code in enumerate(codes):
      plan[f'plan_nats_{code.name}'] = nats[..., i].sum(), num

    keys_B = _apart(row_keys(rng, batch['row']), _SHUFFLE)
    order_BxN = jax.vmap(_shuffled)(keys_B, real_BxN)
    shuffled = jnp.take_along_axis(codes_BxNxC, order_BxN[..., None], 1)
    also = '_style' if styles > 1 else ''
    render = {}
    for name, given in (
      ('codes', codes_BxNxC),
      ('shuffled_codes', shuffled),
      ('no_codes', jnp.zeros_like(codes_BxNxC)),
    ):
      sums, weight = rendered(params, batch, bars, given, rng)
      name = f'nll_given_{name}{also}_per_{spec.unit}'
      render[name] = sums['nll'], weight * spec.units_per_step
    return right | plan | render

  def annotate(params, batch):
    bars, _, _, codes_BxNxC = analyse(params, batch)
    return coding.spread(codes, bars, codes_BxNxC, batch['cond'])

  return AnnotatingModel(
    init,
    loss,
    sample,
    controls=renderer.controls,
    monitor='nll_bound',
    metrics=figures,
    annotate=annotate,
  )


def _apart(keys_B, number):
  return jax.vmap(jax.random.fold_in, (0, None))(keys_B, number)


def _kept(keys_B, forget):
  """1 for rows that are given their codes, 0 for others: int32 [B, 1, 1]."""
  kept_B = jax.vmap(lambda key: jax.random.bernoulli(key, 1 - forget))(keys_B)
  return kept_B[:, None, None].astype(jnp.int32)


def _style(batch):
  return batch['cond'][:, 0, names.STYLE].astype(jnp.int32)


def _counts(bars, batch):
  """1 for bars of which the first step in the row counts: [B, N]."""
  first_BxN = bars.cut(batch['mask'])[..., 0]
  return first_BxN.at[:, 0].set(batch['mask'][:, 0])


def _labels(codes, bars, batch):
  """What the rules say [B, N, C], and 1 where they speak of whole bars [B, N]."""
  labels_BxNxC = coding.named(codes, bars, batch['cond'])
  last_BxN = bars.cut(batch['mask'])[..., -1]
  known_BxN = (
    coding.whole(bars, batch['cond']) * _counts(bars, batch) * last_BxN
  )
  return labels_BxNxC, known_BxN


def _shuffled(key, real_N):
  """A random order of the bars there are; the others stay last."""
  return jnp.argsort(jax.random.uniform(key, real_N.shape) + ~real_N)
