"""Conditions of samples with a primer: its metre goes on, or changes as asked."""

import numpy as np
import pytest

from musiczoo.music import annotations
from musiczoo.music.form import Form
from musiczoo.music.score import canonical, Score, Track
from musiczoo.representations import REPRESENTATIONS
from musiczoo.sampling.conditions import conditions, with_form
from musiczoo.sampling.primer import encode_primer

VOICES = REPRESENTATIONS['voices']()
EVENTS = REPRESENTATIONS['events']()
GRID = 4


def song(steps, **changes):
  """Eighth notes of so many steps."""
  notes = [(2 * i, 2, 60 + i % 5, 80, 0) for i in range(steps // 2)]
  changes = {k: np.array(v, np.int32) for k, v in changes.items()}
  changes = {'resolution': GRID, 'meters': np.zeros((0, 3), np.int32)} | changes
  return canonical(Score(np.array(notes, np.int32), (Track(),), **changes))


def primed(music, form, representation=VOICES, **requested):
  primer = encode_primer(representation, music, 'song.mid')
  table = conditions(representation, form, primer, requested)
  made = representation.decode(primer.x)
  return table, with_form(representation, made, form, primer)


def test_three_four_goes_on():
  music = song(12, meters=[(0, 3, 4)])
  table, made = primed(music, Form(14, GRID, (3, 4)))
  position = table[:, annotations.POSITION]
  assert position.tolist() == [1 + i % 12 for i in range(26)]
  assert (table[:, annotations.METER] == 6).all()
  assert made.meters.tolist() == [[0, 3, 4]]


def test_a_bar_that_has_begun_goes_on():
  table, _ = primed(song(22), Form(12, GRID))
  position = table[:, annotations.POSITION]
  assert position.tolist() == [1 + i % 16 for i in range(34)]


def test_a_metre_that_is_asked_for_begins_after_the_primer():
  table, made = primed(song(16), Form(12, GRID, (3, 4)))
  assert table[16:, annotations.POSITION].tolist() == list(range(1, 13))
  assert table[:, annotations.METER].tolist() == [8] * 16 + [6] * 12
  assert made.meters[-1].tolist() == [16, 3, 4]


def test_a_primer_that_is_a_pickup():
  music = song(4, meters=[(0, 1, 4), (4, 4, 4)])
  table, made = primed(music, Form(16, GRID))
  assert table[4:, annotations.POSITION].tolist() == list(range(1, 17))
  assert made.meters.tolist() == [[0, 1, 4], [4, 4, 4]]


def test_steps_after_the_last_note_have_their_place_in_the_bar():
  """The soprano ends before the bass, which is to be sampled."""
  music = song(8)
  primer = encode_primer(VOICES, music, 'song.mid')
  rests = np.zeros((24, *primer.x.shape[1:]), primer.x.dtype)
  longer = primer._replace(x=np.concatenate([primer.x, rests]))
  table = conditions(VOICES, Form(0, GRID), longer, {})
  assert table[:, annotations.POSITION].tolist() == [
    1 + i % 16 for i in range(32)
  ]
  assert table[0, annotations.LENGTH] == 8


def test_a_key_is_requested_of_music_that_is_completed():
  table, _ = primed(song(16), Form(0, GRID), key='Am')
  assert (table[:, annotations.KEY] == 1 + 9 + 12).all()
  plain, _ = primed(song(16), Form(0, GRID))
  assert (plain[:, annotations.KEY] != 1 + 9 + 12).all()
  np.testing.assert_array_equal(
    plain[:, annotations.POSITION], table[:, annotations.POSITION]
  )


@pytest.mark.parametrize('representation', [VOICES, EVENTS])
def test_phrases_of_a_primer_come_before_those_of_the_form(representation):
  grid = representation.spec.steps_per_quarter
  music = song(16, phrase_ends=[8])
  form = Form(8 * grid, grid, phrase_ends=(4 * grid, 8 * grid))
  _, made = primed(music, form, representation)
  quarters = made.phrase_ends / made.resolution
  assert quarters.tolist() == [2, 8, 12]
