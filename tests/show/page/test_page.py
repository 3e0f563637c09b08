"""The page's bytes: the music as it is, and nothing that a name could add."""

import base64
from html.parser import HTMLParser
import json
import re

from hypothesis import given, settings
import numpy as np
import pytest

from musiczoo.music import midi
from musiczoo.music.score import equal, Score, Track
from musiczoo.show import page
from tests.strategies import scores

EVIL = (
  '</script><script>alert(1)</script>',
  '<!--<script>',
  '\u2028"\'\\&amp;',
  'https://example.org/a//b',
  '<img src=x onerror=alert(1)>',
  '\x00\x1b[2J',
)
NOTES = np.array([(0, 4, 60, 90, 0), (4, 4, 64, 80, 1)], np.int32)
SONG = Score(NOTES, (Track(40, name='A'), Track(0, True, 'B')), resolution=4)


def book(text):
  return json.loads(Parts(text).data)


class Parts(HTMLParser):
  """The elements of a page, and what stands in that with the music."""

  def __init__(self, text):
    super().__init__()
    self.tags, self.data, self.title, self._in = [], '', '', None
    self.feed(text)

  def handle_starttag(self, tag, attributes):
    self.tags.append((tag, dict(attributes)))
    self._in = dict(attributes).get('id') if tag == 'script' else tag

  def handle_endtag(self, tag):
    self._in = None

  def handle_data(self, data):
    if self._in == 'music':
      self.data += data
    if self._in == 'title':
      self.title += data


@settings(max_examples=25)
@given(score=scores())
def test_the_notes_are_those_of_the_score(score):
  text = page.html('t', [page.Group('g', [page.Piece('p', score)])])
  found = book(text)['groups'][0]['pieces'][0]
  back = Score(
    np.array(found['notes'], np.int32).reshape(-1, 5),
    tuple(Track(t['program'], t['drums'], t['name']) for t in found['tracks']),
    np.array(found['tempi'], np.int32).reshape(-1, 2),
    score.meters,
    score.keys,
    found['resolution'],
  )
  assert equal(back, score)
  assert base64.b64decode(found['midi']) == midi.to_bytes(score)


def test_one_small_file_that_asks_for_nothing():
  assert len(page.html('t', [])) < 100_000
  songs = [page.Group('g', [page.Piece('p', SONG)])]
  for text in page.html('t', []), page.html('t', songs):
    assert not re.search(r'https?:|ftp:|wss?:|@import|url\(', text)
    # Addresses elsewhere have two slashes, and so have only comments here.
    code = re.sub(r'^\s*//.*|  // .*', '', text, flags=re.MULTILINE)
    assert '//' not in code.split('id="music">')[0]
    assert not re.search(r'\b(?:fetch|import|XMLHttpRequest|WebSocket)\b', code)
    for tag, attributes in Parts(text).tags:
      assert 'src' not in attributes, tag
      assert attributes.get('href', 'data:,') == 'data:,'
    assert "default-src 'none'" in text


@pytest.mark.parametrize('name', EVIL)
def test_a_name_stays_text(name):
  song = SONG._replace(tracks=(Track(0, name=name), Track(1)))
  evil = page.html(
    name,
    [page.Group(name, [page.Piece(name, song, {name: name})], {name: name})],
    [name],
  )
  plain = page.html('t', [page.Group('g', [page.Piece('p', SONG)])])
  assert [t for t, _ in Parts(evil).tags] == [t for t, _ in Parts(plain).tags]
  assert '://' not in evil
  assert evil.isascii() and '\x00' not in evil
  (group,) = book(evil)['groups']
  (piece,) = group['pieces']
  assert group['name'] == piece['name'] == piece['numbers'][name] == name
  assert piece['tracks'][0]['name'] == name
  assert re.fullmatch(r'[\w.-]+\.mid', piece['file'])
  assert '<' not in Parts(evil).data


def test_the_same_bytes():
  def make():
    return page.html(
      't', [page.Group('g', [page.Piece('p', SONG, {'a': 1.5})])]
    )

  assert make() == make()
  changed = SONG._replace(notes=SONG.notes + np.int32([0, 0, 1, 0, 0]))
  assert make() != page.html('t', [page.Group('g', [page.Piece('p', changed)])])


def test_numbers_of_a_group_are_means_or_given():
  pieces = [
    page.Piece('a', SONG, {'x': 1.0, 'y': 2.0, 'z': 'word'}),
    page.Piece('b', SONG, {'x': 2.0, 'z': 'other'}),
  ]
  (group,) = book(page.html('t', [page.Group('g', pieces, {'y': 7.0})]))[
    'groups'
  ]
  assert group['numbers'] == {'x': 1.5, 'y': 7.0}


def test_pitches_are_spelled_as_the_key_has_them():
  notes = [(t, 4, p, 80, 0) for t in range(0, 32, 4) for p in (61, 65, 68)]
  keys = np.array([(0, -5, 0), (20, 6, 0)], np.int32)
  song = Score(np.array(notes, np.int32), keys=keys, resolution=4)
  found = book(page.html('t', [page.Group('g', [page.Piece('p', song)])]))
  piece = found['groups'][0]['pieces'][0]
  assert piece['key'] == 'Db'
  # The second key holds from its bar on.
  assert piece['pitches'] == [
    [0, 'C Db D Eb Fb F Gb G Ab A Bb Cb'],
    [16, 'B# C# C## D# E E# F# F## G# A A# B'],
  ]
  assert piece['chords'] == [[0, 'Db'], [16, 'C#']]
  minor = song._replace(keys=np.array([(0, -5, 1)], np.int32))
  found = book(page.html('t', [page.Group('g', [page.Piece('p', minor)])]))
  assert found['groups'][0]['pieces'][0]['key'] == 'Bbm'


def test_beats_of_meters():
  meters = np.array([(0, 1, 8), (2, 3, 4), (26, 6, 8), (50, 5, 16)], np.int32)
  song = SONG._replace(meters=meters)
  texts = page.html(
    't', [page.Group('g', [page.Piece('p', s) for s in (SONG, song)])]
  )
  plain, metric = book(texts)['groups'][0]['pieces']
  assert plain['meters'] == [[0, 4]]
  assert metric['meters'] == [[0, 2], [2, 4], [26, 6], [50, 1]]


def test_bars_chords_and_key():
  notes = [(t, 4, p, 80, 0) for t in range(0, 32, 4) for p in (60, 64, 67)]
  song = Score(np.array(notes, np.int32), resolution=4)
  found = book(page.html('t', [page.Group('g', [page.Piece('p', song)])]))
  piece = found['groups'][0]['pieces'][0]
  assert piece['bars'] == [0, 16, 32]
  assert piece['chords'] == [[0, 'C'], [16, 'C']]
  assert piece['key'] == 'C'
  flats = Score(song.notes + np.int32([0, 0, 1, 0, 0]), resolution=4)
  found = book(page.html('t', [page.Group('g', [page.Piece('p', flats)])]))
  piece = found['groups'][0]['pieces'][0]
  assert piece['key'] == 'Db' and piece['chords'][0] == [0, 'Db']
  empty = Score(np.zeros((0, 5), np.int32), ())
  found = book(page.html('t', [page.Group('g', [page.Piece('p', empty)])]))
  assert found['groups'][0]['pieces'][0]['chords'] == []
