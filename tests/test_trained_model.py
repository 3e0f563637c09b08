"""The Python API: short texts, checked arguments, music in and out."""

import functools

import numpy as np
import pytest

import musiczoo
from musiczoo.errors import UserError
from musiczoo.music.score import Score


@functools.cache
def model():
  return musiczoo.load('infill-chorales')


@functools.cache
def melody():
  pitches = (67, 69, 71, 72, 71, 69, 67, 67)
  notes = [(2 * i, 2, pitch, 80, 0) for i, pitch in enumerate(pitches)]
  return Score(np.array(notes, np.int32), resolution=2)


def test_models_have_names_and_short_texts():
  names = musiczoo.models()
  assert 'lstm-chorales' in names and isinstance(names, tuple)
  assert repr(model()) == (
    '<TrainedModel infill-chorales: infill, 1,167,174 parameters, step '
    f'{model().step}>'
  )
  assert repr(melody()) == '<Score: 8 notes, 8 quarter notes, 1 tracks (0)>'


@pytest.mark.parametrize('place', ['lstm', 3, None, ['lstm-chorales']])
def test_what_is_no_model_is_answered_with_those_there_are(place):
  with pytest.raises(UserError, match='gru-chorales') as error:
    musiczoo.load(place)
  assert '\n' not in str(error.value) and '--' not in str(error.value)


@pytest.mark.parametrize(
  'how,message',
  [
    ({'num_outputs': 0}, 'num_outputs=0: give 1 to 65536'),
    ({'num_outputs': 2.5}, 'num_outputs=2.5: give an integer'),
    ({'num_outputs': '2'}, 'num_outputs=2: give an integer'),
    ({'num_steps': -1}, 'num_steps=-1: give 1 to'),
    ({'num_steps': 2.5}, 'num_steps=2.5: give an integer'),
    ({'seed': -1}, 'seed=-1: give 0 to'),
    ({'seed': None}, 'seed=None: give an integer'),
    ({'temperature': 'hot'}, 'temperature=hot: give a number'),
    ({'temperature': -1.0}, 'temperature=-1: give 0 to'),
    ({'top_k': 1.5}, 'top_k=1.5: give an integer'),
    ({'heat': 1.0}, 'heat is no control: choose of temperature'),
    ({'forbid': 'parallels'}, 'give a list of rules'),
    ({'forbid': ['fifths']}, 'choose of parallels'),
    ({'phrase_candidates': 0}, 'phrase_candidates=0: give 1 to 256'),
    ({'primer': 5}, 'primer is of type int: give a Score or the path'),
    ({'primer': 'none.mid'}, 'none.mid'),
  ],
  ids=str,
)
def test_arguments_are_checked_in_one_line(how, message):
  with pytest.raises(UserError, match=message) as error:
    model().generate(**{'num_steps': 4} | how)
  assert '\n' not in str(error.value)


def test_what_a_model_cannot_do_is_refused():
  for act in (
    lambda: model().reconstruct(melody()),
    lambda: model().interpolate(melody(), melody()),
  ):
    with pytest.raises(UserError, match='no latent space'):
      act()
  with pytest.raises(UserError, match='bars'):
    model().infill(melody(), '9')
  with pytest.raises(UserError, match='is not a part'):
    model().accompany(melody(), 'Piano')


def test_files_come_and_go_by_their_suffix(tmp_path):
  score = melody()
  score.write(tmp_path / 'tune.mid')
  found = Score.read(tmp_path / 'tune.mid')
  assert np.array_equal(found.notes[:, 2], score.notes[:, 2])
  score.write(tmp_path / 'tune.musicxml')
  assert '<score-partwise' in (tmp_path / 'tune.musicxml').read_text()
  with pytest.raises(UserError, match='ends in .mid or .musicxml'):
    score.write(tmp_path / 'tune.wav')


@pytest.mark.slow
def test_a_melody_is_harmonized_and_bars_are_infilled(tmp_path):
  melody().write(tmp_path / 'tune.mid')
  (whole,) = model().harmonize(tmp_path / 'tune.mid', seed=1)
  highest = whole.notes[whole.notes[:, 4] == 0]
  assert highest[:, 2].tolist() == melody().notes[:, 2].tolist()
  assert len(whole.tracks) == 4
  (again,) = model().infill(whole, '2', seed=2)
  first = lambda score: score.notes[score.notes[:, 0] < 4 * score.resolution]
  np.testing.assert_array_equal(first(again)[:, :3], first(whole)[:, :3])
  one, two = model().accompany(whole, 'Bass', 2)
  lowest = [s.notes[s.notes[:, 4] == 3][:, :3].tolist() for s in (one, two)]
  assert lowest[0] == lowest[1]


@pytest.mark.slow
def test_latents_of_pieces(tmp_path):
  vae = musiczoo.load('vae-chorales')
  (piece,) = musiczoo.load('infill-chorales').harmonize(melody(), seed=1)
  assert len(vae.reconstruct(piece).notes)
  between = vae.interpolate(piece, piece, 3)
  assert len(between) == 3
