"""Damaged copies of a file's bytes, as disks, editors and strangers make them."""

import random
import re

# In place of a value of JSON, or anywhere.
VALUES = [
  b'null',
  b'NaN',
  b'-Infinity',
  b'1e999',
  b'-1',
  b'9' * 5000,
  b'18446744073709551616',
  b'true',
  b'""',
  b'"\\ud800"',
  b'"../../../../etc/passwd"',
  b'"/etc/passwd"',
  b'"a\\u0000b"',
  b'[]',
  b'{}',
  b'[' * 10**5,
  b'{"a":' * 10**5,
  b'\xff\xfe',
  b'\0' * 9,
  b'\n',
]
_VALUE = re.compile(rb'"[^"\n]*"|[-+.0-9e]+|null|true|false')


def mutate(content: bytes, rng: random.Random) -> bytes:
  """One to three changes of bytes, values, keys or lines; never the same."""
  changed = content
  while changed == content:
    for _ in range(rng.randint(1, 3)):
      changed = rng.choice(_KINDS)(changed, rng)
  return changed


def _flip(content, rng):
  if not content:
    return b'x'
  place = rng.randrange(len(content))
  flipped = content[place] ^ 1 << rng.randrange(8)
  return content[:place] + bytes([flipped]) + content[place + 1 :]


def _cut(content, rng):
  return content[: rng.randint(0, len(content))]


def _insert(content, rng):
  place = rng.randint(0, len(content))
  return content[:place] + rng.choice(VALUES) + content[place:]


def _replace_value(content, rng):
  found = list(_VALUE.finditer(content))
  if not found:
    return content
  begin, end = rng.choice(found).span()
  return content[:begin] + rng.choice(VALUES) + content[end:]


def _swap(content, rng):
  lines = content.split(b'\n')
  rng.shuffle(lines)
  return b'\n'.join(lines)


def _double(content, rng):
  begin, end = sorted(rng.randint(0, len(content)) for _ in range(2))
  return content[:end] + content[begin:]


_KINDS = (_flip, _cut, _insert, _replace_value, _swap, _double)
