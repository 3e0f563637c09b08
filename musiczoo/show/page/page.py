"""The page as one HTML file: its groups of pieces, styles and scripts.

The page contains its music and all it needs to play and draw it, and makes no
requests. It is ASCII, and the same groups give the same bytes.
"""

import base64
import collections
from collections.abc import Mapping, Sequence
import hashlib
import html as html_lib
from importlib import resources
import json
import re
import string
from typing import NamedTuple

from musiczoo.music.score import Score
from musiczoo.show.page import engraving
from musiczoo.show.page.music import music
from musiczoo.show.page.rows import rows
from musiczoo.show.sound.timbres import DRUMS, FAMILIES, OTHER

# In order: each uses definitions of those before it.
_SCRIPTS = (
  'names',
  'clock',
  'sound',
  'player',
  'roll',
  'score',
  'table',
  'practice',
  'keys',
  'listen',
)
_EXPORTS = 'Object.assign(window, {player, rolls, notation, Sound});'


class Piece(NamedTuple):
  """A piece and its numbers.

  Attributes:
    name: as it is listed.
    score: with tempi; without, it is played at 120 quarter notes a minute.
    numbers: a number or a text by its label.
    marks: kind, tick and voices (tracks) of what is marked in the score, such
      as broken rules.
  """

  name: str
  score: Score
  numbers: Mapping[str, float | str] = {}
  marks: Sequence[tuple[str, int, Sequence[int]]] = ()


class Group(NamedTuple):
  """Pieces of one kind, such as those of a model or real ones.

  Attributes:
    name: as it is listed.
    pieces: in the order of the list.
    numbers: of the group as a whole. Others of its pieces are averaged.
  """

  name: str
  pieces: Sequence[Piece]
  numbers: Mapping[str, float | str] = {}


def html(title: str, groups: Sequence[Group], notes: Sequence[str] = ()) -> str:
  """The page.

  Args:
    title: of the page.
    groups: in the order of the list; the numbers of a piece are shown beside
      those of all groups.
    notes: sentences below the numbers.
  """
  engraved: list[engraving.Engraving] = []
  shown = [_group(group, engraved) for group in groups]
  book = {
    'groups': shown,
    'rows': rows(_number_names(shown)),
    'glyphs': engraving.glyphs(engraved),
    'notes': list(notes),
    'timbres': {
      'families': [timbre._asdict() for timbre in FAMILIES],
      'drums': {key: drum._asdict() for key, drum in DRUMS.items()},
      'other': OTHER._asdict(),
    },
  }
  style = _asset('page.css')
  # In a block, so that only the names for tests are visible outside.
  script = '\n'.join(_asset(f'{name}.js') for name in _SCRIPTS)
  script = f"'use strict';\n{{\n{script}\n{_EXPORTS}\n}}\n"
  # Nothing else may run or be fetched, whatever names the music contains.
  policy = (
    f"default-src 'none'; script-src {_hash(script)}; "
    f"style-src {_hash(style)}; img-src data:; base-uri 'none'; "
    "form-action 'none'"
  )
  parts = {'policy': policy, 'style': style, 'script': script}
  return string.Template(_asset('page.html')).substitute(
    parts, title=_text(title), music=_data(book)
  )


def _number_names(groups):
  for group in groups:
    for piece in group['pieces']:
      yield from piece['numbers']
    yield from group['numbers']


def _group(group, engraved):
  values = collections.defaultdict(list)
  for piece in group.pieces:
    for name, value in piece.numbers.items():
      values[name].append(value)
  numbers = {
    name: sum(of) / len(of)
    for name, of in values.items()
    if not any(isinstance(value, str) for value in of)
  }
  numbers |= group.numbers
  pieces = [_piece(piece, engraved) for piece in group.pieces]
  return {'name': group.name, 'numbers': numbers, 'pieces': pieces}


def _piece(piece, engraved):
  """A piece as JSON data; its engraving, if any, is added to the list."""
  named = {
    'name': piece.name,
    'file': _file(piece.name),
    'numbers': dict(piece.numbers),
    'marks': [
      [kind.replace('_', ' '), int(tick), [int(v) for v in voices]]
      for kind, tick, voices in piece.marks
    ],
  }
  notation = engraving.engrave(piece.score)
  if notation is not None:
    engraved.append(notation)
    named['engraving'] = notation.data
  return named | music(piece.score)


def _file(name):
  """A name that every file system allows, ending in .mid."""
  name = re.sub(r'\.midi?$', '', name, flags=re.IGNORECASE)
  return (re.sub(r'[^\w.-]+', '_', name, flags=re.ASCII) or 'piece') + '.mid'


def _data(value):
  """JSON that cannot close its HTML element, nor contain a URL."""
  text = json.dumps(value, separators=(',', ':'), allow_nan=False)
  for character in '<>&':
    text = text.replace(character, f'\\u{ord(character):04x}')
  return text.replace('://', ':\\/\\/')


def _text(text):
  """Text escaped as HTML, in ASCII, without unprintable characters."""
  text = ''.join(c if c.isprintable() else ' ' for c in text)
  text = html_lib.escape(text).replace('://', ':&#47;&#47;')
  return text.encode('ascii', 'xmlcharrefreplace').decode()


def _asset(name):
  return resources.files(__package__).joinpath(name).read_text('ascii')


def _hash(text):
  digest = hashlib.sha256(text.encode()).digest()
  return f"'sha256-{base64.b64encode(digest).decode()}'"
