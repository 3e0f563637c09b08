"""ABC is read as the standard has it, tunes apart from each other."""

from collections import Counter

import pytest

from musiczoo.music import notation
from musiczoo.music.midi import Limits
from musiczoo.music.notation import abc

pytest.importorskip('music21')

HEAD = 'X:1\nT:a title\nM:{}\nL:1/4\nK:{}\n'


def read(music: str, meter: str = '4/4', key: str = 'C'):
  text = HEAD.format(meter, key) + music + '\n'
  return notation.read_report('a.abc', text.encode(), Limits())


def pitches(music: str, **head) -> list[int]:
  return read(music, **head)[0].notes[:, 2].tolist()


def starts(music: str, **head) -> list[float]:
  score, _ = read(music, **head)
  return (score.notes[:, 0] / score.resolution).tolist()


def meters(music: str, **head) -> list[list[float]]:
  score, _ = read(music, **head)
  return [[tick / score.resolution, *m] for tick, *m in score.meters.tolist()]


@pytest.mark.parametrize(
  'music,found',
  [
    # It lasts for the bar, in any octave.
    ('^F G F A | F G A B |', [66, 67, 66, 69, 65, 67, 69, 71]),
    ('^F f =f F | F4 |', [66, 78, 77, 65, 65]),
    ('__B B ^^C C | C4 |', [69, 69, 62, 62, 60]),
    # In chords, too, and beyond the bar line where a note is tied.
    ('[^FA]2 F2 |', [66, 69, 66]),
    ('^F4- | F2 F2 |', [66, 65]),
    ('{^f}g F A2 |', [79, 66, 69]),
    ('I:propagate-accidentals octave\n^F f F2 |', [66, 77, 66]),
    ('I:propagate-accidentals not\n^F F2 A |', [66, 65, 69]),
  ],
)
def test_accidentals(music, found):
  assert pitches(music) == found


def test_a_double_repeat_sign_behind_a_note():
  music = 'G/A/B/ cA/:: B/c/d/ ed/:|'
  first, second = [67, 69, 71, 72, 69], [71, 72, 74, 76, 74]
  assert pitches(music, meter='6/8', key='G') == 2 * first + 2 * second


@pytest.mark.parametrize(
  'music,found',
  [
    ('|: G A B c |1 d2 d2 :|2 g4 |]', 'GABcddGABcg'),
    ('|: G4 | A4 | [1 B4 :| [2 c4 |]', 'GABGAc'),
    ('|: G4 :|: A4 | B4 :|', 'GGABAB'),
    ('|: G4 :||: A4 | B4 :|]', 'GGABAB'),
    ('G4 | A4 |\n: B4 | c4 :|', 'GABcBc'),
    ('|: G4 | "D.C."A4 [|]:|', 'GAGA'),
    # A tune of one bar.
    ('|: G A B c :|', 'GABcGABc'),
  ],
)
def test_repeats(music, found):
  names = {67: 'G', 69: 'A', 71: 'B', 72: 'c', 74: 'd', 79: 'g'}
  assert ''.join(names[pitch] for pitch in pitches(music)) == found
  assert not read(music)[1]


@pytest.mark.parametrize(
  'music,found',
  [
    # From the latest end of a repeat or double bar line, else the beginning.
    ('C4 | D4 :| E4 | F4 :| G4 | A4 :|', 'CDCDEFEFGAGA'),
    ('C4 | D4 || E4 | F4 :|', 'CDEFEF'),
    ('C4 | D4 :| E4 | F4 |] G4 | A4 :|', 'CDCDEFGAGA'),
    # Not from a double bar line within a repeat that has begun.
    ('|: C4 | D4 || E4 | F4 :| G4 | A4 :|', 'CDEFCDEFGAGA'),
    # The second ending belongs to what comes before.
    ('C4 |1 D4 :|2 E4 || F4 | G4 :|', 'CDCEFGFG'),
    ('C4 |1 D4 :|2 E4 :| F4 |1 G4 :|2 A4 :|', 'CDCEFGFA'),
  ],
)
def test_a_repeat_that_no_sign_begins(music, found):
  names = {60: 'C', 62: 'D', 64: 'E', 65: 'F', 67: 'G', 69: 'A'}
  assert ''.join(names[pitch] for pitch in pitches(music)) == found


def test_a_pick_up_is_repeated_with_its_section():
  music = 'G | C4 | D3 :|\nE | E4 | F3 :|'
  assert pitches(music) == 2 * [67, 60, 62] + 2 * [64, 64, 65]


def test_other_endings_are_read_as_written():
  score, repairs = read('|: G4 |1,3 A4 :|2 B4 :| c4 |')
  assert score.notes[:, 2].tolist() == [67, 69, 71, 72]
  assert repairs == {'repeats': 1}


def test_a_pick_up_has_a_meter_of_its_own():
  music = 'D | G A B | c d e | d2 |]'
  assert meters(music, meter='3/4') == [[0, 1, 4], [1, 3, 4]]
  assert starts(music, meter='3/4') == list(range(8))


def test_grace_notes_and_chord_symbols_are_left_out_and_counted():
  score, repairs = read('"C"{c}B c "G7/B"d>{ef}e | "^Slowly"f4 |')
  assert score.notes[:, 2].tolist() == [71, 72, 74, 76, 77]
  # A broken rhythm reaches over them.
  durations = (score.notes[:, 1] / score.resolution).tolist()
  assert durations == [1, 1, 1.5, 0.5, 4]
  assert repairs == {'grace': 3, 'chord_symbol': 2}


def test_marks_and_words_are_no_notes():
  music = '!trill!~c (.d T e) ">"f |\\\nu[c2e2] y2 v(3cde % a comment\nw: a b'
  assert pitches(music) == [72, 74, 76, 77, 72, 76, 72, 74, 76]


def test_rests_of_bars_and_hidden_ones_last():
  assert starts('A4 | Z2 | x3 B | z B3 |') == [0, 15, 17]


def test_fields_within_the_music_count():
  score, _ = read('C4 | [M:3/4][K:D] F3 |\nK:C\nF3 |')
  assert score.notes[:, 2].tolist() == [60, 66, 65]
  assert (score.meters[:, 0] / score.resolution).tolist() == [0, 4]
  assert score.keys[:, 1].tolist() == [0, 2, 0]


def test_voices_are_parts_however_they_alternate():
  score, _ = read('V:S\nc4 | d4 |\nV:B\nC4 | D4 |\nV:S\ne4 |\n[V:B] E4 |')
  assert score.notes[:, [2, 4]].tolist() == [
    [72, 0],
    [60, 1],
    [74, 0],
    [62, 1],
    [76, 0],
    [64, 1],
  ]
  assert len(score.tracks) == 2


def test_tempi():
  text = (HEAD.format('4/4', 'C') + 'c4 | d4 |').replace('K:', 'Q:{}\nK:')

  def tempo(field):
    data = text.format(field).encode()
    score, repairs = notation.read_report('a.abc', data, Limits())
    return score.tempi[:, 1].tolist(), repairs

  assert tempo('1/4=90') == ([666_667], {})
  assert tempo('"Fast" 3/8=60') == ([666_667], {})
  assert tempo('C=90') == ([], {'tempo': 1})


def test_without_a_meter_notes_are_eighths():
  text = b'X:1\nM:none\nK:C\nc d2 | e |\n'
  score, _ = notation.read_report('a.abc', text, Limits())
  assert (score.notes[:, 1] / score.resolution).tolist() == [0.5, 1, 0.5]


def test_words_before_the_tune_and_fields_without_a_space():
  data = b'A book\nZ:a name\nX:1\nN::1st |: A :|\nL:1/4\nK:C\nA4 |\n'
  score, _ = notation.read_report('a.abc', data, Limits())
  assert score.notes[:, 2].tolist() == [69]


def test_the_tunes_of_a_book():
  assert notation.tunes(b'% x\nX:1\na\nX:2\nb\n') == [
    b'% x\nX:1\na\n',
    b'% x\nX:2\nb\n',
  ]
  assert notation.tunes(b'X:1\ra\rX:2\rb') == [b'X:1\ra\r', b'X:2\rb']
  assert notation.tunes(b'none') == [b'none']


def test_plain_form_is_stable():
  repairs = Counter()
  once = abc.plain(HEAD.format('C', 'G') + '|:"G"^G{A}G | g4-:|', repairs)
  assert repairs == {'chord_symbol': 1, 'grace': 1}
  again = abc.plain(once, Counter())
  assert again.split() == [*once.split(), '|'] or again.split() == once.split()
