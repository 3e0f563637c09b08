"""Music of the music21 package, note for note as music21 has it.

music21 expands repeats by copies of all that is in a score, and reads what is
left out of it here. Of its tunes only those are compared that it reads right,
taken for ABC 2.1.
"""

import importlib.util
import pathlib
import re
import zipfile

import numpy as np
import pytest

from musiczoo.music import notation
from musiczoo.music.midi import Limits

pytest.importorskip('music21')

FOLDER = pathlib.Path(importlib.util.find_spec('music21').origin).parent
FOLDER /= 'corpus'
QUARTETS = 'beethoven', 'haydn', 'mozart'
SONGS = 'schumann_robert', 'schubert'
BOOKS = 'oneills1850', 'ryansMammoth'
NUM_TUNES = 200
_MISREAD = re.compile(
  r"[^A-Ga-gz\d/,'^_=|:()<>\s\\-]|::|[A-G]:|:\s*\d|[<>]\s*[()]|\)\s*[<>]"
)


def files(*folders: str) -> list[pathlib.Path]:
  return sorted(
    path
    for folder in folders
    for path in (FOLDER / folder).rglob('*')
    if path.suffix in ('.mxl', '.xml')
  )


def text(path: pathlib.Path) -> str:
  data = path.read_bytes()
  if path.suffix == '.mxl':
    with zipfile.ZipFile(path) as archive:
      names = [n for n in archive.namelist() if not n.startswith('META-INF')]
      data = archive.read(next(n for n in names if n.endswith('xml')))
  wide = data[:2] in (b'\xff\xfe', b'\xfe\xff')
  return data.decode('utf-16' if wide else 'utf-8-sig')


def all_tunes() -> list[bytes]:
  return [
    tune
    for book in BOOKS
    for path in sorted((FOLDER / book).glob('*.abc'))
    for tune in notation.tunes(path.read_bytes())
  ]


def has_bare_repeat(body: str) -> bool:
  """Whether a repeat ends that begins nowhere but after the one before it.

  music21 goes back to the beginning of the tune: A :| B :| is AABAAB. ABC 2.1 says
  the latest double bar line or end of a repeat: AABB.
  """
  is_begun = True  # By the beginning of the tune.
  for mark in re.findall(r'\|:|:\||\|\||\|\]', body):
    if mark == ':|' and not is_begun:
      return True
    is_begun = mark == '|:'
  return False


def plain_tunes() -> list[str]:
  """Tunes without the marks that lead music21 astray."""
  found = []
  for tune in all_tunes():
    tune = tune.decode('utf-8', 'replace')
    body = re.split(r'^K:.*$', tune, maxsplit=1, flags=re.MULTILINE)[-1]
    if body.strip() and not _MISREAD.search(body) and not has_bare_repeat(body):
      found.append(tune)
  return found[:: max(len(found) // NUM_TUNES, 1)][:NUM_TUNES]


def agrees(name: str, data: bytes, expected: np.ndarray) -> bool:
  from tests.music.notation import oracle

  score, _ = notation.read_report(name, data, Limits())
  return np.array_equal(oracle.sorted_notes(score), expected)


# Whole works in a file, whose repeats music21 takes minutes to copy.
WORKS = sorted((FOLDER / 'beethoven').glob('*.mxl'))
# music21 adds a half note's rest at its segno, behind the notes of the pick-up.
SEGNO = FOLDER / 'mozart' / 'k80' / 'movement4.mxl'
SCORES = [
  *(path for path in files(*QUARTETS) if path not in (*WORKS, SEGNO)),
  *files('monteverdi', *SONGS),
  *files('trecento')[::3],
]


@pytest.mark.slow
@pytest.mark.parametrize('path', [*WORKS, SEGNO], ids=lambda path: path.stem)
def test_what_is_not_compared_is_read(path):
  score, _ = notation.read_report(path.name, path.read_bytes(), Limits())
  assert len(score.notes) > (5000 if path in WORKS else 500)
  assert len(score.tracks) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
  'path', SCORES, ids=lambda path: path.relative_to(FOLDER).as_posix()
)
def test_scores(path):
  from tests.music.notation import oracle

  expected = oracle.notes(text(path), 'musicxml')
  assert len(expected)
  assert agrees(path.name, path.read_bytes(), expected)


@pytest.mark.slow
def test_tunes():
  from tests.music.notation import oracle

  tunes = plain_tunes()
  assert len(tunes) == NUM_TUNES
  wrong = [
    tune
    for tune in tunes
    if not agrees(
      'a.abc', tune.encode(), oracle.notes(f'%abc-2.1\n{tune}', 'abc')
    )
  ]
  assert not wrong


@pytest.mark.slow
def test_no_tune_is_lost():
  for tune in all_tunes()[::20]:
    assert len(notation.read_report('a.abc', tune, Limits())[0].notes)
