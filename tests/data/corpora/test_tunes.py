"""Tunes in ABC: names, styles, keys; variants stay together; none is lost."""

import pathlib

import numpy as np
import pytest

from musiczoo.data import corpora
from musiczoo.data.corpora import packaged, tunes, variants
from musiczoo.data.dataset import style_of
from musiczoo.errors import UserError
from musiczoo.music.score import equal, Score

pytest.importorskip('music21')

BOOK = b"""X:1001
T:First
M:6/8
L:1/8
K:D
A|d2d cAG|F2D A2A|d2d efg|a2f d2:|
f|a2a afd|g2g e2e|c2c cde|d3 d2:|

X:1002
T: Second/Other
R:Reel
M:C|
L:1/8
K:Ador
A2eA B2eB|A2ed cdec|G2dG BGdG|G2gf edBd:|
"""
# The first in another key, with a pick-up of other notes, and written shorter.
VARIANT = b"""X:1
T:FIRST -- JIG
M:6/8
L:1/8
K:G
DEF|G2G FDC|B,2G, D2D|G2G ABc|d2B G2:|
"""
BAD = b'X:1\nT:Silence\nM:C\nK:D mix\nz8|z8|\n'


def tune(data: bytes, book: str = 'airdsAirs') -> tunes.Tune:
  return tunes.Tune(book, 'a#1', data)


def score(data: bytes) -> Score:
  return tunes.parse(tune(data))[0].score


@pytest.fixture
def books(tmp_path, monkeypatch):
  """Three books of few tunes, parsed in this process; an empty cache folder."""
  files = {
    'oneills1850/1001.abc': BOOK,
    'ryansMammoth/First.abc': VARIANT,
    'airdsAirs/book1.abc': BAD,
    'essenFolksong/han1.abc': VARIANT,
  }
  for name, data in files.items():
    path = tmp_path / 'corpus' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

  def found(corpus, folder, suffix):
    return sorted((tmp_path / 'corpus' / folder).glob(f'*{suffix}'))

  monkeypatch.setattr(packaged, 'files', found)
  monkeypatch.setattr(
    packaged, 'parsed', lambda parse, items, *label: list(map(parse, items))
  )
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
  return tmp_path


def test_names_splits_and_what_is_left_out(books, caplog, monkeypatch):
  found = corpora.load('tunes')
  split = {p.name: s for s, pieces in found.items() for p in pieces}
  first = 'jig/D-major/oneills1850/1001#1 First'
  variant = 'jig/G-major/ryansMammoth/First FIRST -- JIG'
  other = 'reel/A-dorian/oneills1850/1001#2 Second Other'
  assert split.keys() >= {first, variant, other}
  assert '3 tunes, with their variants 2' in caplog.text
  assert '1 left out: airdsAirs/book1 has no notes' in caplog.text
  # Once parsed it is only read, and what is missing is named again.
  caplog.clear()
  monkeypatch.delattr(packaged, 'parsed')
  again = tunes.load_tunes()
  names = [piece.name for pieces in again.values() for piece in pieces]
  assert sorted(names) == sorted([first, variant, other])
  assert 'airdsAirs/book1 has no notes' in caplog.text


def test_variants_are_in_one_split(books):
  places = {
    piece.name.split('/')[2]: split
    for split, pieces in tunes.load_tunes().items()
    for piece in pieces
    if piece.name.startswith('jig/')
  }
  assert places['oneills1850'] == places['ryansMammoth']


def test_other_music_has_another_cache(books):
  before = tunes.load_tunes()
  (books / 'corpus/airdsAirs/book1.abc').write_bytes(VARIANT)
  after = tunes.load_tunes()
  assert sum(map(len, after.values())) == sum(map(len, before.values())) + 1


def test_a_cache_that_cannot_be_written_costs_only_time(books, caplog):
  (books / 'cache').write_text('no folder')
  found = tunes.load_tunes()
  assert sum(map(len, found.values())) == 3
  assert 'cannot be written' in caplog.text
  assert 'airdsAirs/book1 has no notes' in caplog.text


def test_essen_is_said_to_be_for_non_commercial_use(books, caplog):
  corpora.load('essen')
  first = caplog.messages[0]
  assert 'non-commercial use' in first and '\n' not in first


def test_essen_styles_are_its_collections(books):
  names = {p.name for pieces in tunes.load_essen().values() for p in pieces}
  assert names == {'han/G-major/essenFolksong/han1 FIRST -- JIG'}


def test_a_tune_is_played_with_its_repeats_and_keeps_metre_and_key():
  found = score(BOOK.partition(b'\n\n')[0])
  assert len(found.notes) == 2 * (18 + 17)
  assert found.meters[1:2, 1:].tolist() == [[6, 8]]
  assert found.keys.tolist() == [[0, 2, 0]]


@pytest.mark.parametrize(
  'book,header,style',
  [
    ('airdsAirs', 'R:Slip Jig\nM:6/8', 'slipjig'),
    ('ryansMammoth', 'T:A Reel\nR: double jig\nM:C', 'jig'),
    # A number of O'Neill's is in a section.
    ('oneills1850', 'X:1100\nT:The Reel\nM:C', 'jig'),
    ('oneills1850', 'X:700\nM:6/8', 'air'),
    ('oneills1850', "X:1801\nT:Brian Boru's March\nM:6/8", 'march'),
    ('oneills1850', "X:630\nR:C:O'Carolan\nM:C", 'air'),
    # The title, and no part of a word of it.
    ('airdsAirs', 'X:1100\nT:Quick Step. 25th Regt.\nM:2/4', 'quickstep'),
    ('airdsAirs', 'T:The Fair Maid\nM:9/8', 'slipjig'),
    # The metre.
    ('airdsAirs', 'M:12/8 % Aird has 6/8', 'jig'),
    ('airdsAirs', 'M:C|', 'reel'),
    ('airdsAirs', 'M:3/4', 'air'),
  ],
)
def test_style(book, header, style):
  if not header.startswith('X'):
    header = f'X:1\n{header}'
  found = tunes.style(tune(f'{header}\nK:D\n'.encode(), book))
  assert found == style and found in tunes.STYLES


@pytest.mark.parametrize(
  'field,key',
  [
    ('D', 'D-major'),
    (' Bb', 'Bb-major'),
    ('F#m', 'F#-minor'),
    ('E Minor % one sharp', 'E-minor'),
    ('AMix', 'A-mixolydian'),
    ('DDor', 'D-dorian'),
    ('Glydian', 'G-lydian'),
    ('Hp', 'unknown'),
  ],
)
def test_key(field, key):
  assert tunes.key(tune(f'X:1\nK:{field}\n'.encode())) == key


def test_the_incipit_is_of_the_beats():
  # d c | F A | d e | a d, without the pick-up and the notes between.
  first = score(BOOK.partition(b'\n\n')[0])
  assert variants.incipit(first) == (0, -1, -8, -5, 0, 2, 7, 0)
  assert variants.incipit(score(VARIANT)) == variants.incipit(first)


def test_note_values_do_not_matter():
  music = 'M:{}\nL:{}\nK:G\nG2Bd g2fe|d2BG A2AB|G2Bd g2fe|d2cA G4|\n'
  long, short = (
    score(f'X:1\n{music.format(*x)}'.encode())
    for x in (('C|', '1/8'), ('2/4', '1/16'))
  )
  assert variants.incipit(long) == variants.incipit(short)


def made(pitches) -> Score:
  """Half notes in 4/4."""
  notes = [(2 * i, 2, p, 64, 0) for i, p in enumerate(pitches)]
  return Score(np.array(notes, np.int32), resolution=1)


def test_groups_are_of_tunes_that_differ_on_one_beat():
  a = [60, 62, 64, 65, 67, 65, 64, 62]
  b = [p + 5 for p in a]
  b[0] += 2  # Another first beat.
  c = [*b]
  c[3] += 1  # A variant of a variant.
  other = [60, 60, 67, 67, 69, 69, 67, 65]
  groups = variants.groups([made(x) for x in (a, other, b, c)])
  assert groups[0] == groups[2] == groups[3] != groups[1]
  # Names depend on the group's own tunes, in any order.
  assert variants.groups([made(x) for x in (c, b, a)]) == groups[:1] * 3


def test_a_config_has_the_styles_of_the_corpus(books):
  found = {
    style_of(piece.name)
    for pieces in tunes.load_tunes().values()
    for piece in pieces
  }
  assert found <= set(tunes.STYLES)


def test_without_its_folder_music21_is_to_be_installed_again():
  with pytest.raises(UserError, match='no .abc files: install music21 with'):
    packaged.files('tunes', 'nothing', '.abc')


def test_a_real_book_is_where_it_is_sought():
  files = packaged.files('tunes', 'ryansMammoth', '.abc')
  found = tunes.tunes_of('ryansMammoth', files[:2])
  assert [t.place for t in found] == [pathlib.Path(f).stem for f in files[:2]]
  piece, _ = tunes.parse(found[0])
  assert equal(piece.score, tunes.parse(found[0])[0].score)
