"""Hand-made files are read as a player would play them."""

import random

import numpy as np
import pytest
import symusic

from musiczoo.music import midi
from musiczoo.music.score import equal, Track
from tests.music.midi import reference
from tests.music.midi.files import (
  END,
  from_hex,
  gs_part,
  meta,
  quantity,
  smf,
  wild_file,
)

ENDLESS = midi.Limits(ticks=2**31 - 1, quarters=2**31, seconds=2**63)


def notes(*chunks, pedal=True, **header):
  """[[onset, duration, pitch, velocity, track]] of a file of hex dumps."""
  data = smf(*(from_hex(chunk) + END for chunk in chunks), **header)
  return midi.read(data, pedal=pedal).notes.tolist()


@pytest.mark.parametrize('seed', range(20))
def test_equals_the_plain_loops(seed):
  rng = random.Random(seed)
  for _ in range(20):
    data = wild_file(rng)
    for pedal in (False, True):
      score, repairs = midi.read_report(data, pedal=pedal, limits=ENDLESS)
      expected, counts = reference.read(data, pedal=pedal)
      assert equal(score, expected)
      repairs.pop('superseded', None)
      assert repairs == counts


def test_notes_equal_those_of_symusic():
  rng, num = random.Random(0), 0
  for _ in range(400):
    # symusic plays all ports as one and patterns of type 2 at once, and does
    # not receive all notes off.
    data = wild_file(rng, plain=True)
    if data[9] == 2:
      continue
    ours = midi.read(data, pedal=False, limits=ENDLESS).notes[:, :4]
    theirs = [
      [note.time, max(note.duration, 1), note.pitch, note.velocity]
      for track in symusic.Score.from_midi(data).tracks
      for note in track.notes
    ]
    assert sorted(ours.tolist()) == sorted(theirs)
    num += len(theirs)
  assert num > 1000


def test_a_file_of_type_0():
  data = from_hex("""
      4d 54 68 64  00 00 00 06  # MThd, six bytes
      00 00  00 01  00 60  # type 0, one track, 96 ticks to a quarter
      4d 54 72 6b  00 00 00 36
      00  ff 03 03  c3 a9 21  # 'é!' in UTF-8
      00  ff 51 03  07 a1 20  # 500,000 microseconds to a quarter
      00  ff 58 04  05 03 18 08  # five eighths
      00  ff 59 02  02 00  # D major
      00  c1 28  # channel 1 plays program 40
      00  91 3c 40  # pitch 60, velocity 64
      00  99 24 7f  # a bass drum
      60  3c 00  # with running status: on channel 9, so a note off of nothing
      00  91 3c 00  # velocity 0 is a note off
      81 00  89 24 00  # 128 ticks later
      00  ff 2f 00
  """)
  score, repairs = midi.read_report(data)
  assert score.notes.tolist() == [[0, 96, 60, 64, 0], [0, 224, 36, 127, 1]]
  assert score.tracks == (Track(40, False, 'é!'), Track(0, True, 'é!'))
  assert score.tempi.tolist() == [[0, 500_000]]
  assert score.meters.tolist() == [[0, 5, 8]]
  assert score.keys.tolist() == [[0, 2, 0]]
  assert score.resolution == 96
  assert repairs == {'unmatched_off': 1}


def test_first_in_first_out():
  assert notes("""
      00  90 3c 40
      0a  90 3c 41  # the same pitch again, before its end
      0a  80 3c 00  # ends the first
      0a  80 3c 00  # ends the second
  """) == [[0, 20, 60, 64, 0], [10, 20, 60, 65, 0]]


def ends(events):
  """[[onset, end, pitch]] and the repairs of a chunk."""
  score, repairs = midi.read_report(smf(from_hex(events) + END))
  return [[on, on + n, p] for on, n, p, *_ in score.notes.tolist()], repairs


def test_a_note_struck_again_ends_the_one_before():
  # Only the last of three has a note off of its own.
  assert ends('00 90 3c 40  0a 90 3c 41  0a 90 3c 42  0a 80 3c 00') == (
    [[0, 10, 60], [10, 20, 60], [20, 30, 60]],
    {'restruck': 2},
  )
  # What ended before is paired as ever.
  assert ends("""
      00 90 3c 40  01 90 3c 41  01 80 3c 00  01 80 3c 00
      0a 90 3c 42  0a 90 3c 43  0a 80 3c 00
  """) == (
    [[0, 2, 60], [1, 3, 60], [13, 23, 60], [23, 33, 60]],
    {'restruck': 1},
  )
  # Struck twice at once, let go of once.
  assert ends('00 90 3c 40  00 90 3c 40  0a 80 3c 00') == (
    [[0, 10, 60], [0, 10, 60]],
    {},
  )


def test_the_pedal_does_not_hold_what_is_struck_again():
  assert ends('00 b0 40 7f  00 90 3c 40  0a 90 3c 41  0a 80 3c 00')[0] == [
    [0, 10, 60],
    [10, 20, 60],
  ]


def test_notes_without_ends_last_until_the_next_of_their_channel():
  assert ends("""
      00 90 3c 40  00 90 40 40  00 91 3c 40
      0a 90 3e 40  05 91 3e 40  05 80 3e 00
  """) == (
    [[0, 10, 60], [0, 10, 64], [0, 15, 60], [10, 20, 62], [15, 20, 62]],
    {'hanging': 4},
  )


def test_notes_are_paired_within_their_chunk():
  assert notes(
    '00 90 3c 40  14 80 3c 00',
    '0a 90 3c 41  14 80 3c 00',
  ) == [[0, 20, 60, 64, 0], [10, 20, 60, 65, 1]]


def test_a_program_holds_from_the_onset_on():
  data = smf(
    from_hex("""
          00  c0 05
          00  90 3c 40
          0a  c0 07  # while the note sounds: it keeps its program
          0a  80 3c 00
          00  90 3c 40
          0a  80 3c 00
      """)
    + END
  )
  score = midi.read(data)
  assert [track.program for track in score.tracks] == [5, 7]
  assert score.notes.tolist() == [[0, 20, 60, 64, 0], [20, 10, 60, 64, 1]]


def test_what_stands_at_one_tick_before_the_first_port_is_for_it():
  data = smf(
    from_hex('00 c0 05  00 ff 21 01 00  00 90 3c 40  0a 80 3c 00') + END,
    from_hex("""
        00 c0 07  00 ff 21 01 01  00 90 3c 40  0a 80 3c 00
        00 90 3e 40  0a 80 3e 00  00 ff 21 01 02  # The off is for port 1.
    """)
    + END,
  )
  score, repairs = midi.read_report(data)
  assert [track.program for track in score.tracks] == [5, 7]
  assert len(score.notes) == 3 and not repairs
  # At another tick it is for the first port of all.
  data = smf(from_hex('00 c0 05  01 ff 21 01 01  00 90 3c 40  0a 3c 00') + END)
  assert midi.read(data).tracks == (Track(0),)


def test_a_program_is_set_for_all_chunks_of_its_port():
  data = smf(
    from_hex('00 c0 05') + END,
    from_hex('00 90 3c 40  0a 80 3c 00') + END,
    # The second port of the chunk has no number: the first one stays.
    from_hex('00 ff 21 01 01  00 ff 21 00  00 90 3c 40  0a 80 3c 00') + END,
    from_hex('00 ff 21 01 01  05 c0 09  00 90 3c 40  0a 80 3c 00') + END,
  )
  programs = [track.program for track in midi.read(data).tracks]
  assert programs == [5, 0, 9]


@pytest.mark.parametrize(
  ('events', 'ends'),
  [
    ('00 b0 40 40  00 90 3c 40  0a 80 3c 00  0a b0 40 3f', [20]),
    ('00 b0 40 3f  00 90 3c 40  0a 80 3c 00  0a b0 40 00', [10]),
    # Down only after the note was let go, at the same tick.
    ('00 90 3c 40  0a 80 3c 00  00 b0 40 7f  0a b0 40 00', [10]),
    # Up and down again while the key is down: still held afterwards.
    (
      '00 b0 40 7f  00 90 3c 40  05 b0 40 00  01 b0 40 7f  04 80 3c 00'
      '0a b0 40 00',
      [20],
    ),
    # Struck again: the first note ends there.
    (
      '00 b0 40 7f  00 90 3c 40  0a 80 3c 00  05 90 3c 40  05 80 3c 00'
      '0a b0 40 00',
      [15, 30],
    ),
    # Never lifted: to the last note off.
    (
      '00 b0 40 7f  00 90 3c 40  0a 80 3c 00  00 91 3c 40  0a 81 3c 00',
      [20, 20],
    ),
    # A pedal of another channel, and the drums, which have none.
    ('00 b1 40 7f  00 90 3c 40  0a 80 3c 00  0a b1 40 00', [10]),
    ('00 b9 40 7f  00 99 3c 40  0a 89 3c 00  0a b9 40 00', [10]),
  ],
)
def test_the_pedal_holds_notes(events, ends):
  held = notes(events)
  assert [onset + duration for onset, duration, *_ in held] == ends
  plain = notes(events, pedal=False)
  assert all(a[1] <= b[1] for a, b in zip(plain, held, strict=True))


def test_the_pedal_may_stand_in_another_chunk():
  assert notes('00 b0 40 7f  14 b0 40 00', '00 90 3c 40  0a 80 3c 00') == [
    [0, 20, 60, 64, 0]
  ]


def test_the_pedal_can_be_switched_off():
  events = '00 b0 40 40  00 90 3c 40  0a 80 3c 00  0a b0 40 3f'
  assert notes(events, pedal=False) == [[0, 10, 60, 64, 0]]


@pytest.mark.parametrize(
  ('events', 'ends'),
  [
    # It holds the key that is down, not the one struck after it.
    (
      '00 90 3c 40  05 b0 42 7f  05 80 3c 00  00 90 3e 40  05 80 3e 00'
      '05 b0 42 00',
      [20, 15],
    ),
    # Pressed again while it is down: it catches no more.
    (
      '00 b0 42 7f  00 90 3c 40  05 b0 42 7f  05 80 3c 00  0a b0 42 00',
      [10],
    ),
    # Lifted before the key: nothing is held.
    ('00 90 3c 40  05 b0 42 7f  01 b0 42 00  04 80 3c 00', [10]),
    # The sustain pedal, pressed meanwhile, takes over.
    (
      '00 90 3c 40  05 b0 42 7f  05 80 3c 00  05 b0 40 7f  05 b0 42 00'
      '0a b0 40 00',
      [30],
    ),
  ],
)
def test_the_sostenuto_pedal_holds_keys_that_are_down(events, ends):
  assert [onset + long for onset, long, *_ in notes(events)] == ends


@pytest.mark.parametrize(
  ('control', 'ends', 'dry'),
  [
    ('78', [10, 10], [5, 10]),  # All sound off: nothing rings on.
    ('7b', [20, 20], [5, 10]),  # All notes off: the pedal holds them.
    ('7e', [20, 20], [5, 10]),  # A change of mode lets go of keys, too.
  ],
)
def test_all_notes_off_lets_go_of_keys(control, ends, dry):
  events = f"""
      00 b0 40 7f  00 90 3c 40  00 90 3e 40  05 80 3c 00
      05 b0 {control} 00  0a b0 40 00
  """
  for pedal, expected in (True, ends), (False, dry):
    found = notes(events, pedal=pedal)
    assert [onset + long for onset, long, *_ in found] == expected


def test_after_all_notes_off_pairs_begin_anew():
  data = smf(
    from_hex("""
      00 90 3c 40
      0a b0 7b 00  # ends it: it does not hang
      0a 90 3c 41
      0a 80 3c 00  # ends the second
      00 80 3c 00  # late, for the first: no fault
      00 91 3c 40  # another channel
      00 b0 7b 00
      0a 81 3c 00
  """)
    + END
  )
  score, repairs = midi.read_report(data)
  assert score.notes[:, :4].tolist() == [
    [0, 10, 60, 64],
    [20, 10, 60, 65],
    [30, 10, 60, 64],
  ]
  assert repairs == {}


def kits(*chunks):
  """(program, drums) of each track of a file of one note on each channel."""
  data = smf(*(chunk + END for chunk in chunks))
  return [(t.program, t.drums) for t in midi.read(data).tracks]


NOTE_1 = from_hex('00 91 3c 40  0a 81 3c 00')
NOTE_10 = from_hex('00 99 3c 40  0a 89 3c 00')
XG_KIT, MELODY = from_hex('00 b1 00 7f 00 c1 08'), from_hex('00 b1 00 00')


def test_bank_127_has_the_drums_of_xg():
  assert kits(XG_KIT + NOTE_1 + NOTE_10) == [(8, True), (0, True)]
  # A bank counts once a program is chosen.
  assert kits(XG_KIT + MELODY + NOTE_1) == [(8, True)]
  assert kits(XG_KIT + MELODY + from_hex('00 c1 08') + NOTE_1) == [(8, False)]
  assert kits(from_hex('00 b1 00 7f') + NOTE_1) == [(0, False)]
  # In GS that bank is melodic.
  reset = from_hex('00 f0 0a 41 10 42 12 40 00 7f 00 41 f7')
  assert kits(XG_KIT + NOTE_1 + reset) == [(8, False)]


def test_gs_makes_parts_drums():
  assert kits(b'\0' + gs_part(2, 1) + NOTE_1) == [(0, True)]
  assert kits(b'\0' + gs_part(1, 1) + NOTE_1) == [(0, False)]
  assert kits(b'\0' + gs_part(0, 0) + NOTE_10) == [(0, False)]
  # From then on, and with a track for each.
  assert kits(NOTE_1 + b'\0' + gs_part(2, 2) + NOTE_1) == [
    (0, False),
    (0, True),
  ]
  # On its own port.
  port = from_hex('00 ff 21 01 01')
  assert kits(port + b'\0' + gs_part(2, 1), NOTE_1) == [(0, False)]


def test_patterns_of_type_2_are_played_in_turn():
  pattern = '00 90 3c 40  0a 80 3c 00  05 ff 01 00'
  assert notes(pattern, pattern, format=2) == [
    [0, 10, 60, 64, 0],
    [15, 10, 60, 64, 1],
  ]


@pytest.mark.parametrize(
  ('frames', 'microseconds'),
  [(24, 1e6), (25, 1e6), (29, 1.001e6), (30, 1e6)],
)
def test_smpte_time_is_exact(frames, microseconds):
  data = smf(
    from_hex('00 ff 51 03 07 a1 20  00 90 3c 40  64 80 3c 00') + END,
    division=(0x100 - frames) << 8 | 40,
  )
  score, repairs = midi.read_report(data)
  assert score.resolution == (30 if frames == 29 else frames) * 40
  assert score.tempi.tolist() == [[0, microseconds]]
  assert score.notes.tolist() == [[0, 100, 60, 64, 0]]
  assert repairs == {'smpte': 1}


@pytest.mark.parametrize(
  'name,encoding',
  [
    ('ピアノ', 'utf-8'),
    ('Prélude «1»', 'latin-1'),
    ('Trompète', 'latin-1'),
    ('ピアノ左手', 'shift_jis'),
    ('左手', 'shift_jis'),
    ('Joe’s “Bass”', 'cp1252'),
  ],
)
def test_names_are_read_in_the_encoding_that_they_have(name, encoding):
  data = name.encode(encoding)
  events = b'\0' + meta(3, data) + from_hex('00 90 3c 40  0a 80 3c 00') + END
  assert midi.read(smf(events)).tracks == (Track(name=name),)


def test_changes_after_the_last_note_are_left_out_and_counted():
  tempo, meter, key = (
    meta(0x51, b'\1\0\0'),
    meta(0x58, b'\3\2'),
    meta(0x59, b'\1\0'),
  )
  note = from_hex('00 90 3c 40  0a 80 3c 00')
  late = b''.join(b'\1' + change for change in (tempo, meter, key, tempo))
  score, repairs = midi.read_report(smf(note + b'\0' + tempo + late + END))
  assert score.tempi.tolist() == [[10, 65536]]  # As the last note ends.
  assert len(score.meters) == len(score.keys) == 0
  assert repairs == {'late': 4}
  # Without notes nothing is late.
  assert len(midi.read(smf(late + END)).tempi) == 2


def test_an_event_may_lie_across_blocks():
  # One-byte running status over more bytes than are looked at together.
  programs = bytes.fromhex('00 c0') + bytes.fromhex('05 00') * 50_000
  odd = programs + bytes.fromhex('05') + quantity(1)
  data = smf(odd + bytes.fromhex('90 3c 40 0a 3c 00') + END)
  score = midi.read(data)
  assert score.notes.tolist() == [[1, 10, 60, 64, 0]]
  assert score.tracks == (Track(5),)


def test_a_file_without_notes_is_an_empty_score():
  score = midi.read(smf(END))
  assert score.notes.shape == (0, 5)
  assert score.notes.dtype == np.int32
  assert score.tracks == ()


def test_sources_are_paths_and_bytes(tmp_path):
  data = smf(from_hex('00 90 3c 40  0a 80 3c 00') + END)
  # No suffix is needed.
  (tmp_path / 'song').write_bytes(data)
  for source in (data, tmp_path / 'song', str(tmp_path / 'song')):
    assert len(midi.read(source).notes) == 1
