"""What play.py does with NumPy alone is what the library does."""

import numpy as np
import pytest

from musiczoo import build
from musiczoo.export import compose
from musiczoo.export.player import folder, notes, requested
from musiczoo.music import annotations, transform
from musiczoo.music.midi.write import to_bytes
from musiczoo.music.time import quantize
from musiczoo.representations import events as e, REPRESENTATIONS, tracks
from tests import configs

GRIDS = (1, 4, 7)


def expected(score, length=None):
  """The bytes of what `generate` writes; without meters and keys."""
  if length is not None:
    score = transform.crop(score, length)
  score = quantize(score, 480)
  tempi = score.tempi if len(score.tempi) else np.array([[0, 750_000]])
  none = np.zeros((0, 3), np.int32)
  return to_bytes(score._replace(tempi=tempi, meters=none, keys=none))


def written(path, monkeypatch, grid, *music):
  monkeypatch.setattr(notes, 'GRID', grid)
  notes.to_midi(path / '0.mid', *music)
  return (path / '0.mid').read_bytes()


@pytest.mark.parametrize('grid', GRIDS)
@pytest.mark.parametrize('name', ['voices', 'melody', 'pianoroll', 'tracks'])
def test_arrays_become_the_same_midi(tmp_path, monkeypatch, name, grid):
  representation = REPRESENTATIONS[name](steps_per_quarter=grid)
  rng = np.random.default_rng(grid)
  for share in (0.0, 0.02, 0.5):
    shape = 30, *representation.spec.shape
    if representation.spec.kind == 'bits':
      x = (rng.random(shape) < share).astype(np.int32)
    else:
      x = rng.integers(60, 66, shape) * (rng.random(shape) < share)
    functions, lines, played = compose.decoding(representation, name)
    scope = {f.__name__: f for f in functions} | {'x': x, 'np': np}
    exec('\n'.join(lines), scope)  # As it stands in play.py.
    music = scope['notes'], [tuple(track) for track in played], {}
    got = written(tmp_path, monkeypatch, grid, *music)
    assert got == expected(representation.decode(x))


@pytest.mark.parametrize('seed', range(20))
def test_any_events_become_the_same_midi(tmp_path, monkeypatch, seed):
  rng = np.random.default_rng(seed)
  grid = GRIDS[seed % len(GRIDS)]
  events = REPRESENTATIONS['events'](steps_per_quarter=grid)
  # Few pitches, and more of what says little by itself.
  likely = [
    e.NOTE_ON + 60,
    e.NOTE_ON + 61,
    e.NOTE_OFF + 60,
    e.NOTE_OFF + 61,
    e.NEXT,
    e.DRUMS,
    e.PROGRAM + 40,
    e.SHIFT,
    e.SHIFT + 2,
    e.SET_VELOCITY,
    e.SET_VELOCITY + 90,
    e.METER,
  ]
  x = rng.choice(likely, 400)
  odd = rng.random(400) < 0.1
  x[odd] = rng.integers(1, events.spec.depth, odd.sum())
  tempo = [e.TEMPO, *rng.integers(e.DIGIT, e.DIGIT + 9, 5)]
  x = np.concatenate([x[:200], tempo, x[200:], [e.END] * (seed % 2), x[:9]])
  x = x.astype(np.int32)
  for length in (3, 50, 10_000):
    music = notes.from_events(x, length)
    got = written(tmp_path, monkeypatch, grid, *music)
    assert got == expected(events.decode(x), length)


def test_more_tracks_than_channels(tmp_path, monkeypatch):
  events = REPRESENTATIONS['events']()
  begin = [
    [e.PROGRAM + i, e.NOTE_ON + i, e.DRUMS + i, e.NOTE_ON] for i in range(40)
  ]
  x = np.array([*sum(begin, []), e.SHIFT])
  music = notes.from_events(x, 9)
  assert written(tmp_path, monkeypatch, 12, *music) == expected(
    events.decode(x), 9
  )


@pytest.mark.parametrize(
  'asked',
  [
    {},
    {'chords': 'C G7 Bbm7b5 N.C. F#maj7', 'key': 'Ebm'},
    {'density': 3.0, 'style': 2, 'key': 'B'},
    {'density': 0.0},
  ],
)
def test_wishes_are_those_of_generate(monkeypatch, asked):
  monkeypatch.setattr(requested, 'GRID', 6)
  monkeypatch.setattr(requested, 'STYLES', ('jazz', 'rock'))
  said = asked | ({'style': 'rock'} if 'style' in asked else {})
  plan = requested.plan(200, 150, **said)
  expected = annotations.plan(150, 6, **asked)
  np.testing.assert_array_equal(plan[:150], expected)
  assert (plan[150:] == expected[-1]).all()


@pytest.mark.parametrize(
  'asked', [{'key': 'H'}, {'chords': 'C Q'}, {'key': 'C7'}]
)
def test_a_wish_that_is_none_ends_in_one_line(capsys, asked):
  with pytest.raises(SystemExit) as stopped:
    requested.plan(8, 8, **asked)
  assert stopped.value.code == 2
  assert len(capsys.readouterr().err.splitlines()) == 1


def test_damage_is_named(tmp_path, monkeypatch, capsys):
  monkeypatch.setattr(folder, 'FILES', ('a', 'b'))
  (tmp_path / 'a').write_bytes(b'A')
  (tmp_path / 'b').write_bytes(b'B')
  digest = folder.hashlib.sha256
  sums = ''.join(
    f'{digest(n.upper().encode()).hexdigest()}  {n}\n' for n in 'ab'
  )
  (tmp_path / 'SHA256SUMS').write_text(sums)
  folder.check(tmp_path)
  for change in (sums + '\n', sums[:-1], sums[:70], sums.replace('b\n', 'c\n')):
    (tmp_path / 'SHA256SUMS').write_text(change)
    with pytest.raises(SystemExit):
      folder.check(tmp_path)
  (tmp_path / 'SHA256SUMS').write_text(sums)
  (tmp_path / 'b').write_bytes(b'C')
  with pytest.raises(SystemExit):
    folder.check(tmp_path)
  assert 'error: b or SHA256SUMS' in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
  'variant',
  [
    'chorales.py:lstm',
    'chorales.py:gru_pianoroll_nade',
    'chorales.py:infill',
    'chorales.py:structure',
    'chorales.py:vae_melody',
    'tracks.py:gan',
    'tracks.py:structure',
    'tracks.py:lstm_events',
    'poly.py:unigram',
    'chorales.py:vae_events',
  ],
)
def test_play_is_short_and_is_python(variant):
  config = configs.load(
    variant,
    [
      ('conditions.styles', 'jazz,rock'),
      ('conditions.columns', 'key,chord,density,style'),
    ]
    if 'lstm' in variant or 'structure' in variant
    else [],
  )
  pipeline = build.pipeline(config)
  text = compose.compose(pipeline, config, ['config.json', 'play.py'])
  compile(text, 'play.py', 'exec')
  assert len(text.splitlines()) < 200
  assert tracks.PLANES == 9  # As from_roll is called.
