"""Parameters by flat names, and as the bytes of a safetensors file."""

from flax import traverse_util
import jax
import numpy as np

from musiczoo.errors import UserError


def flat(params) -> dict[str, np.ndarray]:
  """Nested parameters -> {'net/input_0': array}, in the order of names."""
  return dict(sorted(traverse_util.flatten_dict(params, sep='/').items()))


def nested(weights: dict):
  """Flat names -> nested parameters."""
  return traverse_util.unflatten_dict(weights, sep='/')


def shapes(weights: dict) -> dict:
  """The shape and dtype of each array."""
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
  """The error that a package of an extra is not installed."""
  return UserError(
    f"{file} needs {package}, which is missing: pip install 'musiczoo[{extra}]'"
  )
