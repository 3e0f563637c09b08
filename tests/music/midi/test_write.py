"""A Score walks through the writer and the reader and comes back the same."""

from collections import Counter
import io
import os

from hypothesis import given, settings, strategies as st
import mido
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.score import (
  canonical,
  DURATION,
  end,
  equal,
  map_changes,
  Score,
  Track,
)
from tests.music.midi.files import from_hex
from tests.strategies import scores

# A Score may last longer than a file that one would want to read.
ENDLESS = midi.Limits(quarters=2**31, seconds=2**63)


def one_note(**changes):
  return Score(np.array([[0, 480, 60, 64, 0]]))._replace(**changes)


@settings(max_examples=200, deadline=None)
@given(scores())
def test_law_1(score):
  back, repairs = midi.read_report(midi.to_bytes(score), limits=ENDLESS)
  late = Counter()

  def in_time(changes):
    kept = changes[:, 0] <= (end(score) if len(score.notes) else np.inf)
    late['late'] += np.count_nonzero(~kept)
    return changes[kept]

  assert equal(back, map_changes(score, in_time))
  assert repairs == +late


@settings(max_examples=50, deadline=None)
@given(scores(), st.randoms(use_true_random=False))
def test_any_order_of_notes_writes_the_canonical_score(score, rng):
  order = list(range(len(score.notes)))
  rng.shuffle(order)
  notes = score.notes[order]
  notes[: len(order) // 2, DURATION] = 0
  shuffled = score._replace(notes=notes, tracks=(*score.tracks, Track(5)))
  assert midi.to_bytes(shuffled) == midi.to_bytes(canonical(shuffled))


@settings(max_examples=50, deadline=None)
@given(scores(max_tracks=40))
def test_no_two_tracks_share_a_port_and_channel(score):
  file = mido.MidiFile(file=io.BytesIO(midi.to_bytes(score)), charset='utf-8')
  used = []
  for chunk, track in zip(file.tracks[1:], score.tracks, strict=True):
    ports = [m.port for m in chunk if m.type == 'midi_port'] or [0]
    channels = {m.channel for m in chunk if not m.is_meta}
    assert len(ports) == len(channels) == 1
    assert (channels == {9}) == track.drums
    used.append((ports[0], *channels))
  assert len(set(used)) == len(used)


def test_offs_come_before_ons_of_the_same_tick():
  notes = np.array([[0, 240, 60, 64, 0], [240, 240, 60, 80, 0]])
  file = mido.MidiFile(file=io.BytesIO(midi.to_bytes(Score(notes))))
  kinds = [m.type for m in file.tracks[1] if not m.is_meta]
  assert kinds == [
    'program_change',
    'note_on',
    'note_off',
    'note_on',
    'note_off',
  ]


def test_bytes_are_pinned():
  # A change here changes every file that is compared by its hash: say so in the
  # changelog, and put in the new bytes.
  score = Score(
    notes=np.array([[0, 480, 60, 64, 0], [0, 480, 36, 100, 1]]),
    tracks=(Track(40, name='Geige'), Track(drums=True)),
    tempi=np.array([[0, 400_000]]),
    meters=np.array([[0, 6, 8]]),
    keys=np.array([[480, -3, 1]]),
  )
  assert midi.to_bytes(score) == from_hex("""
      4d 54 68 64  00 00 00 06  # MThd, six bytes
      00 01  00 03  01 e0  # type 1, three tracks, 480 ticks to a quarter
      4d 54 72 6b  00 00 00 1a  # MTrk: the conductor
      00  ff 51 03  06 1a 80  # 400,000 microseconds to a quarter
      00  ff 58 04  06 03 18 08  # six eighths
      83 60  ff 59 02  fd 01  # 480 ticks on: three flats, minor
      00  ff 2f 00
      4d 54 72 6b  00 00 00 19
      00  ff 03 05  47 65 69 67 65  # 'Geige'
      00  c0 28  # channel 0 plays program 40
      00  90 3c 40  # pitch 60, velocity 64
      83 60  80 3c 00
      00  ff 2f 00
      4d 54 72 6b  00 00 00 10
      00  c9 00  # drums: channel 9
      00  99 24 64
      83 60  89 24 00
      00  ff 2f 00
  """)


@pytest.mark.parametrize(
  ('changes', 'says'),
  [
    ({'resolution': 0}, 'resolution 0 .* 1..32767'),
    ({'resolution': 2**15}, 'resolution 32768'),
    ({'notes': np.array([[-1, 1, 60, 64, 0]])}, 'onset -1'),
    ({'notes': np.array([[2**28 - 1, 1, 60, 64, 0]])}, 'end of a note'),
    ({'notes': np.array([[0, 1, 128, 64, 0]])}, 'pitch 128 .* 0..127'),
    ({'notes': np.array([[0, 1, 60, 0, 0]])}, 'velocity 0 .* 1..127'),
    ({'notes': np.array([[0, 1, 60, 64, 1]])}, 'track 1 .* 0..0'),
    ({'tracks': (Track(128),)}, 'program 128'),
    ({'tracks': (Track(name='\ud800'),)}, 'track name'),
    ({'tempi': np.array([[0, 0]])}, 'tempo 0'),
    ({'tempi': np.array([[-5, 500_000]])}, 'tick -5'),
    ({'meters': np.array([[0, 256, 4]])}, 'numerator 256'),
    ({'meters': np.array([[0, 4, 3]])}, 'denominator 3 .* power of two'),
    ({'keys': np.array([[0, 8, 0]])}, 'sharps 8'),
  ],
)
def test_what_midi_cannot_say_is_refused(changes, says):
  with pytest.raises(UserError, match=says) as error:
    midi.to_bytes(one_note(**changes))
  assert '\n' not in str(error.value)


@pytest.mark.parametrize('drums', [True, False])
def test_more_tracks_than_outputs_are_refused(drums):
  room = 128 if drums else 128 * 15

  def ensemble(num):
    notes = np.array([[0, 1, 60, 64, i] for i in range(num)])
    return Score(notes, (Track(drums=drums),) * num)

  assert len(midi.read(midi.to_bytes(ensemble(room))).tracks) == room
  with pytest.raises(UserError, match='merge some tracks'):
    midi.to_bytes(ensemble(room + 1))


def test_a_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
  path = tmp_path / 'song.mid'
  midi.write(one_note(), path)
  before = path.read_bytes()
  monkeypatch.setattr(os, 'replace', _full_disk)
  with pytest.raises(UserError, match='No space left'):
    midi.write(one_note(resolution=96), path)
  assert path.read_bytes() == before
  assert os.listdir(tmp_path) == ['song.mid']


def test_a_path_that_cannot_be_written_is_named(tmp_path):
  for path in (tmp_path, tmp_path / 'no' / 'song.mid'):
    with pytest.raises(UserError, match=str(path)):
      midi.write(one_note(), path)


def _full_disk(*_):
  raise OSError(28, 'No space left on device')
