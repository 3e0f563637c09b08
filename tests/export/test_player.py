"""What play.py does with NumPy alone is what the library does."""

import hashlib
import json
import pathlib

import numpy as np
import pytest

from experiments import sampling_flags
from musiczoo import build
from musiczoo.export import play, player
from musiczoo.music import annotation_text, chord_names, harmony, transform
from musiczoo.music.form import Form, plan_phrases
from musiczoo.music.midi.write import to_bytes
from musiczoo.music.quantize import to_steps
from musiczoo.representations import event_tokens as e, REPRESENTATIONS
from musiczoo.sampling import checks, generate as generate_lib
from musiczoo.show.outputs import with_defaults
from tests import configs

GRIDS = (1, 4, 7)
FORM = 0, ()  # Bars from the beginning, and no phrases.
PHRASED = [('conditions.columns', 'position,meter,length,phrases')]
REQUESTED = [
  ('conditions.styles', 'jazz,rock'),
  ('conditions.columns', 'key,chord,density,style'),
]


def table(variant, grid, changes=()):
  """(representation, what play.py is given of a config)."""
  changes = [('representation.steps_per_quarter', str(grid)), *changes]
  config = configs.load(variant, changes)
  pipeline = build.pipeline(config)
  # As play.py reads it.
  made = json.loads(json.dumps(player.table(pipeline, config)))
  return pipeline.representation, made


def expected(score, length=None):
  """The bytes of what `generate` writes, without meters and keys of events."""
  if length is not None:
    score = transform.crop(score, length)
  none = np.zeros((0, 3), np.int32)
  return to_bytes(with_defaults(score._replace(meters=none, keys=none)))


def written(path, grid, notes, tracks, tempi):
  table = {'steps_per_quarter': grid, 'key_profiles': harmony.KEYS.tolist()}
  key = play.find_key(table, notes, tracks)
  music = notes, tracks, tempi, {0: (4, 4)}, key
  play.write_midi(path / '0.mid', grid, *music)
  return (path / '0.mid').read_bytes()


@pytest.mark.parametrize('grid', GRIDS)
@pytest.mark.parametrize(
  'variant,changes',
  [
    ('chorales.py:lstm', ()),
    ('chorales.py:infill', [('representation.onsets', 'False')]),
    ('chorales.py:vae_melody', ()),
    ('chorales.py:lstm_pianoroll', ()),
    ('tracks.py:lstm', ()),
  ],
  ids=str,
)
def test_arrays_become_the_same_midi(tmp_path, variant, changes, grid):
  representation, made = table(variant, grid, changes)
  rng = np.random.default_rng(grid)
  spec = representation.spec
  for share in (0.0, 0.02, 0.5):
    shape = 30, *spec.shape
    if spec.num_values == 2:
      x = (rng.random(shape) < share).astype(np.int32)
    else:
      x = rng.integers(60, 66, shape) * (rng.random(shape) < share)
    for length in (7, 30):
      got = written(tmp_path, grid, *play.decode(made, x, length))
      assert got == expected(representation.decode(x[:length]))


@pytest.mark.parametrize('seed', range(20))
def test_any_events_become_the_same_midi(tmp_path, seed):
  rng = np.random.default_rng(seed)
  grid = GRIDS[seed % len(GRIDS)]
  events = REPRESENTATIONS['events'](steps_per_quarter=grid)
  # Few pitches, and more of tokens that change state.
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
    got = written(tmp_path, grid, *play.from_events(x, length))
    assert got == expected(events.decode(x), length)


def test_more_tracks_than_channels(tmp_path):
  events = REPRESENTATIONS['events']()
  begin = [
    [e.PROGRAM + i, e.NOTE_ON + i, e.DRUMS + i, e.NOTE_ON] for i in range(40)
  ]
  x = np.array([*sum(begin, []), e.SHIFT])
  got = written(tmp_path, 12, *play.from_events(x, 9))
  assert got == expected(events.decode(x), 9)


def test_the_vocabulary_is_that_of_events():
  for name in (
    'END NOTE_OFF NOTE_ON SET_VELOCITY PROGRAM DRUMS NEXT DIGIT SHIFT'.split()
  ):
    assert getattr(play, name) == getattr(e, name), name
  assert play.SET_TEMPO == e.TEMPO


@pytest.mark.parametrize('grid', range(1, 33))
def test_steps_are_rounded_as_in_the_library(grid):
  steps = np.arange(5 * grid)
  ticks = to_steps(steps, grid, play.TICKS)
  np.testing.assert_array_equal(play.to_ticks(steps, grid), ticks)


@pytest.mark.parametrize(
  'asked',
  [
    {},
    {'chords': 'C G7 Bbm7b5 N.C. F#maj7', 'key': 'Ebm'},
    {'density': 3.0, 'style': 2, 'key': 'B'},
    {'density': 0.0},
    {'density': 32.0},
  ],
)
def test_conditions_are_those_of_generate(asked):
  _, made = table('chorales.py:lstm', 6, REQUESTED)
  named = asked | ({'style': 'rock'} if 'style' in asked else {})
  plan = play.plan(made, 200, 150, FORM, **named)
  expected = annotation_text.plan(Form(150, 6), **asked)
  np.testing.assert_array_equal(plan[:150], expected)
  assert (plan[150:] == expected[-1]).all()


@pytest.mark.parametrize(
  'grid,steps', [(4, 256), (4, 7), (4, 4), (3, 100), (12, 999)]
)
def test_phrases_are_planned_as_in_generate(grid, steps):
  _, made = table('chorales.py:lstm', grid, PHRASED)
  assert made['has_meter']
  for seed, piece in (0, 0), (0, 1), (7, 2), (2**32 - 1, 3):
    expected = plan_phrases(Form(steps, grid), seed, piece)
    planned = play.make_form(made, seed, piece, steps)
    assert planned == (expected.begin, expected.phrase_ends)
    table_of = annotation_text.plan(expected)
    np.testing.assert_array_equal(
      play.plan(made, steps, steps, planned), table_of
    )
    meters = [
      [s, *meter] for s, meter in play.meters(made, planned, steps).items()
    ]
    assert meters == expected.meters.tolist()


def test_long_bars_have_the_positions_of_generate():
  _, made = table('chorales.py:lstm', 48, REQUESTED)
  expected = annotation_text.plan(Form(200, 48))
  np.testing.assert_array_equal(play.plan(made, 200, 200, FORM), expected)


def test_all_chords_and_keys_are_parsed_as_in_the_library():
  _, made = table('chorales.py:lstm', 4, REQUESTED)
  for root in range(12):
    for quality in range(1, len(chord_names.QUALITIES)):
      symbol = chord_names.format_chord(root, quality)
      assert play.parse(symbol, made['qualities']) == (root, quality)
    for minor in (0, 1):
      key = chord_names.format_key(root, minor)
      assert play.parse(key, ['', 'm']) == chord_names.parse_key(key)


@pytest.mark.parametrize(
  'asked',
  [
    {'key': 'H'},
    {'key': ''},
    {'key': 'C##'},
    {'key': ' m'},
    {'chords': 'C Q'},
    {'chords': ''},
    {'key': 'C7'},
    {'density': -1.0},
  ],
)
def test_what_is_no_condition_ends_in_one_line(capsys, asked):
  _, made = table('chorales.py:lstm', 4, REQUESTED)
  with pytest.raises(SystemExit) as stopped:
    play.plan(made, 8, 8, FORM, **asked)
  assert stopped.value.code == 2
  assert len(capsys.readouterr().err.splitlines()) == 1


def test_damage_is_named(tmp_path, capsys):
  names = ['a', 'b', 'config.json']
  (tmp_path / 'a').write_bytes(b'A')
  (tmp_path / 'b').write_bytes(b'B')
  config = {'files': names}
  (tmp_path / 'config.json').write_text(json.dumps(config))
  sums = ''.join(
    f'{hashlib.sha256((tmp_path / n).read_bytes()).hexdigest()}  {n}\n'
    for n in names
  )
  path = tmp_path / 'SHA256SUMS'
  path.write_text(sums)
  assert play.check(tmp_path) == config
  lines = sums.splitlines(keepends=True)
  for change in (
    sums + '\n',
    sums[:-1],
    sums[:70],
    sums.replace('b\n', 'c\n'),
    ''.join(lines[1:]),
    ''.join(lines[::-1]),
  ):
    path.write_text(change)
    with pytest.raises(SystemExit):
      play.check(tmp_path)
    assert 'SHA256SUMS is damaged' in capsys.readouterr().err
  path.write_text(sums)
  (tmp_path / 'b').write_bytes(b'C')
  with pytest.raises(SystemExit):
    play.check(tmp_path)
  assert 'error: b or SHA256SUMS' in capsys.readouterr().err
  (tmp_path / 'config.json').write_text('{')
  with pytest.raises(SystemExit):
    play.check(tmp_path)
  assert 'error: config.json or SHA256SUMS' in capsys.readouterr().err


@pytest.mark.parametrize(
  'variant,decoder,requested',
  [
    ('chorales.py:lstm', 'cells', True),
    ('chorales.py:gru_pianoroll_nade', 'roll', False),
    ('chorales.py:infill', 'cells', False),
    ('chorales.py:vae_melody', 'cells', False),
    ('tracks.py:gan', 'roll', False),
    ('tracks.py:structure', 'roll', True),
    ('tracks.py:lstm_events', 'events', False),
    ('poly.py:unigram', 'roll', False),
    ('chorales.py:vae_events', 'events', False),
  ],
)
def test_flags_are_those_that_the_model_takes(
  monkeypatch, variant, decoder, requested
):
  changes = 'lstm' in variant or 'structure' in variant
  config = configs.load(variant, REQUESTED if changes else [])
  pipeline = build.pipeline(config)
  made = player.table(pipeline, config)
  assert made['decoder'] == decoder
  monkeypatch.setattr('sys.argv', ['play.py', '--output_dir=x'])
  flags = set(play.parse_flags(made)) - {'output_dir', *play.RUN}
  controls = set(pipeline.model.controls) & set(play.CONTROLS)
  assert flags == controls | (set(play.REQUESTS) if requested else set())


def test_limits_and_defaults_are_those_of_generate():
  assert play.MAX_EVENTS == generate_lib.MAX_EVENTS
  for name, (default, *_) in play.RUN.items():
    assert getattr(sampling_flags, name.upper()).default == default
  for name, (default, _, _) in play.CONTROLS.items():
    assert checks.USUAL[name] == default


def test_play_stands_alone():
  """One file to read, without an import of the package."""
  text = pathlib.Path(play.__file__).read_text()
  assert 'import musiczoo' not in text and 'from musiczoo' not in text
  assert len(text.splitlines()) < 400
