"""Model: the contract of a family, and what some families add to it."""

from collections.abc import Callable
import dataclasses
from typing import NamedTuple


def no_metrics(params, batch, rng) -> dict:
  """The metrics of a model that is measured by its loss alone."""
  del params, batch, rng
  return {}


@dataclasses.dataclass(frozen=True)
class Model:
  """A family of generative models as pure functions.

  A batch is a dict of arrays: `x` [B, T, ...] the music, `mask` float32 [B, T]
  the steps of it that count, `row` uint32 [B] the rows' numbers in the global
  batch, and where there are conditions `cond` int16 [B, T, columns].

  Attributes:
    init: (rng, batch) -> params.
    loss: (params, batch, rng, *, step, train) -> (sums, weight). Every entry of
      `sums` is a float32 sum over the batch, weight the number of things summed
      over; `sums['loss']` is differentiated and only the train step divides.
      Noise is drawn per row of the batch, from (rng, batch['row']).
    sample: (params, keys, length, controls) -> x [N, length, ...], of the
      representation's dtype. One key per piece: a piece is the same in any
      batch.
    controls: the fields of Controls that `sample` uses; 'known' where any cell may
      be given, 'parts' where whole parts may; and 'phrase_candidates' if it takes
      keys [N, K] of K candidates of each phrase.
    monitor: the entry of `sums` by which models are compared: 'nll' where it is
      the exact negative log-likelihood, 'nll_bound' where it is an upper bound,
      another name for another error; '' where only samples can be compared.
    window: steps of the windows that a family encodes and generates as a whole;
      None where a piece may have any length.
    metrics: (params, batch, rng) -> {name: (sum, weight)}, each a figure of
      `evaluate` beside the loss.
  """

  init: Callable
  loss: Callable
  sample: Callable
  controls: tuple[str, ...] = ()
  monitor: str = 'nll'
  window: int | None = None
  metrics: Callable = no_metrics


class Forward(NamedTuple):
  """A net without noise, as a function of named arrays, for export.

  Attributes:
    inputs: (rows, steps) -> {name: shape and dtype}.
    apply: (params, {name: array}) -> {name: array}: `logits_...` of the
      decisions of each step, each given the decisions before it in x; of some
      families `log_prob_...` of the steps of x in nats, and `state_after`,
      `chroma_after` and `past_after`, the next call's `state`, `chroma` and `past`.
  """

  inputs: Callable
  apply: Callable


def outputs(logits: dict, log_p: dict) -> dict:
  """The logits and log probabilities of a head, as outputs of a `Forward`."""
  return {f'logits_{k}': v for k, v in logits.items()} | {
    f'log_prob_{k}': v for k, v in log_p.items()
  }


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportableModel(Model):
  """A Model with one net that generates.

  Attributes:
    forward: that net. It has logits, and so x must not be audio.
  """

  forward: Forward


@dataclasses.dataclass(frozen=True, kw_only=True)
class LatentModel(ExportableModel):
  """A Model with a latent space.

  Attributes:
    encode: (params, batch) -> latent [B, L].
    decode: (params, latent, keys, controls) -> x [N, window, ...].
  """

  encode: Callable
  decode: Callable


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrderlessModel(Model):
  """A Model of each cell given any others.

  Attributes:
    conditional: (params, x, known, real, cond) -> {part: log probability of each
      cell given the known ones, [B, T, ...]}; known bool as x, real bool [B, T]
      the steps of x that are no padding, cond the conditions or None.
  """

  conditional: Callable


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnotatingModel(Model):
  """A Model that predicts the annotations of the music that it models.

  Attributes:
    annotate: (params, batch) -> the `cond` that the model predicts from x,
      int32 [B, T, columns].
  """

  annotate: Callable
