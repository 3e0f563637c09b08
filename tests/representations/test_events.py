"""Events, token by token: what is written and what nonsense does."""

from hypothesis import given, settings
import numpy as np

from musiczoo.music.quantize import quantize
from musiczoo.music.score import equal, Score, Track
from musiczoo.representations import event_tokens as e, REPRESENTATIONS
from tests.strategies import scores

EVENTS = REPRESENTATIONS['events'](steps_per_quarter=1, max_shift=4)


def on(pitch):
  return e.NOTE_ON + pitch


def off(pitch):
  return e.NOTE_OFF + pitch


def shift(steps):
  return e.SHIFT + steps - 1


def loud(velocity):
  return e.SET_VELOCITY + velocity


def digits(*numbers):
  return [e.DIGIT + number for number in numbers]


def decoded(*tokens):
  return EVENTS.decode(np.array(tokens)).notes.tolist()


@settings(max_examples=100, deadline=None)
@given(scores(max_onset=400))
def test_only_names_are_lost(score):
  events = REPRESENTATIONS['events']()
  kept, score = events.decode(events.encode(score)), quantize(score, 12)
  nameless = tuple(Track(t.program, t.drums) for t in score.tracks)
  assert equal(kept, score._replace(tracks=nameless))


def test_a_piece_word_by_word():
  score = Score(
    notes=np.array(
      [
        [0, 2, 60, 80, 0],
        [0, 1, 36, 100, 1],
        [2, 9, 60, 80, 2],
        [2, 1, 64, 80, 2],
      ]
    ),
    tracks=(Track(40), Track(8, drums=True), Track(40)),
    tempi=np.array([[0, 500_000]]),
    meters=np.array([[0, 6, 8]]),
    keys=np.array([[2, -3, 1]]),
    resolution=1,
  )
  violin, kit = e.PROGRAM + 40, e.DRUMS + 8
  expected = [
    # All tracks in order; the second violin is the last one selected.
    *(violin, kit, violin, e.NEXT),
    *(e.TEMPO, *digits(0, 30, 66, 32)),  # 30 * 128**2 + 66 * 128 + 32
    *(e.METER, *digits(0, 6, 3)),
    *(violin, loud(80), on(60), kit, loud(100), on(36)),
    *(shift(1), off(36)),
    *(shift(1), e.KEY, *digits(4, 1)),
    *(violin, off(60), e.NEXT, loud(80), on(60), on(64)),
    *(shift(1), off(64)),
    *(shift(4), shift(4), off(60)),
    e.END,
  ]
  assert EVENTS.encode(score).tolist() == expected
  assert equal(EVENTS.decode(np.array(expected)), score)


def test_notes_end_and_begin_from_below():
  notes = np.array([[0, 2, 60, 80, 0], [1, 1, 55, 80, 0], [2, 1, 50, 80, 0]])
  tokens = EVENTS.encode(Score(notes, resolution=1)).tolist()
  at = tokens.index(off(55))
  assert tokens[at : at + 3] == [off(55), off(60), on(50)]


def test_the_first_note_on_is_the_first_to_end():
  notes = decoded(
    on(60), shift(1), on(60), shift(1), off(60), shift(1), off(60)
  )
  assert notes == [[0, 2, 60, 80, 0], [1, 2, 60, 80, 0]]


def test_what_hangs_ends_with_the_piece():
  assert decoded(on(60), shift(3)) == [[0, 3, 60, 80, 0]]
  assert decoded(shift(3), on(60)) == [[3, 1, 60, 80, 0]]


def test_nothing_comes_after_the_end():
  assert decoded(on(60), shift(1), e.END, off(60), shift(1), on(62)) == [
    [0, 1, 60, 80, 0]
  ]


def test_the_impossible_is_passed_over():
  nonsense = [e.NEXT, off(60), loud(0), -1, e.SHIFT + 4, *digits(5), 30_000]
  assert decoded(*nonsense, on(60), off(60), shift(2), off(60)) == [
    [0, 2, 60, 80, 0]
  ]


def test_a_change_that_is_cut_short_or_illegal_is_none():
  score = EVENTS.decode(
    np.array(
      [
        *(e.TEMPO, *digits(0, 30, 66), on(60), *digits(32)),
        *(e.TEMPO, *digits(0, 0, 0, 0)),
        *(e.METER, *digits(0, 0, 2), e.METER, *digits(0, 4, 8)),
        *(e.KEY, *digits(15, 0), e.KEY, *digits(7, 2)),
      ]
    )
  )
  assert len(score.notes) == 1
  assert not len(score.tempi) + len(score.meters) + len(score.keys)


def test_drums_and_their_keys_are_not_transposed():
  x = [e.PROGRAM, on(60), e.DRUMS, on(36), e.KEY, *digits(7, 0), e.END]
  moved = [e.PROGRAM, on(62), e.DRUMS, on(36), e.KEY, *digits(9, 0), e.END]
  x = np.array(x, np.int16)
  assert EVENTS.transpose(x, 2).tolist() == moved
  assert EVENTS.transpose_range(x) == (60, 67)
