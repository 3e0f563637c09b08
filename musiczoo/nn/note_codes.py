"""Codes of notes: a note of `compound` rows as one number, sorted as in a bar."""

import jax
import jax.numpy as jnp

PITCHES = 256  # Drums have pitches of their own.
# A note as one number that sorts by position, slot and pitch: where the bits of
# each begin; up to 32 steps a quarter they fit. Divisions would compile to many
# operations.
_VELOCITY, _DURATION, _PITCH, _SLOT, _POSITION = 0, 4, 10, 18, 22


def of_position(position: jax.Array) -> jax.Array:
  """The least code of a note at a position."""
  return position << _POSITION


def of_slot(position: jax.Array, slot: jax.Array) -> jax.Array:
  """The least code of a note at a position, of a slot."""
  return position << _POSITION | slot << _SLOT


def of_pitch(
  position: jax.Array, slot: jax.Array, pitch: jax.Array
) -> jax.Array:
  """The least code of a note at a position, of a slot and a pitch below 256."""
  return of_slot(position, slot) | pitch << _PITCH


def of_note(position, slot, pitch, duration, velocity) -> jax.Array:
  """The code of a note, of a pitch below 256 and classes of its performance."""
  least = of_pitch(position, slot, pitch)
  return least | duration << _DURATION | velocity << _VELOCITY


def fields(code: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
  """(position, slot, pitch below 256) of a note's code; -1 of -1, no note."""
  is_note = code >= 0
  slot, pitch = code >> _SLOT & 15, code >> _PITCH & 255
  return (
    code >> _POSITION,
    jnp.where(is_note, slot, -1),
    jnp.where(is_note, pitch, -1),
  )


def performed(code: jax.Array) -> tuple[jax.Array, jax.Array]:
  """(duration class, velocity class) of a note's code."""
  return code >> _DURATION & 63, code >> _VELOCITY & 15


def stack_of(code: jax.Array) -> jax.Array:
  """The same of all notes of a position and a slot; -1 of -1, no note."""
  return code >> _SLOT


def position_of(code: jax.Array) -> jax.Array:
  """The position of a note; -1 of -1, no note."""
  return code >> _POSITION
