"""MusicXML has the notes of the Score, as music21 reads it, and its marks."""

import xml.etree.ElementTree as ET

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from musiczoo.music import musicxml
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, Score, Track
from tests.music.musicxml import oracle

pytest.importorskip('music21', reason='the extra corpora is not installed')


PIANO = (Track(),)


def song(notes, tracks=PIANO, *, resolution=4, **changes):
  """A Score of (onset, duration, pitch[, track])."""
  notes = [(o, d, p, 80, *(track or [0])) for o, d, p, *track in notes]
  changes = {k: np.array(v, np.int32) for k, v in changes.items()}
  notes = np.array(notes, np.int32).reshape(-1, 5)
  return canonical(
    Score(notes, tuple(tracks), resolution=resolution, **changes)
  )


def root(score, **options):
  text = musicxml.to_text(score, **options)
  return ET.fromstring(text)


def written(score):
  """Onset, duration and pitch of each track's notes, on the written grid."""
  notes = quantize(score, oracle.PER_QUARTER).notes
  found = [[] for _ in score.tracks]
  for onset, duration, pitch, _, track in notes.tolist():
    drums = score.tracks[track].drums
    found[track].append((onset, duration, 0 if drums else pitch))
  return [sorted(of_track) for of_track in found]


def check(score):
  found = oracle.notes(oracle.parse(musicxml.to_text(score, chords=True)))
  assert found == written(score)


def texts(element, path):
  return [e.text for e in element.iterfind(path)]


@st.composite
def grid_scores(draw):
  """Scores on a grid, with drums, overlaps, changes of meter and key."""
  grid = draw(st.sampled_from((1, 2, 3, 4, 6, 8, 12, 16, 24)))
  tracks = draw(
    st.lists(
      st.builds(Track, st.integers(0, 127), st.booleans()),
      min_size=1,
      max_size=3,
    )
  )
  note = st.tuples(
    st.integers(0, 10 * grid),
    st.integers(1, 3) | st.integers(1, 6 * grid),
    st.integers(24, 100) | st.integers(60, 63),
    st.integers(0, len(tracks) - 1),
  )
  notes = draw(st.lists(note, min_size=1, max_size=14))
  # General MIDI has drums from 35 to 81.
  notes = [
    (o, d, 35 + p % 46 if tracks[t].drums else p, t) for o, d, p, t in notes
  ]
  meters = draw(
    st.lists(
      st.tuples(
        st.integers(0, 9),
        st.sampled_from(
          ((4, 4), (3, 4), (6, 8), (2, 2), (5, 4), (7, 8), (1, 4))
        ),
      ),
      max_size=3,
    )
  )
  keys = draw(
    st.lists(
      st.tuples(st.integers(0, 9), st.integers(-7, 7), st.integers(0, 1)),
      max_size=2,
    )
  )
  return song(
    notes,
    tracks,
    resolution=grid,
    meters=np.reshape([(grid * q, *m) for q, m in meters], (-1, 3)),
    keys=np.reshape([(grid * q, *k) for q, *k in keys], (-1, 3)),
    phrase_ends=draw(st.lists(st.integers(1, 12 * grid), max_size=3)),
  )


@settings(max_examples=60, deadline=None)
@given(score=grid_scores())
def test_notes_are_those_that_music21_reads(score):
  check(score)


def test_a_voice_of_the_lower_staff_that_is_alone_in_one_of_its_bars():
  repeated = [(0, 1, 24)] * 8
  check(
    song([*repeated, (0, 2, 25), (0, 1, 66)], meters=[(1, 4, 4)], resolution=1)
  )


def test_a_pickup_is_an_implicit_bar_0():
  scale = [(4 * i, 4, 60 + i) for i in range(9)]
  score = song(scale, meters=[(0, 1, 4), (4, 4, 4)])
  check(score)
  measures = root(score).findall('part/measure')
  assert [m.get('number') for m in measures] == ['0', '1', '2']
  assert [m.get('implicit') for m in measures] == ['yes', None, None]
  assert texts(measures[0], 'attributes/time/*') == ['4', '4']
  assert measures[1].find('attributes') is None


def test_waltz_ties_and_repeated_notes():
  score = song(
    [(0, 4, 60), (4, 4, 60), (8, 10, 62), (18, 2, 62), (20, 4, 62)],
    meters=[(0, 3, 4)],
  )
  check(score)
  first, second = root(score).findall('part/measure')
  ties = [[t.get('type') for t in n.findall('tie')] for n in first.iter('note')]
  assert ties == [[], [], ['start']]
  ties = [
    [t.get('type') for t in n.findall('tie')] for n in second.iter('note')
  ]
  assert ties == [['stop'], [], []]
  assert texts(second, 'note/type') == ['quarter.'[:-1], 'eighth', 'quarter']
  assert len(second.findall('note/dot')) == 1


def test_an_irregular_bar_has_a_hidden_meter():
  scale = [(4 * i, 4, 60 + i) for i in range(12)]
  score = song(scale, meters=[(0, 4, 4), (28, 4, 4)])
  check(score)
  measures = root(score).findall('part/measure')
  assert [m.get('implicit') for m in measures] == [None, 'yes', None, None]
  times = [m.find('attributes/time') for m in measures]
  shown = [t is not None and t.get('print-object') for t in times]
  assert shown == [None, 'no', 'no', False]
  assert texts(measures[1], 'attributes/time/*') == ['3', '4']


def test_phrases_end_with_fermatas():
  notes = [(0, 4, 60, 0), (4, 8, 62, 0), (0, 16, 48, 1), (12, 4, 64, 0)]
  score = song(notes, (Track(), Track()), phrase_ends=[12, 16])
  check(score)
  for part, expected in zip(root(score).findall('part'), ((0, 1, 1), (1,))):
    found = [len(n.findall('notations/fermata')) for n in part.iter('note')]
    assert tuple(found) == expected
  tied = song([(12, 8, 60)], phrase_ends=[20])
  found = [
    len(n.findall('notations/fermata'))
    for n in root(tied).iter('note')
    if n.find('rest') is None
  ]
  assert found == [0, 1]


def test_changes_of_key_spell_what_follows():
  score = song(
    [(0, 16, 61), (16, 16, 61), (32, 16, 61)],
    keys=[(0, 2, 0), (16, -5, 0), (32, -5, 0)],
  )
  check(score)
  measures = root(score).findall('part/measure')
  assert [texts(m, 'note/pitch/step') for m in measures] == [
    ['C'],
    ['D'],
    ['D'],
  ]
  fifths = [texts(m, 'attributes/key/fifths') for m in measures]
  assert fifths == [['2'], ['-5'], []]


def test_chords_and_overlaps():
  chords = [(0, 8, 60), (0, 8, 64), (0, 16, 67), (8, 8, 62), (4, 2, 40)]
  score = song(chords, [Track(48)])
  check(score)
  notes = root(score).findall('part/measure/note')
  assert sum(n.find('chord') is not None for n in notes) == 1
  assert set(texts(root(score), 'part/measure/note/voice')) == {'1', '2', '3'}
  hidden = [n for n in notes if n.get('print-object') == 'no']
  assert hidden and all(n.find('rest') is not None for n in hidden)
  check(song([(0, 4, 60), (0, 4, 60), (2, 4, 60)]))  # One pitch, three times.


def test_clefs_by_range():
  voices = [(0, 4, p, i) for i, p in enumerate((71, 61, 59, 50))]
  tracks = [Track(52, name=n) for n in ('Soprano', 'Alto', 'Tenor', '\x00Bass')]
  found = root(song(voices, tracks))
  assert texts(found, 'part/measure/attributes/clef/sign') == list('GGGF')
  octaves = texts(found, 'part/measure/attributes/clef/clef-octave-change')
  assert octaves == ['-1']
  assert texts(found, 'part-list/score-part/part-name')[3] == 'Bass'
  guitars = root(song([(0, 4, 57)], [Track(25)]))
  assert texts(guitars, './/clef-octave-change') == ['-1']
  cello = root(song([(0, 4, 57)], [Track(42)]))
  assert texts(cello, './/clef/sign') == ['F']


def test_keyboards_have_two_staves():
  notes = [(0, 16, 36), (0, 8, 59), (0, 4, 60), (4, 12, 72), (0, 16, 67)]
  score = song(notes)
  check(score)
  found = root(score)
  assert texts(found, './/staves') == ['2']
  assert texts(found, './/clef/sign') == ['G', 'F']
  staves = {
    (n.find('staff').text, n.find('voice').text) for n in found.iter('note')
  }
  assert staves == {('1', '1'), ('1', '2'), ('2', '5'), ('2', '6')}
  strings = score._replace(tracks=(Track(48),))
  assert not list(root(strings).iter('staves'))
  check(strings)
  upper = [(0, 16, 72), (16, 16, 40)]
  check(song(upper))


def test_drums_are_unpitched():
  score = song([(0, 1, 36, 0), (0, 1, 42, 0), (4, 1, 38, 0)], [Track(0, True)])
  check(score)
  found = root(score)
  assert texts(found, 'part-list//midi-unpitched') == ['37', '39', '43']
  assert not [*found.iter('pitch'), *found.iter('accidental')]
  assert texts(found, './/clef/sign') == ['percussion']


def test_tempi_and_chord_names():
  notes = [
    (t, 8, p) for t, root in ((0, 60), (8, 57)) for p in (root, root + 7)
  ]
  notes += [(0, 8, 64), (8, 8, 60)]
  score = song(notes, tempi=[(0, 750_000), (4, 500_000)])
  check(score)
  found = root(score, chords=True)
  assert [s.get('tempo') for s in found.iter('sound')] == ['80', '120']
  assert texts(found, './/direction/offset') == ['48']
  assert texts(found, './/harmony/root/root-step') == ['C', 'A']
  assert texts(found, './/harmony/kind') == ['major', 'minor']
  assert not list(root(score).iter('harmony'))


def test_music_off_the_grid_moves_to_the_nearest_step():
  score = song([(7, 233, 60), (241, 239, 62)], resolution=480)
  found = oracle.notes(oracle.parse(musicxml.to_text(score)))
  assert found == [[(0, 24, 60), (24, 24, 62)]]


def test_silence_and_the_file(tmp_path):
  empty = Score(np.zeros((0, 5), np.int32), ())
  assert oracle.notes(oracle.parse(musicxml.to_text(empty))) == [[]]
  score = song([(0, 4, 60)])
  musicxml.write(score, tmp_path / 'a.musicxml')
  text = (tmp_path / 'a.musicxml').read_text()
  assert text == musicxml.to_text(score) and text.startswith('<?xml')


def test_ids_are_where_a_note_is_written():
  found = root(song([(12, 8, 60)]), ids=True)
  ids = [n.get('id') for n in found.iter('note') if n.get('id')]
  assert ids == ['n0-144-192-1', 'n0-192-240-2']


# The order in which MusicXML 4.0 wants the children of an element.
ORDER = {
  'score-partwise': 'identification part-list part',
  'score-part': 'part-name score-instrument midi-instrument',
  'midi-instrument': 'midi-channel midi-program midi-unpitched',
  'attributes': 'divisions key time staves clef',
  'direction': 'direction-type offset sound',
  'harmony': 'root kind offset',
  'note': 'chord pitch unpitched rest duration tie instrument voice type dot '
  'accidental time-modification staff beam notations',
  'notations': 'tied tuplet fermata',
}


@settings(max_examples=30, deadline=None)
@given(score=grid_scores())
def test_elements_stand_in_the_order_of_the_schema(score):
  found = root(score._replace(tempi=np.array([[0, 500_000]])), chords=True)
  for element in found.iter():
    if element.tag in ORDER:
      order = ORDER[element.tag].split()
      places = [order.index(child.tag) for child in element]
      assert places == sorted(places)
  lengths = [
    [
      sum(
        int(n.findtext('duration')) * (n.find('chord') is None)
        for n in measure.findall('note')
      )
      - sum(int(d.text) for d in measure.findall('backup/duration'))
      for measure in part.findall('measure')
    ]
    for part in found.findall('part')
  ]
  assert all(of_part == lengths[0] for of_part in lengths)
