"""The contract of a family: a Model is three pure functions."""

from collections.abc import Callable
from typing import NamedTuple


class Forward(NamedTuple):
  """A net alone, without noise, by names of arrays: what can be handed on.

  Attributes:
    inputs: (rows, steps) -> {name: shape and dtype}.
    apply: (params, {name: array}) -> {name: array}: `logits_...` of the choices
      a step is made of, each given the choices of x before it; of some families
      `log_prob_...` of the steps of x in nats; and `state_after`, to go on
      from as `state`.
  """

  inputs: Callable
  apply: Callable


class Model(NamedTuple):
  """A family of generative models as pure functions.

  Attributes:
    init: (rng, batch) -> params.
    loss: (params, batch, rng, *, step, train) -> (sums, weight). Every entry of
      `sums` is a float32 sum over the batch, weight the number of things summed
      over; `sums['loss']` is differentiated and only the train step divides.
      Noise is drawn per row of the batch, from (rng, batch['row']).
    sample: (params, keys, length, controls) -> x [N, length, ...], of the
      music's dtype. One
      key per piece: a piece is the same in any batch.
    controls: which fields of Controls `sample` honours.
    monitor: the entry of `sums` by which models are compared: 'nll' where it is
      the exact negative log-likelihood, 'nll_bound' where it is an upper bound,
      another name for another error; '' where only samples can be judged.
    window: steps of the windows that a family hears and makes whole; None where
      a piece may have any length.
    figures: (params, batch, rng) -> {name: (sum, weight)}, what `evaluate` tells
      beside the loss; None: nothing more.
    encode: (params, batch) -> latent [B, L]; families with a latent space only.
    decode: (params, latent, keys, controls) -> x [N, window, ...]; likewise.
    conditional: (params, x, known, real) -> {part: log probability of each cell
      given the known ones, [B, T, ...]}, known bool as x, real bool [B, T] what
      of x is no padding; families that fill in holes only.
    forward: the net that writes; None where no one net does.
    hear: (params, batch) -> what the model itself would say in place of the
      batch's `cond`, int32 [B, T, columns]; families that name what they hear.

  A batch is a dict of arrays: `x` [B, T, ...] the music, `mask` float32 [B, T]
  what of it counts, `row` uint32 [B] the rows' numbers in the global batch,
  and where conditions are asked for `cond` int16 [B, T, columns].
  """

  init: Callable
  loss: Callable
  sample: Callable
  controls: tuple[str, ...] = ()
  monitor: str = 'nll'
  window: int | None = None
  figures: Callable | None = None
  encode: Callable | None = None
  decode: Callable | None = None
  conditional: Callable | None = None
  forward: Forward | None = None
  hear: Callable | None = None
