"""Songs completed by an untrained model: what is given stays, what is asked plays."""

import functools

import jax
import numpy as np
import pytest

from musiczoo.build import make_model, Pipeline
from musiczoo.errors import UserError
from musiczoo.music import instruments, metre
from musiczoo.music.compound_rows import Layout
from musiczoo.music.quantize import quantize
from musiczoo.music.score import canonical, DURATION, ONSET, Score, TRACK, Track
from musiczoo.nn.heads import Compound, Controls
from musiczoo.representations.compound import compound
from musiczoo.sampling import ensembles, masks, songs
from musiczoo.sampling.generate import generate
from musiczoo.sampling.primer import encode_primer

REPRESENTATION = compound(steps_per_quarter=4)
SPEC = REPRESENTATION.spec
BARS = 5


@functools.cache
def untrained():
  head = Compound(SPEC.depth, 8, 8)
  model = make_model('gru', SPEC, head, {'hidden': 8, 'layers': 1}, window=64)
  batch = {
    'x': np.zeros((1, 8, 5), np.int32),
    'mask': np.ones((1, 8), np.float32),
    'row': np.zeros(1, np.uint32),
  }
  return Pipeline(REPRESENTATION, model), model.init(jax.random.key(0), batch)


def song():
  """A bass, drums and a melody that is not on the grid of the model."""
  notes = []
  for bar in range(BARS):
    start = 1920 * bar
    notes += [(start + 480 * i, 400, 40 + i, 80, 0) for i in range(4)]
    notes += [(start + 960 * i, 60, 36, 90, 1) for i in range(2)]
    notes += [(start + 233 * i, 201, 70 + i, 77, 2) for i in range(5)]
  tracks = Track(33, name='Low'), Track(0, drums=True), Track(73, name='Flute')
  return canonical(Score(np.array(notes, np.int32), tracks, resolution=480))


def completed(primer, num_outputs=2):
  pipeline, params = untrained()
  return generate(
    pipeline,
    params,
    num_outputs=num_outputs,
    num_steps=0,
    seed=1,
    primer=primer,
  )


def test_the_sample_that_fits_what_follows_is_kept():
  pipeline, params = untrained()
  primer = masks.infill(REPRESENTATION, song(), '2:3', 'song.mid')
  how = {'num_outputs': 2, 'seed': 1, 'controls': Controls()}
  kept = songs.complete(pipeline, params, primer, **how)
  assert len(kept.scores) == 2
  every = completed(primer, num_outputs=2 * songs.CANDIDATES)
  nats = songs._nats_of_bars(pipeline, params, every.scores, np.array([3, 4]))
  best = nats.reshape(-1, 2).argmin(0) * 2 + np.arange(2)
  for score, number in zip(kept.scores, best):
    np.testing.assert_array_equal(score.notes, every.scores[number].notes)


def rows(score, chosen):
  return {tuple(n) for n in score.notes[chosen].tolist()}


def bar_of(score):
  grid = quantize(score, 4)
  return metre.bar_of(metre.bars(grid), grid.notes[:, ONSET])


def test_all_but_the_bars_of_an_infill_stay_to_the_tick():
  score = song()
  primer = masks.infill(REPRESENTATION, score, '2:3', 'song.mid')
  made = completed(primer, num_outputs=8)
  assert made.new == (16, 48)
  outside = (score.notes[:, ONSET] + 60) // 1920  # On the grid of sixteenths.
  given = rows(score, ~np.isin(outside, [1, 2]))
  for new in made.scores:
    assert new.resolution == 480 and new.tracks == score.tracks
    assert given <= rows(new, slice(None))
    others = rows(new, slice(None)) - given
    for onset, *_ in others:
      assert 1920 <= onset < 3 * 1920
  assert len({len(new.notes) for new in made.scores}) > 1


def test_only_the_tracks_of_an_infill_change():
  score = song()
  primer = masks.infill(REPRESENTATION, score, '2:4', 'song.mid', 'flute')
  for new in completed(primer).scores:
    kept = score.notes[:, TRACK] != 2
    assert rows(new, new.notes[:, TRACK] != 2) == rows(score, kept)
    changed = rows(new, new.notes[:, TRACK] == 2)
    assert changed != rows(score, ~kept)


def test_instruments_are_added_to_a_melody():
  score = song()
  added = instruments.parse('drums,bass,string ensemble 1')
  primer = masks.accompany(REPRESENTATION, score, 'Flute', 'song.mid', added)
  made = completed(primer)
  melody = {n[:4] for n in rows(score, score.notes[:, TRACK] == 2)}
  for new in made.scores:
    assert {t.program for t in new.tracks if not t.drums} <= {33, 48, 73}
    flute = [t.program for t in new.tracks].index(73)
    assert {n[:4] for n in rows(new, new.notes[:, TRACK] == flute)} == melody
  assert any(len(new.tracks) > 1 for new in made.scores)


def test_no_other_instruments_play():
  pipeline, params = untrained()
  asked = instruments.parse('drums,bass,piano')
  made = generate(
    pipeline,
    params,
    num_outputs=8,
    num_steps=64,
    seed=0,
    primer=songs.ensemble(SPEC, asked),
  )
  playing = {t for score in made.scores for t in score.tracks}
  assert playing and playing <= set(asked)
  for score in made.scores:
    ends = score.notes[:, ONSET] + score.notes[:, DURATION]
    assert ends.max(initial=0) <= 64


def test_each_piece_has_the_ensemble_of_a_training_song():
  pipeline, params = untrained()
  others = song()._replace(tracks=(Track(43), Track(0, drums=True), Track(68)))
  x = [REPRESENTATION.encode(score) for score in (song(), others, song())]
  found = ensembles.of_pieces(x, Layout(SPEC.steps_per_quarter))
  assert [len(tracks) for tracks in found] == [3, 3]
  pipeline = pipeline._replace(ensembles=tuple(found))
  made = generate(pipeline, params, num_outputs=8, num_steps=64, seed=0)
  programs = [
    {track.program for track in score.tracks if not track.drums}
    for score in made.scores
  ]
  assert all(p <= {33, 73} or p <= {43, 68} for p in programs)
  assert any(p & {33, 73} for p in programs)
  assert any(p & {43, 68} for p in programs)
  headers = made.x[:, 1:4, 1:]
  for header in headers:
    assert any(np.array_equal(header, tracks) for tracks in found)
  # Others are drawn with another seed, the same in a batch of another size.
  layout = Layout(SPEC.steps_per_quarter)
  few = ensembles.draw(found, layout, 3, 0, Controls())
  many = ensembles.draw(found, layout, 8, 0, Controls())
  other = ensembles.draw(found, layout, 8, 1, Controls())
  np.testing.assert_array_equal(few.given, many.given[:3])
  assert not np.array_equal(many.given, other.given)


def test_a_primer_goes_on_with_its_own_instruments():
  pipeline, params = untrained()
  primer = encode_primer(REPRESENTATION, song(), 'song.mid')
  made = generate(
    pipeline, params, num_outputs=2, num_steps=64, seed=0, primer=primer
  )
  kept = REPRESENTATION.decode(REPRESENTATION.encode(song()))
  for score in made.scores:
    assert {t.program for t in score.tracks} <= {0, 33, 73}
    # Of the primer all is kept, but for notes that new ones of their pitch end.
    onsets = {(n[0], n[2]) for n in rows(score, slice(None))}
    assert {(n[0], n[2]) for n in rows(kept, slice(None))} <= onsets


@pytest.mark.parametrize(
  'text, message',
  [
    ('', 'give some'),
    ('drums,zither of doom', "no instrument 'zither of doom'"),
    ('128', 'program 0 to 127'),
  ],
)
def test_instruments_that_do_not_exist(text, message):
  with pytest.raises(UserError, match=message):
    instruments.parse(text)


def test_what_is_asked_for_wrongly():
  with pytest.raises(UserError, match='choose of Low, drums, Flute'):
    masks.infill(REPRESENTATION, song(), '2', 'song.mid', 'oboe')
  with pytest.raises(UserError, match='bars 1:5'):
    masks.infill(REPRESENTATION, song(), '4:9', 'song.mid')
  with pytest.raises(UserError, match='instruments beside drums'):
    songs.ensemble(SPEC, instruments.parse('piano,' * 16))
  with pytest.raises(UserError, match='give those to add'):
    masks.accompany(REPRESENTATION, song(), 'all', 'song.mid')


def test_names_of_general_midi():
  assert len(instruments.NAMES) == 128
  assert (
    instruments.NAMES[40] == 'violin' and instruments.NAMES[127] == 'gunshot'
  )
  assert instruments.parse('Flute, 12,bass') == (
    Track(73),
    Track(12),
    Track(33),
  )
