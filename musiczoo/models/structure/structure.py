"""Structure: an analyser of bars, a planner of their codes, a renderer of x.

The analyser predicts the codes c(x) of the bars of x. The planner is a model of
the codes, the renderer a model of x conditioned on them. As c is a function of x,

  -log p(x) <= -log p(c(x)) - log p(x | c(x)),

which is `nll_bound`. The loss adds the nats of the annotations, which train the
analyser; codes are integers, and so nothing else does.
"""

import functools
from typing import NamedTuple

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import AnnotatingModel, Model
from musiczoo.models.structure import codes as coding
from musiczoo.models.structure.analyser import Analyser, planes_of
from musiczoo.models.structure.options import StructureOptions
from musiczoo.models.structure.planner import Planner, sample_plan
from musiczoo.models.structure.requests import random_requests
from musiczoo.music.annotations import COLUMNS, PHRASES, POSITION, STYLE
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.dropout import kept
from musiczoo.nn.heads.distributions import log_categorical
from musiczoo.nn.keys import fold, row_keys
from musiczoo.nn.recurrent import Recurrent

# Noise apart from the renderer's, which folds in the numbers of steps.
_PLAN, _REQUEST, _DROPOUT, _SHUFFLE, _PHRASES = range(1 << 24, (1 << 24) + 5)


def structure(
  spec,
  head: nn.Module,
  options: StructureOptions,
  *,
  conditioning,
  dtype,
  remat,
) -> AnnotatingModel:
  """A hierarchical model whose renderer is conditioned on predicted annotations.

  Args:
    spec: of x; its steps are those of a grid.
    head: predicts each step.
    options: of the nets.
    conditioning: the annotations of a bar that the analyser predicts; the style,
      a condition of planner and renderer; length and phrases, of the renderer.
      `dropout` is the share of rows in training whose renderer is given no codes,
      and that of those without phrases.
    dtype: of the computation; parameters and loss stay float32.
    remat: recompute layers of the renderer in the backward pass.
  """
  options.check(spec, conditioning)
  codes, dtype = coding.codes_of(conditioning), jnp.dtype(dtype)
  cell, dropout, embed_dim = (
    options.cell,
    options.dropout,
    conditioning.embed_dim,
  )
  columns, hidden = dict(conditioning.columns), options.planner_hidden
  plan = functools.partial(Recurrent, cell, hidden, 1, dtype=dtype)
  nets = plan(dropout=dropout), plan()
  styles = columns.get(STYLE, 1)
  planner = Planner(codes, styles, *nets, embed_dim, hidden, dtype)
  columns[POSITION] = COLUMNS['position']
  conditions = Conditioning(tuple(sorted(columns.items())), embed_dim)
  sizes = options.hidden, options.layers, options.residual
  net = Recurrent(cell, *sizes, dropout, dtype, remat)
  renderer = autoregressive(
    net, head, spec, conditions, dtype, chroma=options.chroma
  )
  channels, hidden = options.analyser_channels, options.analyser_hidden
  analyser = Analyser(codes, channels, hidden, dtype)
  bar_steps, code_dropout = options.bar_steps, conditioning.dropout
  parts = _Structure(
    spec, codes, bar_steps, code_dropout, analyser, planner, renderer
  )
  return AnnotatingModel(
    parts.init,
    parts.loss,
    parts.sample,
    # Codes are planned before any note is known.
    controls=tuple(c for c in renderer.controls if c != 'parts'),
    monitor='nll_bound',
    metrics=parts.metrics,
    annotate=parts.annotate,
  )


class Analysis(NamedTuple):
  """The bars of a batch, which are real, logits of their codes, and the codes."""

  bars: coding.Bars
  real_BxN: jax.Array
  logits: jax.Array
  codes_BxNxC: jax.Array


class _Structure(NamedTuple):
  """The functions of the Model."""

  spec: Spec
  codes: tuple[coding.Code, ...]
  bar_steps: int
  code_dropout: float
  analyser: Analyser
  planner: Planner
  renderer: Model

  def init(self, rng, batch):
    rngs = jax.random.split(rng, 3)
    bars = coding.bars_of(batch['cond'], self.bar_steps)
    codes = coding.from_steps(self.codes, bars, batch['cond'])
    cond = coding.to_steps(self.codes, bars, codes, batch['cond'])
    x = planes_of(bars.cut(batch['x']), self.spec)
    real = jnp.ones(x.shape[:2])
    inputs = codes, codes, _style(batch['cond']), real
    planner = self.planner.init(rngs[1], *inputs, method='log_prob')
    return {
      'analyser': self.analyser.init(rngs[0], x, real)['params'],
      'planner': planner['params'],
      'renderer': self.renderer.init(rngs[2], batch | {'cond': cond}),
    }

  def analyse(self, params, batch) -> Analysis:
    """Predicts the codes of all bars."""
    bars = coding.bars_of(batch['cond'], self.bar_steps)
    mask_BxNxS = bars.cut(batch['mask'])
    real_BxN = mask_BxNxS.max(-1) > 0
    x = planes_of(bars.cut(batch['x']), self.spec) * mask_BxNxS[..., None, None]
    logits = self.analyser.apply({'params': params['analyser']}, x, real_BxN)
    codes_BxNxC = logits.argmax(-1) * real_BxN[..., None]
    return Analysis(bars, real_BxN, logits, codes_BxNxC)

  def annotate(self, params, batch):
    found, cond = self.analyse(params, batch), batch['cond']
    return coding.to_steps(self.codes, found.bars, found.codes_BxNxC, cond)

  def loss(self, params, batch, rng, *, step, train):
    del step
    found = self.analyse(params, batch)
    given, keys_B = found.codes_BxNxC, None
    requested = jnp.zeros_like(given)
    if train:
      keys_B = row_keys(rng, batch['row'])
      requested = random_requests(self.codes, given, fold(keys_B, _REQUEST))
      is_kept = kept(keys_B, _DROPOUT, self.code_dropout, ())
      given = given * is_kept[:, None, None].astype(jnp.int32)
      is_kept = kept(keys_B, _PHRASES, self.code_dropout, (1,))
      batch = batch | {'cond': _with_phrases(batch['cond'], is_kept)}
      keys_B = fold(keys_B, _PLAN)
    plan = self._plan_nats(params, batch, found, requested, keys_B).sum()
    sums, weight = self._render(params, batch, found.bars, given, rng, train)
    labels_BxNxC, known_BxN = self._labels(found.bars, batch)
    log_p_BxNxC = log_categorical(found.logits, labels_BxNxC)
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

  def sample(self, params, keys, length, controls):
    """See `Model.sample`; all candidates of a piece have one plan."""
    keys_N = keys if keys.ndim == 1 else keys[:, 0]
    last = controls.cond.shape[1] - 1
    cond = controls.cond[:, jnp.minimum(jnp.arange(length), last)]
    bars = coding.bars_of(cond, self.bar_steps)
    requested = coding.from_steps(self.codes, bars, cond)
    real_NxB = bars.cut(jnp.ones(cond.shape[:2])).max(-1) > 0
    codes_NxBxC = sample_plan(
      self.planner,
      {'params': params['planner']},
      fold(keys_N, _PLAN),
      (requested, _style(cond), real_NxB),
      controls,
    )
    cond = coding.to_steps(self.codes, bars, codes_NxBxC, cond)
    controls = controls._replace(cond=cond)
    return self.renderer.sample(params['renderer'], keys, length, controls)

  def metrics(self, params, batch, rng):
    found = self.analyse(params, batch)
    codes = found.codes_BxNxC
    labels, known_BxN = self._labels(found.bars, batch)
    right = {}
    for i, code in enumerate(self.codes):
      hit = (codes[..., i] == labels[..., i]) * known_BxN
      name = f'accuracy_{list(COLUMNS)[code.column]}'
      hits, num = right.get(name, (0.0, 0.0))
      right[name] = hits + hit.sum(), num + known_BxN.sum()
    nats = self._plan_nats(params, batch, found, jnp.zeros_like(codes))
    num = _counts(found.bars, batch).sum()
    plan = {'plan_nats_per_code': (nats.sum() / len(self.codes), num)}
    for i, code in enumerate(self.codes):
      plan[f'plan_nats_{code.name}'] = nats[..., i].sum(), num
    return right | plan | self._render_metrics(params, batch, found, rng)

  def _render_metrics(self, params, batch, found, rng):
    """Nats of the renderer given the codes, shuffled ones, and none."""
    codes = found.codes_BxNxC
    keys_B = fold(row_keys(rng, batch['row']), _SHUFFLE)
    order_BxN = jax.vmap(_shuffled)(keys_B, found.real_BxN)
    shuffled = jnp.take_along_axis(codes, order_BxN[..., None], 1)
    style = '_style' if self.planner.styles > 1 else ''
    metrics = {}
    for name, given in (
      ('codes', codes),
      ('shuffled_codes', shuffled),
      ('no_codes', jnp.zeros_like(codes)),
    ):
      sums, weight = self._render(params, batch, found.bars, given, rng)
      name = f'nll_given_{name}{style}_per_{self.spec.unit}'
      metrics[name] = sums['nll'], weight * self.spec.units_per_step
    return metrics

  def _plan_nats(self, params, batch, found, requested, keys_B=None):
    """Nats of each code; a bar counts if its first step does: [B, N, C]."""
    log_p = self.planner.apply(
      {'params': params['planner']},
      found.codes_BxNxC,
      requested,
      _style(batch['cond']),
      found.real_BxN,
      keys_B,
      method='log_prob',
    )
    return -log_p * _counts(found.bars, batch)[..., None]

  def _render(self, params, batch, bars, codes_BxNxC, rng, train=False):
    """The loss of the renderer given codes."""
    cond = coding.to_steps(self.codes, bars, codes_BxNxC, batch['cond'])
    return self.renderer.loss(
      params['renderer'], batch | {'cond': cond}, rng, step=0, train=train
    )

  def _labels(self, bars, batch):
    """Codes of the annotations [B, N, C], and 1 for whole bars that count [B, N]."""
    labels_BxNxC = coding.from_steps(self.codes, bars, batch['cond'])
    last_BxN = bars.cut(batch['mask'])[..., -1]
    whole_BxN = coding.is_whole(bars, batch['cond'])
    return labels_BxNxC, whole_BxN * _counts(bars, batch) * last_BxN


def _with_phrases(cond_BxTxK, is_kept_Bx1):
  """Conditions without phrases in the rows where they are not kept."""
  is_phrases = np.arange(cond_BxTxK.shape[-1]) == PHRASES
  return cond_BxTxK * jnp.where(is_phrases, is_kept_Bx1[..., None], 1)


def _style(cond_BxTxK):
  return cond_BxTxK[:, 0, STYLE].astype(jnp.int32)


def _counts(bars, batch):
  """1 for bars of which the first step in the row counts: [B, N]."""
  first_BxN = bars.cut(batch['mask'])[..., 0]
  return first_BxN.at[:, 0].set(batch['mask'][:, 0])


def _shuffled(key, real_N):
  """A random order of the real bars; the others stay last."""
  return jnp.argsort(jax.random.uniform(key, real_N.shape) + ~real_N)
