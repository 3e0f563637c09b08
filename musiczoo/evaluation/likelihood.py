"""Likelihoods and errors of a split, by the published protocols."""

from collections.abc import Callable, Iterator, Sequence
import dataclasses
import functools

import jax
import numpy as np

from musiczoo.build import Pipeline
from musiczoo.data.eval_batches import eval_batches
from musiczoo.data.pieces import cut, Lazy, Pieces, window_spans
from musiczoo.evaluation import sample_comparison
from musiczoo.models.model import AnnotatingModel, no_metrics
from musiczoo.music import annotations
from musiczoo.training import parallel
from musiczoo.training.parallel import Parallel
from musiczoo.training.step import make_evaluate_step

# Rows of a batch, even where training takes fewer: batches of fewer lengths are
# fewer programs to compile.
MIN_ROWS = 16


def monitor_name(pipeline: Pipeline) -> str:
  """The name of the figure that checkpoints are compared by; lower is better.

  It names the condition columns that are taken from the scored piece, as in
  `nll_given_key_chord_per_note`: such figures are not comparable with others. A
  model trained without them half of the time or more is scored without them.
  """
  if not pipeline.model.monitor:
    return 'gap'
  return _name(pipeline, monitored(pipeline))


def _name(pipeline, given):
  return figure_name(pipeline.model.monitor, given, pipeline.spec.unit)


def figure_name(figure: str, given: Sequence[str], unit: str) -> str:
  """'nll', the columns that are taken from the scored piece, the unit -> a name."""
  name = [figure, *(['given', *given] if given else [])]
  return f'{"_".join(name)}_per_{unit}'


def _given(pipeline) -> list[str]:
  """The columns taken from the scored piece, beyond metre and length."""
  columns = set(pipeline.conditions.columns) - set(annotations.FORM)
  if isinstance(pipeline.model, AnnotatingModel):
    columns &= {'style'}  # The model predicts the others itself.
  return [name for name in annotations.NAMES if name in columns]


def monitored(pipeline: Pipeline) -> list[str]:
  """The columns beyond metre and length that the monitored figure is given."""
  return [] if pipeline.conditions.dropout >= 0.5 else _given(pipeline)


def hide(pipeline: Pipeline, pieces: Pieces, given: Sequence[str]) -> Pieces:
  """The pieces, of whose conditions beyond metre and length only `given` are known."""
  hidden = [name for name in _given(pipeline) if name not in given]
  if pieces.cond is None or not hidden:
    return pieces
  places = [place for place, _ in annotations.columns(hidden)]

  def make(index):
    cond = np.array(pieces.cond[index])
    cond[:, places] = 0
    return cond

  return dataclasses.replace(pieces, cond=Lazy(len(pieces), make))


def make_validation(
  devices: Parallel, pipeline: Pipeline, pieces: Pieces, batch_size: int
):
  """Returns (params) -> dict of figures, that of `monitor_name` among them.

  They are those of `make_likelihood`; of a model without a likelihood the gap of
  its samples.
  """
  if not pipeline.model.monitor:
    return sample_comparison.make_gap(devices, pipeline, pieces)
  return make_likelihood(devices, pipeline, pieces, batch_size)


def make_all_likelihoods(
  devices: Parallel, pipeline: Pipeline, pieces: Pieces, batch_size: int
):
  """As `make_likelihood`, with the figures given all conditions beside them."""
  each = [
    _make_likelihood(devices, pipeline, pieces, batch_size, given)
    for given in _distinct([monitored(pipeline), _given(pipeline)])
  ]
  return lambda params: {k: v for of in each for k, v in of(params).items()}


def _distinct(lists):
  return [a for i, a in enumerate(lists) if a not in lists[:i]]


def make_likelihood(
  devices: Parallel, pipeline: Pipeline, pieces: Pieces, batch_size: int
):
  """Returns likelihood(params) -> dict of nats or errors, lower is better.

  They are given what `monitor_name` names.

  Pieces are scored as a whole, and every step has the same weight; in
  `..._by_piece` every piece has. `nll_per_frame` of a piano-roll is over all frames
  (Boulanger-Lewandowski et al. 2012), `nll_per_frame_tcn` over frames 2..T (Bai
  et al. 2018). `nll_per_note` of voices is the total over voices x steps. The
  parts of a model's likelihood, if any, are given beside the whole. A windowed
  family is scored on each window from bar line to bar line.

  Args:
    params: replicated by `devices`.
  """
  return _make_likelihood(
    devices, pipeline, pieces, batch_size, monitored(pipeline)
  )


def _make_likelihood(devices, pipeline, pieces, batch_size, given):
  model, spec = pipeline.model, pipeline.spec
  loss = functools.partial(model.loss, step=0, train=False)
  pieces = hide(pipeline, pieces, given)
  rows = _make_rows(devices, pipeline, batch_size, loss)

  def scored(params, first):
    """Sums by part and number of units, [pieces], from step `first` on."""
    parts, weight = jax.tree.map(
      lambda *rows: np.concatenate(rows).astype(np.float64),
      *(values for _, values in rows(params, pieces, first)),
    )
    return parts, weight * spec.units_per_step

  def likelihood(params) -> dict[str, float]:
    parts, units = scored(params, 0)
    del parts['loss']
    whole = parts.pop(model.monitor)
    name = _name(pipeline, given)
    result = {name: whole.sum() / units.sum()}
    if len(parts) > 1:
      for part, value in parts.items():
        inner = part.removeprefix(f'{model.monitor}_')
        key = f'{part}_per_{spec.unit}' if inner == part else f'{name}_{inner}'
        result[key] = value.sum() / units.sum()
    if model.monitor != 'nll':
      return {name: float(value) for name, value in result.items()}
    result[f'{name}_by_piece'] = (whole / units).mean()
    if spec.unit == 'frame':
      parts, units = scored(params, 1)
      nats, units = parts['nll'][units > 0], units[units > 0]
      if len(units):  # There are pieces of more than one frame.
        result[f'{name}_tcn'] = nats.sum() / units.sum()
        result[f'{name}_tcn_by_piece'] = (nats / units).mean()
    return {name: float(value) for name, value in result.items()}

  return likelihood


def make_piece_nll(
  devices: Parallel, pipeline: Pipeline, batch_size: int, min_steps: int = 0
):
  """Returns nats(params, pieces) -> float64 [pieces]: the monitored figure of each.

  Of a windowed family it is over the windows of each piece; nan if it has none.

  Args:
    min_steps: to which shorter pieces are padded, so that several calls run one
      program.
    params: replicated by `devices`.
  """
  model, window = pipeline.model, pipeline.model.window
  loss = functools.partial(model.loss, step=0, train=False)
  rows = _make_rows(devices, pipeline, batch_size, loss, min_steps)

  def nats(params, pieces: Pieces) -> np.ndarray:
    owner = np.arange(len(pieces))
    if window is not None:
      owner = np.array([i for i, _, _ in window_spans(pieces, window)], int)
    pieces = hide(pipeline, pieces, monitored(pipeline))
    whole, steps = np.zeros(len(pieces)), np.zeros(len(pieces))
    for row, (sums, weight) in rows(params, pieces):
      np.add.at(whole, owner[row], sums[model.monitor])
      np.add.at(steps, owner[row], weight)
    units = np.maximum(steps * pipeline.spec.units_per_step, 1)
    return np.where(steps > 0, whole, np.nan) / units

  return nats


def make_metrics(
  devices: Parallel,
  pipeline: Pipeline,
  pieces: Pieces,
  batch_size: int,
  metrics: Callable,
):
  """Returns (params) -> {name: mean} of metrics; those of no weight are left out.

  Args:
    metrics: (params, batch, rng) -> {name: (sum, weight)}, such as the
      `metrics` of a Model; a sum may be an array, which becomes a list.
    params: replicated by `devices`.
  """
  if metrics is no_metrics:
    return lambda params: {}
  rows = _make_rows(devices, pipeline, batch_size, metrics)

  def averaged(params):
    totals = {}
    for _, found in rows(params, pieces):
      for name, pair in found.items():
        sums = [a.astype(np.float64).sum(0) for a in pair]
        totals[name] = np.array(sums, object) + totals.get(name, 0)
    return {k: (a / b).tolist() for k, (a, b) in totals.items() if np.all(b)}

  return averaged


def _make_rows(devices, pipeline, batch_size, function, min_steps=0):
  """Returns rows(params, pieces, first=0): `function` of all or their windows.

  It yields, for each batch, the numbers of its pieces or windows [rows] and the
  values of each, arrays [rows, ...]. Steps before `first` are not counted.
  """
  evaluate = devices.compile(make_evaluate_step(function, axis=parallel.AXIS))
  window = pipeline.model.window
  batch_size = max(batch_size, MIN_ROWS)

  def rows(params, pieces, first=0) -> Iterator[tuple]:
    scored = pieces if window is None else cut(pieces, window)
    for batch in eval_batches(
      scored,
      batch_size,
      multiple=devices.devices,
      length=window,
      min_length=min_steps,
    ):
      piece = batch.pop('piece')
      real = piece >= 0
      batch['mask'][:, :first] = 0
      found = devices.fetch(evaluate(params, devices.own(batch)))
      yield piece[real], jax.tree.map(lambda a, real=real: a[real], found)

  return rows
