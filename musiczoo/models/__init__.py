"""The zoo: a family's name -> a function that builds its Model."""

from collections.abc import Callable
from typing import NamedTuple


class Model(NamedTuple):
  """A family of generative models as pure functions.

  Attributes:
    init: (rng, batch) -> params.
    loss: (params, batch, rng, *, step, train) -> (sums, weight). Every entry of
      `sums` is a float32 sum over the batch, weight the number of things summed
      over; `sums['loss']` is differentiated and only the train step divides.
      Noise is drawn per row of the batch, from (rng, batch['row']).
    sample: (params, keys, length, controls) -> x [N, length, ...], int32. One
      key per piece: a piece is the same in any batch.
    encode: (params, batch) -> latent; families with a latent space only.
    decode: (params, latent, keys, length, controls) -> x; likewise.

  A batch is a dict of arrays: `x` [B, T, ...] the music, `mask` float32 [B, T]
  what of it counts, `row` uint32 [B] the rows' numbers in the global batch.
  """

  init: Callable
  loss: Callable
  sample: Callable
  encode: Callable | None = None
  decode: Callable | None = None


# The families import Model from here, so they come last.
from musiczoo.models.rnn import gru, lstm, rnn  # noqa: E402
from musiczoo.models.unigram import unigram  # noqa: E402

ZOO = {'unigram': unigram, 'rnn': rnn, 'lstm': lstm, 'gru': gru}
