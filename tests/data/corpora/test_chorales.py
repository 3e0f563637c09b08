"""Bach as the package has him: ties, pick-ups and keys; parsed only once."""

import importlib.util
import os

import pytest

from musiczoo.data import corpora
from musiczoo.data.corpora import chorales
from musiczoo.errors import UserError
from musiczoo.music.score import end, equal

music21 = pytest.importorskip('music21')

FILES = {file.stem: file for file in chorales._files()}
PIECE = chorales.parse(FILES['bwv66.6'])


def part_of(*measures):
  """A part of measures in 4/4, each a string of tiny notation."""
  part = music21.stream.Part()
  for number, notes in enumerate(measures):
    stream = music21.converter.parse(f'tinynotation: {notes}').flatten()
    measure = music21.stream.Measure(number=number)
    if not number:
      measure.timeSignature = music21.meter.TimeSignature('4/4')
    for note in stream.notesAndRests:
      measure.append(note)
    part.append(measure)
  return part


def test_a_piece():
  score = PIECE.score
  assert PIECE.name == 'bwv66.6'
  assert [track.name for track in score.tracks] == [
    'Soprano',
    'Alto',
    'Tenor',
    'Bass',
  ]
  # A pick-up of a quarter, then bars of four; F sharp minor, three sharps.
  assert score.meters.tolist() == [[0, 1, 4], [24, 4, 4]]
  assert score.keys.tolist() == [[0, 3, 1]]
  assert score.tempi.tolist() == [[0, 750_000]]
  # A C sharp, an E and two As; only the alto holds hers for the whole beat.
  assert score.notes[:4, 1].tolist() == [12, 24, 12, 12]
  assert score.notes[:4, 2].tolist() == [73, 64, 57, 57]
  assert len(score.notes) == 163
  assert end(score) == 36 * 24


def test_what_is_not_in_four_parts_is_none():
  assert chorales.parse(FILES['bwv1.6']) is None


def test_ties_are_one_note_and_graces_none():
  part = part_of("c'2 e'2", "e'4 e'4 d'2")
  part.measure(0).notes[1].tie = music21.tie.Tie('start')
  part.measure(1).notes[0].tie = music21.tie.Tie('stop')
  grace = music21.note.Note('F5', quarterLength=0.5).getGrace()
  part.measure(1).insert(1.0, grace)
  assert list(chorales._notes(part)) == [
    (0, 48, 72),
    (48, 72, 76),
    (120, 24, 76),
    (144, 48, 74),
  ]


@pytest.mark.parametrize(
  'measures, meters',
  [
    (["c'1", "c'1"], [(0, 4, 4)]),
    # A pick-up; the last bar makes up for it.
    (["c'4", "c'1", "c'2."], [(0, 1, 4), (24, 4, 4)]),
    # A bar in two, as repeat signs have it.
    (["c'4", "c'1", "c'2.", "c'4", "c'1"], [(0, 1, 4), (24, 4, 4)]),
    # A bar too short amidst others, and one too long.
    (["c'1", "c'2", "c'1"], [(0, 4, 4), (96, 2, 4), (144, 4, 4)]),
    (["c'1", "c'1 c'4", "c'1"], [(0, 4, 4), (96, 5, 4), (216, 4, 4)]),
    (["c'4.", "c'1"], [(0, 3, 8), (36, 4, 4)]),
    # A last bar of two wholes is two bars.
    (["c'1", "c'1 c'1"], [(0, 4, 4)]),
  ],
)
def test_bar_lines_fall_right(measures, meters):
  assert list(chorales._meters(part_of(*measures))) == meters


@pytest.fixture
def few(monkeypatch, tmp_path):
  """Three files, an empty cache folder."""
  files = [FILES[name] for name in ('bwv66.6', 'bwv1.6', 'bwv269')]
  monkeypatch.setattr(chorales, '_files', lambda: files)
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  return tmp_path


def test_parsed_once_by_workers_then_cached(few, monkeypatch, capfd):
  monkeypatch.setattr('musiczoo.data.progress.SECONDS', 0)
  first = chorales.load()
  assert [piece.name for piece in first] == ['bwv66.6', 'bwv269']
  assert '3 of 3 files' in capfd.readouterr().err
  monkeypatch.delattr(chorales, '_parse_all')
  again = chorales.load()
  assert [piece.name for piece in again] == ['bwv66.6', 'bwv269']
  assert all(equal(a.score, b.score) for a, b in zip(first, again))


@pytest.mark.parametrize('file', ['notes.npy', 'dataset.json'])
def test_a_damaged_cache_is_made_anew(few, monkeypatch, caplog, file):
  monkeypatch.setattr(chorales, '_parse_all', lambda files: [PIECE])
  chorales.load()
  assert not caplog.text
  (path,) = (few / 'musiczoo').glob(f'*/{file}')
  sound = path.read_bytes()
  path.write_bytes(sound[: len(sound) // 2])
  (again,) = chorales.load()
  assert again.name == 'bwv66.6' and equal(again.score, PIECE.score)
  assert f'{path} is damaged' in caplog.text
  assert path.read_bytes() == sound


def test_a_cache_that_cannot_be_written_costs_only_time(
  few, monkeypatch, caplog
):
  monkeypatch.setattr(chorales, '_parse_all', lambda files: [PIECE])
  (few / 'musiczoo').write_text('no folder')
  assert [piece.name for piece in chorales.load()] == ['bwv66.6']
  assert 'cannot be written' in caplog.text


def test_other_files_have_another_cache(few, monkeypatch):
  monkeypatch.setattr(chorales, '_parse_all', lambda files: [PIECE])
  chorales.load()
  monkeypatch.setattr(chorales, '_files', lambda: [FILES['bwv269']])
  chorales.load()
  assert len(os.listdir(few / 'musiczoo')) == 2


def test_without_music21_the_extra_is_named(monkeypatch):
  monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(
    UserError, match="the extra 'corpora', pip install music21"
  ):
    corpora.load('chorales')


def test_twins_are_pieces():
  assert set(chorales.NEAR_DUPLICATES) | set(
    chorales.NEAR_DUPLICATES.values()
  ) <= set(FILES)
