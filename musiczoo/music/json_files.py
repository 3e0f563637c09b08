"""JSON that any parser reads, and a reader that refuses all else in one line."""

import json
import math
import os
from typing import Any

from musiczoo.music import files

MOST_LEVELS = 64  # Of tables in tables; ours have four.


def parse(data: bytes | str) -> Any:
  """A JSON text as plain values.

  Raises:
    ValueError: it is not JSON in UTF-8, or nested deeper than `MOST_LEVELS`.
  """
  try:
    value = json.loads(data.decode() if isinstance(data, bytes) else data)
  except UnicodeDecodeError as error:
    raise ValueError(f'byte {error.start} is not UTF-8') from error
  except json.JSONDecodeError as error:
    raise ValueError(f'not JSON: {error}') from error
  except RecursionError:
    raise ValueError('nested too deeply') from None
  if _is_deep(value):
    raise ValueError('nested too deeply')
  return value


def read(path: str | os.PathLike) -> Any:
  """The content of a JSON file.

  Raises:
    OSError: it can't be read, or is no regular file.
    ValueError: as of `parse`.
  """
  return parse(files.read_bytes(path))


def text(content: Any) -> str:
  """Plain values as lines of JSON; a number that is not finite becomes null."""
  plain = finite(content)
  return json.dumps(plain, indent=1, sort_keys=True, allow_nan=False) + '\n'


def finite(content: Any) -> Any:
  """A copy of plain values with None for each number that is not finite."""
  if isinstance(content, dict):
    return {name: finite(value) for name, value in content.items()}
  if isinstance(content, list | tuple):
    return [finite(value) for value in content]
  if isinstance(content, float) and not math.isfinite(content):
    return None
  return content


def _is_deep(value):
  level = [value]
  for _ in range(MOST_LEVELS):
    level = [
      inner
      for outer in level
      if isinstance(outer, dict | list)
      for inner in (outer.values() if isinstance(outer, dict) else outer)
    ]
    if not level:
      return False
  return True
