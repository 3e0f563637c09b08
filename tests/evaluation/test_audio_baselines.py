"""From a folder of tones to a trained model, its figures and its own sound."""

import json
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest
import soundfile

from musiczoo import build
from musiczoo.data.splits import split_of
from musiczoo.errors import UserError
from musiczoo.evaluation import (
  audio_baselines,
  collapse,
  likelihood,
  sample_comparison,
)
from musiczoo.export.files import files
from musiczoo.music import audio
from musiczoo.runs import run as run_lib, workdir
from musiczoo.sampling import generate, latents
from musiczoo.show import outputs
from musiczoo.training import parallel
from tests import configs

ROOT = pathlib.Path(__file__).parents[2]
RATE = 4000
SMALL = {
  'representation.sample_rate': str(RATE),
  'representation.fft': '256',
  'representation.hop': '128',
  'representation.mels': '8',
  'representation.features': 'rms,zero_crossings',
  'representation.iterations': '2',
  'model.hidden': '8',
  'steps': '4',
  'steps_per_dispatch': '2',
  'eval_every': '4',
  'checkpoint_every': '4',
  'batch_size': '8',
  'window': '8',
}
CODED = {'model.latent': '3'}


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
  """Tones that glide: eight to train on, one to validate and one to test."""
  folder = tmp_path_factory.mktemp('tones')
  room = {'train': 8, 'valid': 1, 'test': 1}
  for i in range(200):
    name = f'{i}.wav'
    if not room[split_of(name)]:
      continue
    room[split_of(name)] -= 1
    time = np.arange(RATE) / RATE
    wave = 0.4 * np.sin(2 * np.pi * (200 + 20 * i + 300 * time) * time)
    soundfile.write(folder / name, wave, RATE)
  (folder / 'broken.wav').write_bytes(b'')
  return folder


def config(corpus, variant, **changes):
  changes = {'corpus': str(corpus)} | SMALL | changes
  return configs.load(f'audio.py:{variant}', changes.items())


def trained(corpus, folder, variant, **changes):
  run_lib.fit(config(corpus, variant, **changes), folder, say=lambda line: None)
  found, pipeline, params, _ = workdir.load(folder)
  assert json.loads((folder / 'config.json').read_text())['representation'][
    'mean'
  ] == list(found.representation.options['mean'])
  loaded = build.corpus(found)
  train, test = (
    build.pieces(found, pipeline, loaded, split) for split in ('train', 'test')
  )
  devices = build.devices(found)
  figures = audio_baselines.audio_baselines(pipeline, params, train, test)
  if pipeline.model.monitor:
    given = devices, pipeline, test, 8
    replicated = devices.replicate(params)
    figures |= likelihood.make_likelihood(*given)(replicated)
    figures |= likelihood.make_metrics(*given, pipeline.model.metrics)(
      replicated
    )
  return pipeline, params, train, test, figures


@pytest.fixture(scope='module')
def gru(corpus, tmp_path_factory):
  folder = tmp_path_factory.mktemp('gru')
  return folder, trained(corpus, folder, 'gru')


def test_training_frames_are_normal(gru):
  _, (pipeline, _, train, test, _) = gru
  x = np.concatenate([np.asarray(x) for x in train.x])
  np.testing.assert_allclose(x.mean(0), 0, atol=1e-3)
  np.testing.assert_allclose(x.std(0), 1, atol=1e-3)
  assert len(train) == 8 and len(test) == 1


def test_figures_of_the_next_frame_stand_beside_the_last(gru):
  _, (_, _, _, test, figures) = gru
  x = np.asarray(test.x[0])
  step = np.diff(x, axis=0, prepend=0)
  assert figures['mse_per_frame_repeat_last'] == pytest.approx((step**2).mean())
  assert figures['mse_per_frame_mean'] == pytest.approx((x**2).mean())
  # It begins as the frame before, and has learned a little.
  assert figures['mse_per_frame'] < 2 * figures['mse_per_frame_repeat_last']
  assert np.isfinite(figures['nll_per_frame'])


def test_what_is_written_needs_the_workdir_alone(gru, corpus, tmp_path):
  folder, _ = gru
  away = corpus.with_name('away')
  corpus.rename(away)
  try:
    _, pipeline, params, _ = workdir.load(folder)
    for name in 'a', 'b':
      found = generate.generate(
        pipeline, params, num_outputs=2, num_steps=20, seed=3
      )
      (tmp_path / name).mkdir()
      outputs.write_audio(found.scores, tmp_path / name, title='new')
  finally:
    away.rename(corpus)
  assert found.x.shape == (2, 20, 10) and found.x.dtype == np.float32
  names = ['000.png', '000.wav', '001.png', '001.wav']
  assert sorted(p.name for p in (tmp_path / 'a').iterdir()) == names
  contents = [(tmp_path / 'a' / name).read_bytes() for name in names]
  assert contents == [(tmp_path / 'b' / name).read_bytes() for name in names]
  assert contents[1] != contents[3]
  assert len(audio.read(tmp_path / 'a' / '000.wav').samples) == 19 * 128


def untrained(corpus, gru, variant, **changes):
  """A model on one device, its parameters as they begin, and test pieces."""
  _, (_, _, train, test, _) = gru
  found = config(corpus, variant, **CODED | changes)
  found, pipeline = build.with_statistics(
    found, build.pipeline(found), build.corpus(found)
  )
  batch_at = build.batches(found, pipeline, train)
  params = jax.jit(pipeline.model.init)(jax.random.key(0), batch_at(0, 0))
  devices = parallel.MODES['jit'](jax.devices()[:1])
  return devices, pipeline, params, train, test


def test_windows_come_back_from_their_codes(corpus, gru):
  devices, pipeline, params, train, test = untrained(corpus, gru, 'autoencoder')
  figures = likelihood.make_metrics(
    devices, pipeline, test, 8, pipeline.model.metrics
  )(params)
  figures |= audio_baselines.audio_baselines(pipeline, params, train, test)
  # The decoder is given the latent alone.
  assert figures['mse_per_frame'] == pytest.approx(
    figures['mse_per_frame_teacher_forced'], rel=1e-4
  )
  assert 0 < figures['mse_per_frame_pca'] < figures['mse_per_frame_mean']
  said = collapse.warning(figures | {'mse_per_frame': 9.9})
  assert 'no smaller error than the mean' in said
  assert collapse.warning(figures | {'mse_per_frame': 0.0}) is None
  file = next(p for p in sorted(corpus.glob('*.wav')) if p.stat().st_size)
  song = latents.encode_piece(
    pipeline.representation, audio.read(file), str(file)
  )
  found = latents.reconstruct(pipeline, params, song, seed=0)
  assert found.x.shape == (1, *song.x[0].shape)


def test_a_gan_of_frames_is_judged_by_its_samples(corpus, gru):
  small = {'model.num_levels': '1', 'model.overlap': '2'}
  devices, pipeline, params, train, test = untrained(
    corpus, gru, 'gan', **small
  )
  figures = sample_comparison.make_gap(devices, pipeline, test)(params)
  parts = [figures[f'gap_{part}'] for part in ('level', 'spread', 'change')]
  assert figures['gap'] == pytest.approx(np.mean(parts))
  assert 0 < figures['gap'] < 1
  assert audio_baselines.audio_baselines(pipeline, params, train, test) == {}


def test_what_has_no_meaning_for_sound_is_refused(gru, tmp_path):
  folder, (pipeline, params, _, _, _) = gru
  found, *_ = workdir.load(folder)
  with pytest.raises(UserError, match='cannot be exported'):
    files(found, pipeline, params, step=4, figures={})
  plain = found.to_dict()
  for change, message in [
    (
      {'conditions': plain['conditions'] | {'columns': ('key',)}},
      'no conditions',
    ),
    ({'sections': {'bar_steps': 16, 'required_planes': ()}}, 'no sections'),
    ({'augment': True}, 'not augmented'),
    ({'head': {'name': 'bernoulli'}}, 'set --config.head.name'),
    (
      {'family': 'orderless', 'head': {}, 'model': {'hidden': 8, 'layers': 1}},
      'voices',
    ),
  ]:
    with pytest.raises(UserError, match=message):
      build.pipeline(build.RunConfig.from_dict(plain | change))


def test_commands(gru, tmp_path):
  folder, (*_, figures) = gru

  def run(name, *arguments):
    return subprocess.run(
      [
        sys.executable,
        '-m',
        f'experiments.{name}',
        f'--workdir={folder}',
        *arguments,
      ],
      cwd=ROOT,
      capture_output=True,
      text=True,
      timeout=300,
    )

  done = run('evaluate', f'--json={tmp_path / "f.json"}')
  assert done.returncode == 0, done.stderr
  found = json.loads((tmp_path / 'f.json').read_text())
  assert (
    found.items()
    >= {k: pytest.approx(v, rel=1e-5) for k, v in figures.items()}.items()
  )
  assert 'left out broken.wav: is empty' in done.stderr
  done = run('generate', f'--output_dir={tmp_path}', '--chords=C')
  assert done.returncode == 2
  assert done.stderr == (
    'error: --chords cannot be used with a model of audio, which has no notes: '
    'leave it out\n'
  )
