"""Pieces in notation on the page, and pieces without."""

import base64
import json
import zlib

import numpy as np
import pytest

from musiczoo.music.score import canonical, Score, Track
from musiczoo.show import page
from musiczoo.show.page import engraving
from tests.show.page.test_page import book

VOICES = tuple(Track(52, name=n) for n in ('Soprano', 'Alto', 'Tenor', 'Bass'))


def chorale(bars, seed=0):
  """Four voices in quarters and eighths, with a pick-up and phrase ends."""
  rng = np.random.default_rng(seed)
  notes = []
  for track, low in enumerate((65, 58, 53, 43)):
    at = 0
    while at < 16 * bars + 4:
      length = int(rng.choice([2, 4, 4, 8]))
      notes.append((at, length, low + int(rng.integers(12)), 80, track))
      at += length
  return canonical(
    Score(
      np.array(notes, np.int32),
      VOICES,
      meters=np.array([(0, 1, 4), (4, 4, 4)], np.int32),
      keys=np.array([(0, 2, 0), (36, -3, 1)], np.int32),
      resolution=4,
      phrase_ends=np.array([36], np.int32),
    )
  )


def html(*scores):
  pieces = [page.Piece(str(i), score) for i, score in enumerate(scores)]
  return page.html('t', [page.Group('g', pieces)])


def unpacked(piece):
  return json.loads(zlib.decompress(base64.b64decode(piece['engraving'])))


@pytest.fixture
def verovio():
  return pytest.importorskip('verovio', reason='the extra notation is missing')


def test_notes_bars_and_keys(verovio):
  score = chorale(4)
  found = book(html(score))
  (piece,) = found['groups'][0]['pieces']
  music = unpacked(piece)
  written = {
    (part, start) for b in music['bars'] for part, start, *_ in b['notes']
  }
  onsets = {(int(t), 12 * int(o)) for o, _, _, _, t in score.notes}
  assert onsets <= written
  assert music['grid'] == 48 and len(music['staves']) == 5
  assert music['ticks'][:3] == [0, 48, 240]
  assert len(music['bars']) == len(music['ticks']) - 1 == len(piece['bars']) - 1
  heads = [bar['head'] for bar in music['bars']]
  assert heads == [0, 0, 0, 1, 1, 1]
  # Two sharps, then three flats, in each of four staves beside a clef.
  assert [len(shapes) for _, shapes in music['heads']] == [4 + 8, 4 + 12]
  used = {
    shape[0]
    for bar in music['bars']
    for shapes in [bar['shapes'], *(n[3:] for n in bar['notes'])]
    for shape in shapes
    if isinstance(shape[0], str) and not isinstance(shape, str)
  }
  assert used <= set(found['glyphs'])
  assert any(bar['chords'] for bar in music['bars'])


def test_drums_have_no_key_and_names_stand_beside_their_staves(verovio):
  notes = [(0, 16, 36, 80, 0), (0, 16, 72, 80, 0), (0, 16, 38, 80, 1)]
  score = Score(
    np.array(notes, np.int32),
    (Track(0), Track(0, True)),
    keys=np.array([(0, -3, 0)], np.int32),
    resolution=4,
  )
  (piece,) = book(html(score))['groups'][0]['pieces']
  music = unpacked(piece)
  upper, lower, drums, _ = music['staves']
  ((_, shapes),) = music['heads']
  assert len(shapes) == 3 + 2 * 3
  piano, kit = music['names']
  assert upper + 144 < piano < lower + 72 < drums < kit


def test_eight_chorales_stay_small(verovio):
  songs = [chorale(16, seed) for seed in range(8)]
  text = html(*songs)
  assert len(text) < 400_000
  assert text == html(*songs)
  assert text.count('"engraving"') == 8


def test_a_roll_alone_for_crowds_performances_or_without_the_package(
  monkeypatch,
):
  crowd = np.array([(t, 1, 60, 80, 0) for t in range(5000)], np.int32)
  assert engraving.engrave(Score(crowd, resolution=4)) is None
  assert engraving.engrave(Score(crowd[:0], ())) is None
  played = np.array([(7, 231, 60, 80, 0)], np.int32)
  assert engraving.engrave(Score(played)) is None
  monkeypatch.setattr(engraving, '_toolkit', lambda: None)
  found = book(html(chorale(2)))
  assert 'engraving' not in found['groups'][0]['pieces'][0]
  assert found['glyphs'] == {}


def test_marks():
  marks = [('parallel_fifths', 4, (0, np.int64(2)))]
  piece = page.Piece('p', chorale(1), {}, marks)
  found = book(page.html('t', [page.Group('g', [piece])]))
  expected = [['parallel fifths', 4, [0, 2]]]
  assert found['groups'][0]['pieces'][0]['marks'] == expected
