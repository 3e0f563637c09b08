"""Candidates of melodies: of several continuations one that closes goes on.

A tune closes each eight bars on the tonic of its key, and a model that samples step
by step comes to a cadence without having prepared it. So K candidates of each eight
bars are sampled from one state; the first that closes is kept, or, if none does, the
first.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.models.candidates import Candidates
from musiczoo.music.annotations import BAR, KEY, METER, POSITION
from musiczoo.nn.degrees import PHRASE


class Closing(NamedTuple):
  """What candidates close on: pitch classes of R rows, -1 where nothing sounded.

  Attributes:
    last: of the last note.
    middle: of the last note that began by the middle of the bar: in its second half
      a tune may lead into the next phrase.
  """

  last: jax.Array
  middle: jax.Array


class MelodyCandidates(Candidates):
  """The rows of N pieces, K candidates each: row n * K + k."""

  def tally(self, chroma_Nx12=None) -> Closing:
    """Of all rows before the first step."""
    del chroma_Nx12
    none = jnp.full(self.pieces * self.number, -1)
    return Closing(none, none)

  def select(self, tally, log_p, x, before, cond, t, length, spec):
    """Chooses the candidate of each piece where eight bars end.

    Arguments and results as of `Candidates.select`; without the condition `key` the
    first is kept.
    """
    del log_p, before
    cond = cond.astype(jnp.int32)
    bar = cond[:, METER] * spec.steps_per_quarter // 2
    pitch = x // 2 - 1 + spec.low
    last = jnp.where(x // 2 > 0, pitch % 12, tally.last)
    in_time = cond[:, POSITION] <= bar // 2 + 1
    middle = jnp.where(in_time, last, tally.middle)
    is_last = t == length - 1
    tonic = (cond[:, KEY] - 1) % 12
    closes = jnp.where(is_last, last, middle) == tonic
    closes &= cond[:, KEY] > 0
    best = closes.reshape(self.pieces, self.number).argmax(-1)
    ends = (cond[:, BAR] % PHRASE == 0) & (cond[:, POSITION] == bar)
    ends = ends.reshape(self.pieces, self.number)[:, 0] | is_last
    kept = self.kept(best, ends)
    return kept, Closing(last[kept], middle[kept]), (best, ends)
