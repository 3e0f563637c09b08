"""Candidates: of several continuations the best goes on.

A model that samples step by step may be given where a phrase ends, but it makes
each choice before those of the cadence. So K candidates of the opening
and of each phrase are sampled from one state, and the best is kept: a particle
filter that resamples at the ends of phrases, and takes the best.

Candidates are compared by how likely their last quarter notes are, by how well
they keep to a key and, of voices, by faults of their parts. The first
is the log probability with a length penalty, by the number of steps at which a note
begins: without it a long chord, which takes few choices, would be the likeliest end
of all. The second is the correlation of the pitch classes so far, recent ones more, with the
profile of the key (Krumhansl 1990, chapter 4) whose tonic is the first bass note; at
the end of the piece the last one, so that it closes on the tonic. The third are
parallel fifths and octaves of every pair of voices, and notes out of the ranges of
voices, since the last choice.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from musiczoo.music import harmony
from musiczoo.music.annotations import PHRASES
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls

# Quarter notes by which candidates are compared.
OPENING, ENDING = 1, 4
# Exponent of the length penalty (Wu et al. 2016, section 7). At 1, the mean per step,
# 64 pieces of lstm have 1.11 long chords in four bars, Bach's test pieces .99.
LENGTH_PENALTY = 1.2
# Quarter notes from one choice to the next where phrases are unknown.
SEGMENT = 8
# The nats per step that a correlation of 1 is worth.
KEY = 6.0
# The nats per step that a parallel fifth or octave costs, or a note out of range.
FAULT = 1.0
# Quarter notes after which a pitch class weighs half as much.
HALF_LIFE = 16


class Tally(NamedTuple):
  """What candidates are compared by, of R rows.

  Attributes:
    log_p: [R], the log probability of the last quarter notes.
    begins: [R], the number of their steps at which a note begins.
    chroma: [R, 12], how long each pitch class has sounded, by `HALF_LIFE`.
    first: [R], pitch class of the first lowest note; -1 before it.
    faults: [R], parallel fifths and octaves and notes out of range since the last
      choice.
  """

  log_p: jax.Array
  begins: jax.Array
  chroma: jax.Array
  first: jax.Array
  faults: jax.Array

  def add(self, is_near, log_p, x, before, spec):
    """The tally after a step, and the pitch class of its lowest note."""
    sounds = spec.sounds(x)
    padded = jnp.pad(sounds, [(0, 0), (0, -sounds.shape[1] % 12)])
    now = padded.reshape(x.shape[0], -1, 12).sum(1)
    bass = jnp.where(sounds.any(1), sounds.argmax(1) % 12, -1)
    log_p = jnp.where(is_near, self.log_p + log_p, 0)
    begins = jnp.where(is_near, self.begins + spec.begins(x, before), 0)
    first = jnp.where(self.first < 0, bass, self.first)
    decay = 0.5 ** (1 / (HALF_LIFE * spec.steps_per_quarter))
    faults = self.faults
    if spec.kind == 'voices':
      faults += num_parallels(x // 2, before // 2) + num_out_of_range(x, spec)
    chroma = decay * self.chroma + now
    return Tally(log_p, begins, chroma, first, faults), bass

  def normalized(self):
    """The log probability with the length penalty, [R], in nats per step.

    It is the mean where a note begins with each of the last quarter notes.
    """
    length = jnp.maximum(self.begins, 1) / ENDING
    return self.log_p / (ENDING * length**LENGTH_PENALTY)

  def key(self, tonic):
    """The correlation of the chroma with the profile of a key, [R].

    The better of major and minor on the tonic [R]; 0 where that is -1.
    """
    chroma = self.chroma - self.chroma.mean(1, keepdims=True)
    chroma /= jnp.maximum(jnp.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    found = (chroma @ harmony.KEYS.T).reshape(-1, 2, 12).max(1)
    found = jnp.take_along_axis(found, tonic[:, None] % 12, axis=1)[:, 0]
    return jnp.where(tonic < 0, 0, found)

  def rows(self, kept, ends):
    """Rows of the tally; those whose phrase has ended start to compare anew."""
    log_p, begins = (jnp.where(ends, 0, a) for a in (self.log_p, self.begins))
    faults = jnp.where(ends, 0, self.faults)
    return Tally(log_p, begins, self.chroma[kept], self.first[kept], faults)


class Candidates(NamedTuple):
  """The rows of N pieces, K candidates each: row n * K + k."""

  pieces: int
  number: int

  def repeat(self, controls: Controls) -> Controls:
    """Controls of pieces as controls of rows."""
    shift = controls.shift
    return controls._replace(
      given=self.rows(controls.given),
      cond=self.rows(controls.cond),
      shift=self.rows(shift) if np.ndim(shift) == 2 else shift,
    )

  def rows(self, a_N):
    """An array of pieces as one of rows; None stays None."""
    return None if a_N is None else jnp.repeat(a_N, self.number, axis=0)

  def tally(self, chroma_Nx12=None) -> 'Tally':
    """The sums of all rows before the first step.

    Args:
      chroma_Nx12: what is known ahead of the pitch classes of each piece, so that
        it begins in its key; None: nothing.
    """
    rows = self.pieces * self.number
    zeros, first = jnp.zeros(rows), jnp.full(rows, -1)
    chroma = self.rows(chroma_Nx12)
    if chroma is None:
      chroma = jnp.zeros((rows, 12))
    return Tally(zeros, zeros, chroma, first, zeros)

  def select(self, tally, log_p, x, before, cond, t, length, spec):
    """Chooses the best candidate of each piece where a phrase ends.

    Args:
      tally: the sums so far.
      log_p: [rows], log probability of this step.
      x, before: [rows, *shape], this step and the one before.
      cond: [rows, columns], conditions of this step; where they mark no phrases,
        or if it is None, a choice is made every `SEGMENT`.
      t: this step.
      length: number of steps.
      spec: of x.

    Returns:
      The row that takes the place of each, [rows]; the tally after this step;
      (best candidate [N], whether a choice was made [N]).
    """
    segment = SEGMENT * spec.steps_per_quarter
    left = jnp.minimum(length - t, segment - t % segment)
    left = jnp.full(log_p.shape, left)
    if cond is not None:
      phrases = cond[:, PHRASES]
      left = jnp.where(phrases > 0, phrases - 1, left)
    opening = OPENING * spec.steps_per_quarter
    is_near = (left >= 1) & (left <= ENDING * spec.steps_per_quarter)
    is_near = is_near | (t < opening)
    tally, bass = tally.add(is_near, log_p, x, before, spec)
    is_last = t == length - 1
    tonic = jnp.where(is_last, bass, tally.first)
    score = tally.normalized() + KEY * tally.key(tonic)
    score -= FAULT * tally.faults
    best = score.reshape(self.pieces, self.number).argmax(-1)
    ends = (left == 1).reshape(self.pieces, self.number)[:, 0]
    ends = ends | (t == opening - 1) | is_last  # Whatever the plan.
    kept = self.kept(best, ends)
    tally = tally.rows(kept, jnp.repeat(ends, self.number))
    return kept, tally, (best, ends)

  def kept(self, best_N, ends_N):
    """The row that takes the place of each, [rows]: the best where a choice is made."""
    own_K, first_N = jnp.arange(self.number), jnp.arange(self.pieces)
    kept_NxK = jnp.where(ends_N[:, None], best_N[:, None], own_K)
    return (kept_NxK + self.number * first_N[:, None]).reshape(-1)

  def trace(self, x_TxRxC, chosen):
    """The steps of the candidates that were kept: [T, N, ...]."""
    best_TxN, ends_TxN = chosen

    def back(kept_N, now):
      best_N, ends_N = now
      kept_N = jnp.where(ends_N, best_N, kept_N)
      return kept_N, kept_N

    first = jnp.zeros(self.pieces, best_TxN.dtype)
    _, kept_TxN = jax.lax.scan(back, first, (best_TxN, ends_TxN), reverse=True)
    rows = kept_TxN + self.number * jnp.arange(self.pieces)
    return jax.vmap(lambda x_RxC, rows_N: x_RxC[rows_N])(x_TxRxC, rows)


def num_parallels(s_RxV, p_RxV):
  """Parallel fifths and octaves from symbols p to s, of all pairs of voices: [R]."""
  first, second = np.triu_indices(s_RxV.shape[1], 1)
  s, p = s_RxV.astype(jnp.int32), p_RxV.astype(jnp.int32)
  motion = (s - p) * ((s > 0) & (p > 0))
  both = motion[:, first] * motion[:, second] > 0
  gap, before = (abs(a[:, first] - a[:, second]) % 12 for a in (s, p))
  return (both & (gap == before) & ((gap == 0) | (gap == 7))).sum(-1)


def num_out_of_range(x_RxV, spec: Spec):
  """Notes that begin and that their voice does not sing: [R]."""
  if not spec.ranges:
    return jnp.zeros(x_RxV.shape[0], int)
  low_V, high_V = np.array(spec.ranges).T
  s_RxV, begins_RxV = x_RxV // 2, x_RxV % 2 == 1
  outside_RxV = (s_RxV < low_V) | (s_RxV > high_V)
  return (outside_RxV & (s_RxV > 0) & begins_RxV).sum(-1)
