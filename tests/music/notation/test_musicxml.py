"""MusicXML is read as it is played: notes, parts, meters, keys and tempi."""

import pytest

from musiczoo.music import notation
from musiczoo.music.midi import Limits, MidiError
from musiczoo.music.score import Score, Track
from tests.music.notation.musicxml import (
  attributes,
  grace,
  note,
  repeat,
  score,
)

pytest.importorskip('music21')

NO_LIMITS = Limits()
SYMBOL = (
  '<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>'
)
TEMPO = '<direction><sound tempo="{}"/></direction>'


def read(data: bytes, limits: Limits = NO_LIMITS) -> tuple[Score, dict]:
  return notation.read_report('a.musicxml', data, limits)


def rows(found: Score) -> list[list[float]]:
  """Onset and duration in quarter notes, and pitch, of the first track."""
  notes = found.notes[found.notes[:, 4] == 0]
  return (notes[:, :3] / [found.resolution, found.resolution, 1]).tolist()


def changes(found: Score, name: str) -> list[list[float]]:
  table = getattr(found, name) * 1.0
  table[:, 0] /= found.resolution
  return table.tolist()


def whole(name: str) -> str:
  return note(name, 4)


def test_grace_notes_are_left_out_and_counted():
  bar = attributes() + grace('D5') + ''.join(note(n, 1) for n in ('C5', 'D5'))
  found, repairs = read(score([bar + note('E5', 2), whole('G5')]))
  assert rows(found) == [[0, 1, 72], [1, 1, 74], [2, 2, 76], [4, 4, 79]]
  assert repairs == {'grace': 1}


def test_chord_symbols_are_left_out_and_counted():
  found, repairs = read(
    score([attributes() + SYMBOL + whole('C5'), SYMBOL + whole('E5')])
  )
  assert rows(found) == [[0, 4, 72], [4, 4, 76]]
  assert repairs == {'chord_symbol': 2}


def test_ties_are_one_note_also_within_chords():
  start, stop = '<tie type="start"/>', '<tie type="stop"/>'
  chord = '<chord/>'
  found, repairs = read(
    score(
      [
        attributes() + note('C5', 4, after=start) + note('E5', 4, chord),
        note('C5', 2, after=stop) + note('G5', 2, chord) + note('C5', 2),
      ]
    )
  )
  assert rows(found) == [[0, 6, 72], [0, 4, 76], [4, 2, 79], [6, 2, 72]]
  assert not repairs


def test_repeats_and_endings_are_played():
  ending = '<barline location="{}"><ending number="{}" type="{}"/>{}</barline>'
  back = '<repeat direction="backward"/>'
  found, repairs = read(
    score(
      [
        attributes() + whole('C4'),
        repeat('forward') + whole('D4'),
        ending.format('left', 1, 'start', '')
        + whole('E4')
        + ending.format('right', 1, 'stop', back),
        ending.format('left', 2, 'start', '')
        + whole('F4')
        + ending.format('right', 2, 'discontinue', ''),
        whole('G4'),
      ]
    )
  )
  assert [pitch for _, _, pitch in rows(found)] == [60, 62, 64, 62, 65, 67]
  assert [onset for onset, _, _ in rows(found)] == [0, 4, 8, 12, 16, 20]
  assert not repairs


def test_da_capo_al_fine_is_played():
  words = (
    '<direction><direction-type><words>{}</words></direction-type></direction>'
  )
  found, _ = read(
    score(
      [
        attributes() + whole('C4') + words.format('Fine'),
        whole('D4') + words.format('D.C. al Fine'),
      ]
    )
  )
  assert [pitch for _, _, pitch in rows(found)] == [60, 62, 60]


def test_repeats_that_contradict_each_other_are_read_as_written():
  part = [
    attributes() + repeat('forward') + whole('C4'),
    repeat('forward') + whole('D4'),
    whole('E4') + repeat('backward'),
    whole('F4'),
  ]
  # In the other part they would be played, out of step with the first.
  found, repairs = read(score(part, [*part[:1], whole('D4'), *part[2:]]))
  assert [pitch for _, _, pitch in rows(found)] == [60, 62, 64, 65]
  assert repairs == {'repeats': 1}


def test_what_is_in_force_at_a_repeat_is_so_again():
  key = '<attributes><key><fifths>3</fifths></key></attributes>'
  found, _ = read(
    score(
      [
        TEMPO.format(60) + attributes() + whole('C4'),
        repeat('forward') + whole('D4'),
        TEMPO.format(120) + key + whole('E4') + repeat('backward'),
      ]
    )
  )
  assert changes(found, 'tempi') == [
    [0, 1e6],
    [8, 5e5],
    [12, 1e6],
    [16, 5e5],
  ]
  assert changes(found, 'keys') == [
    [0, 0, 0],
    [8, 3, 0],
    [12, 0, 0],
    [16, 3, 0],
  ]
  assert changes(found, 'meters') == [[0, 4, 4]]


def test_a_pick_up_has_a_meter_of_its_own():
  bars = [attributes(3) + note('D4', 1), note('G4', 3), note('A4', 3)]
  found, _ = read(score(bars))
  assert changes(found, 'meters') == [[0, 1, 4], [1, 3, 4]]
  # Played again, it makes the last bar whole.
  bars = [bars[0], bars[1], note('A4', 2) + repeat('backward')]
  found, _ = read(score(bars))
  assert changes(found, 'meters') == [[0, 1, 4], [1, 3, 4]]
  assert len(rows(found)) == 6


def test_names_and_instruments():
  heads = (
    '<part-name>Flute</part-name><score-instrument id="P0-I">'
    '<instrument-name>Flute</instrument-name></score-instrument>'
    '<midi-instrument id="P0-I"><midi-channel>1</midi-channel>'
    '<midi-program>74</midi-program></midi-instrument>',
    '<part-name>Voice</part-name>',
    '<part-name>Drums</part-name><score-instrument id="P2-I">'
    '<instrument-name>Snare</instrument-name></score-instrument>'
    '<midi-instrument id="P2-I"><midi-channel>10</midi-channel>'
    '<midi-unpitched>39</midi-unpitched></midi-instrument>',
  )
  drum = (
    '<note><unpitched><display-step>C</display-step><display-octave>5'
    '</display-octave></unpitched><duration>4</duration></note>'
  )
  parts = [[attributes() + x] for x in (whole('C5'), whole('C3'), drum)]
  found, _ = read(score(*parts, heads=heads))
  assert found.tracks == (
    Track(73, False, 'Flute'),
    Track(0, False, 'Voice'),
    Track(0, True, 'Drums'),
  )
  assert found.notes[:, 2].tolist() == [72, 48, 38]


def test_each_staff_of_a_part_is_a_track():
  second = '<backup><duration>4</duration></backup>'
  staves = attributes(more='<staves>2</staves>')
  bars = [
    staves
    + note('C5', 4, after='<staff>1</staff>')
    + second
    + note('C3', 4, after='<staff>2</staff>'),
    repeat('forward')
    + note('D5', 4, after='<staff>1</staff>')
    + second
    + note('D3', 4, after='<staff>2</staff>')
    + repeat('backward'),
  ]
  found, _ = read(score(bars))
  assert found.notes[:, [2, 4]].tolist() == [
    [72, 0],
    [48, 1],
    [74, 0],
    [50, 1],
    [74, 0],
    [50, 1],
  ]


def test_what_is_no_score_of_parts_is_refused():
  for data in (b'<score-timewise/>', b'<html', b''):
    with pytest.raises(notation.NotationError):
      read(data)


def test_transposing_instruments_are_read_at_sounding_pitch():
  transpose = (
    '<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>'
  )
  heads = ('<part-name>Clarinet in Bb</part-name>', '<part-name>P</part-name>')
  found, _ = read(
    score(
      [attributes(fifths=2, more=transpose) + whole('D5')],
      [attributes() + whole('C4')],
      heads=heads,
    )
  )
  assert found.notes[:, 2].tolist() == [72, 60]
  assert changes(found, 'keys')[0][1] == 0


def test_dynamics_are_velocities():
  piano = (
    '<direction><direction-type><dynamics><{}/></dynamics></direction-type>'
    '</direction>'
  )
  bars = [
    attributes() + piano.format('pp') + whole('C4'),
    piano.format('ff') + whole('C4'),
  ]
  soft, loud = read(score(bars))[0].notes[:, 3]
  assert 1 <= soft < 64 < loud <= 127


FERMATA = '<notations><fermata type="upright"/></notations>'


def held(name: str, duration: int, before: str = '') -> str:
  return note(name, duration, after=before + FERMATA)


def phrase_ends(*parts: list[str]) -> list[float]:
  found, repairs = read(score(*parts))
  assert not repairs
  return (found.phrase_ends / found.resolution).tolist()


def test_phrases_end_with_fermatas_of_notes_and_rests():
  rest = f'<note><rest/><duration>2</duration>{FERMATA}</note>'
  bars = [
    attributes() + note('C5', 1) + held('D5', 2) + note('E5', 1),
    note('F5', 2) + rest,
    whole('G5'),
  ]
  assert phrase_ends(bars) == [3, 8]


def test_only_the_first_part_and_its_upper_voice_have_phrases():
  upper = ''.join(
    held('C5', 1, '<voice>1</voice>')
    if i == 1
    else note('C5', 1, after='<voice>1</voice>')
    for i in range(4)
  )
  back = '<backup><duration>4</duration></backup>'
  lower = held('C4', 3, '<voice>2</voice>') + note(
    'C4', 1, after='<voice>2</voice>'
  )
  first = [attributes() + upper + back + lower, whole('G5')]
  second = [attributes() + whole('C3'), held('G3', 3) + note('C3', 1)]
  assert phrase_ends(first, second) == [2]


def test_a_held_note_that_is_tied_on_ends_with_the_last():
  tie = '<tie type="{0}"/><notations><tied type="{0}"/>{1}</notations>'
  fermata = '<fermata/>'
  bars = [
    attributes()
    + note('C5', 2)
    + note('D5', 2, after=tie.format('start', fermata)),
    note('D5', 1, after=tie.format('stop', '')) + note('E5', 3),
  ]
  assert phrase_ends(bars) == [5]


def test_phrases_are_repeated_with_their_notes():
  bars = [
    attributes() + note('C5', 2) + held('D5', 2),
    whole('E5') + repeat('backward'),
    held('F5', 4),
  ]
  assert phrase_ends(bars) == [4, 12, 20]


@pytest.mark.parametrize(
  'limits,code',
  [
    (Limits(notes=2), 'notes'),
    (Limits(tracks=1), 'tracks'),
    (Limits(quarters=11), 'quarters'),
    (Limits(seconds=5), 'seconds'),
  ],
)
def test_limits_hold(limits, code):
  part = [attributes() + whole('C4'), whole('D4'), whole('E4')]
  with pytest.raises(MidiError) as error:
    read(score(part, part[:1]), limits)
  assert error.value.code == code
