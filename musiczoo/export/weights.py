"""Parameters walk in; flat names, and the bytes of a safetensors file, walk out."""

from flax import traverse_util
import jax
import numpy as np

from musiczoo.errors import UserError


def flat(params) -> dict[str, np.ndarray]:
  """Nested parameters -> {'net/input_0': array}, in the order of names."""
  by_name = traverse_util.flatten_dict(params, sep='/')
  return {name: by_name[name] for name in sorted(by_name)}


def nested(weights: dict):
  """The way back."""
  return traverse_util.unflatten_dict(weights, sep='/')


def shapes(weights: dict) -> dict:
  return {
    name: jax.ShapeDtypeStruct(a.shape, a.dtype) for name, a in weights.items()
  }


def to_bytes(weights: dict[str, np.ndarray]) -> bytes:
  """The bytes of model.safetensors: the same weights give the same bytes.

  Raises:
    UserError: safetensors isn't installed.
  """
  try:
    from safetensors import numpy as safetensors
  except ImportError as e:
    raise missing('model.safetensors', 'safetensors', 'export') from e
  return safetensors.save(
    {name: np.ascontiguousarray(a) for name, a in weights.items()}
  )


def missing(file: str, package: str, extra: str) -> UserError:
  return UserError(
    f'{file} is written by {package}, which is not installed: pip install '
    f"'musiczoo[{extra}]'"
  )
