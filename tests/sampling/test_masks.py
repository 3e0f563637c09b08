"""Masks of a Score: which cells are fixed, and that they stay."""

import jax
import numpy as np
import pytest

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.music.score import ONSET, Score, TRACK
from musiczoo.nn.heads import Controls
from musiczoo.representations import REPRESENTATIONS
from musiczoo.representations.tracks import GROUPS
from musiczoo.representations.voices import TRACKS
from musiczoo.runs import workdir
from musiczoo.sampling import generate, masks
from tests import configs

VOICES = REPRESENTATIONS['voices'](steps_per_quarter=4)


def song(quarters=16, meters=(), voices=4):
  """Notes of a quarter, in all voices, repeated and not; a tie over bar 2."""
  rng = np.random.default_rng(0)
  notes = [
    [12 * q, 24 if q == 7 else 12, 76 - 7 * v + rng.integers(4), 80, v]
    for v in range(voices)
    for q in range(quarters)
    if q != 8
  ]
  meters = np.array(meters, np.int32).reshape(-1, 3)
  return Score(
    np.array(notes, np.int32), TRACKS[:voices], meters=meters, resolution=12
  )


@pytest.mark.parametrize(
  'meters,span,begin,end',
  [
    ((), '2:3', 16, 48),
    ((), '1', 0, 16),
    ((), '4:4', 48, 64),
    ([(0, 3, 4)], '2:2', 12, 24),
    ([(0, 1, 4), (12, 4, 4)], '2:3', 4, 36),  # A pick-up is bar 1.
  ],
)
def test_bars_are_those_of_the_meters(meters, span, begin, end):
  x, known = masks.infill(VOICES, song(meters=meters), span, 'song.mid')[:2]
  np.testing.assert_array_equal(x, VOICES.encode(song(meters=meters)))
  holes = np.flatnonzero(~known.all(1))
  assert (holes[0], holes[-1] + 1) == (begin, end)
  assert not known[begin:end].any()


@pytest.mark.parametrize(
  'span', ['0:1', '3:2', '4:5', '5', ':', 'a:b', '1:2:3', '']
)
def test_bars_that_are_not_there_are_refused(span):
  with pytest.raises(UserError, match='--infill_bars='):
    masks.infill(VOICES, song(), span, 'song.mid')


def test_the_highest_voice_is_what_is_harmonized():
  melody = masks.accompany(VOICES, song(voices=1), 'Soprano', 'song.mid')
  of_four = masks.accompany(VOICES, song(), 'Soprano', 'song.mid')
  for x, known, *_ in (melody, of_four):
    np.testing.assert_array_equal(x[:, 0], VOICES.encode(song())[:, 0])
    assert known[:, 0].all() and not known[:, 1:].any() and not x[:, 1:].any()
  low = song()
  low = low._replace(notes=low.notes[low.notes[:, TRACK] == 3])
  with pytest.raises(UserError, match='its Soprano has no notes'):
    masks.accompany(VOICES, low, 'Soprano', 'song.mid')


def test_a_part_of_voices_or_of_groups_stays_alone():
  low, x = 3, VOICES.encode(song())
  given, known = masks.accompany(VOICES, song(), 'Bass', 'song.mid')[:2]
  np.testing.assert_array_equal(given[:, low], x[:, low])
  assert known[:, low].all() and known.sum() == len(x)

  groups = REPRESENTATIONS['tracks']()
  notes = np.array(
    [[4 * q, 4, 40 + q % 3, 80, t] for q in range(8) for t in range(5)]
  )
  score = Score(notes.astype(np.int32), GROUPS, resolution=4)
  every = np.zeros(groups.spec.shape, int)
  for i, track in enumerate(GROUPS):
    given, known = masks.accompany(groups, score, track.name, 'song.mid')[:2]
    every += known[0]
    left = groups.decode(given).notes
    whole = groups.decode(groups.encode(score)).notes
    whole = whole[whole[:, TRACK] == i]
    np.testing.assert_array_equal(left[:, :TRACK], whole[:, :TRACK])
  assert (every == 1).all()  # Each cell is one group's.
  with pytest.raises(UserError, match="'Tuba' is not a part .* Drums, Bass"):
    masks.accompany(groups, score, 'Tuba', 'song.mid')


SMALL = {'hidden': '8', 'layers': '1'}
FAMILIES = {
  'infill': SMALL | {'known_hidden': '8', 'known_layers': '1'},
  'orderless': SMALL | {'sweeps': '3'},
  'gru': SMALL,
  'cnn': SMALL,
}


@pytest.fixture(scope='module')
def trained(request):
  family, small = request.param, FAMILIES[request.param]
  config = configs.load(
    f'chorales.py:{family}', [(f'model.{k}', v) for k, v in small.items()]
  )
  pipeline = build.pipeline(config)
  params = jax.tree.map(
    lambda a: 0.2 * jax.random.normal(jax.random.key(0), a.shape),
    workdir.shapes(pipeline),
  )
  return pipeline, params


@pytest.mark.parametrize(
  'trained,ask',
  [
    ('infill', 'bars'),
    ('orderless', 'bars'),
    *((family, 'below') for family in FAMILIES),
  ],
  indirect=['trained'],
)
def test_all_but_the_holes_stays_as_it_is(trained, ask):
  pipeline, params = trained
  if ask == 'bars':
    given = masks.infill(VOICES, song(), '2', 'song.mid')
  else:
    given = masks.accompany(VOICES, song(), 'Soprano', 'song.mid')
  x, known = given[:2]
  made = generate.generate(
    pipeline,
    params,
    num_outputs=3,
    num_steps=0,
    seed=0,
    primer=given,
    controls=Controls(),
  )
  assert made.x.shape == (3, *x.shape)
  assert (made.x == x)[:, known].all()

  def begun(score):
    """Notes that begin in a cell that was given."""
    return {
      tuple(n)
      for n in score.notes[:, [ONSET, 2, TRACK]].tolist()
      if known[n[0], n[2]]
    }

  whole = VOICES.decode(VOICES.encode(song()))
  assert all(begun(score) == begun(whole) for score in made.scores)
  assert len({score.notes.tobytes() for score in made.scores}) > 1
