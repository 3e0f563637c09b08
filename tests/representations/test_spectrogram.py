"""Frames of sound: librosa's own numbers, and back again."""

import librosa
import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.audio import Sound
from musiczoo.representations import REPRESENTATIONS
from musiczoo.representations.audio_features import Frames, LEAST, measure

RATE, FFT, HOP, MELS = 8000, 512, 128, 24
SIZES = {'sample_rate': RATE, 'fft': FFT, 'hop': HOP, 'mels': MELS}


def song(seconds=2.0, rate=RATE):
  """A scale, each tone struck; a little noise."""
  time = np.arange(int(seconds * rate)) / rate
  step = (time * 4).astype(int)
  hertz = 262 * 2 ** (step * 2 / 12)
  wave = np.sin(2 * np.pi * hertz * time) * np.exp(-3 * (time * 4 % 1))
  noise = np.random.default_rng(0).normal(0, 1e-3, len(time))
  return Sound((0.4 * wave + noise).astype(np.float32), rate)


def spectrogram(**numbers):
  return REPRESENTATIONS['spectrogram'](**SIZES | numbers)


def test_every_number_is_that_of_librosa():
  y = song().samples
  x = spectrogram().encode(song())
  both = {'sr': RATE, 'n_fft': FFT, 'hop_length': HOP}
  power = librosa.feature.melspectrogram(y=y, n_mels=MELS, **both)
  mel = librosa.power_to_db(power, ref=1.0, amin=LEAST, top_db=None)
  onset = librosa.onset.onset_strength(S=mel, **both)
  sized = {'frame_length': FFT, 'hop_length': HOP}
  expected = np.concatenate(
    [
      mel,
      librosa.feature.rms(y=y, **sized),
      librosa.feature.zero_crossing_rate(y, **sized),
      onset[None],
      librosa.feature.tempo(
        onset_envelope=onset, sr=RATE, hop_length=HOP, aggregate=None
      )[None],
      librosa.feature.chroma_stft(y=y, tuning=0.0, **both),
    ]
  ).T
  assert x.dtype == np.float32 and x.shape == (1 + len(y) // HOP, MELS + 16)
  np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-4)
  assert x[:, :MELS].std() > 5 and x[:, MELS + 2].max() > 1  # It is music.


def test_features_are_those_that_were_asked_for():
  whole = spectrogram().encode(song())
  some = spectrogram(features=('chroma', 'rms')).encode(song())
  np.testing.assert_array_equal(some[:, MELS:-1], whole[:, MELS + 4 :])
  np.testing.assert_array_equal(some[:, -1], whole[:, MELS])
  assert spectrogram(features=()).spec.depth == MELS


def test_other_rates_are_resampled():
  x, y = (spectrogram().encode(song(rate=r)) for r in (RATE, 2 * RATE))
  assert x.shape == y.shape
  # Below the highest band, where the resampler cuts off.
  assert np.abs(x - y)[:, : MELS - 2].mean() < 1.5


def test_normalized_and_back():
  plain = spectrogram()
  measured = plain.encode(song())
  mean, sd = measured.mean(0).tolist(), (measured.std(0) + 0.1).tolist()
  normal = spectrogram(mean=mean, sd=sd)
  x = normal.encode(song())
  np.testing.assert_allclose(x, (measured - mean) / sd, atol=1e-4)
  part = normal.normalize(measured)[3:9]
  assert part.shape == (6, normal.spec.depth) and part.dtype == np.float32
  np.testing.assert_allclose(np.asarray(part), x[3:9], atol=1e-5)
  a, b = plain.decode(measured[:20]), normal.decode(x[:20])
  # Phases hang on each bit: the spectra say whether it is the same sound.
  assert np.abs(plain.encode(a) - plain.encode(b))[:, :MELS].mean() < 1


def test_what_comes_back_sounds_alike_and_always_the_same():
  of = spectrogram()
  x = of.encode(song())
  found = of.decode(x)
  assert found.rate == RATE and found.samples.dtype == np.float32
  again = of.encode(found)
  assert again.shape == x.shape
  loud = x[:, :MELS] > x[:, :MELS].max() - 40
  assert np.abs(again - x)[:, :MELS][loud].mean() < 3  # Decibels.
  np.testing.assert_array_equal(of.decode(x).samples, found.samples)


@pytest.mark.parametrize('value', [np.nan, np.inf, -1e30, 1e30, 0.0])
@pytest.mark.parametrize('steps', [1, 5])
def test_any_frames_are_some_sound(value, steps):
  of = spectrogram(iterations=2)
  found = of.decode(np.full((steps, of.spec.depth), value)).samples
  assert len(found) == max(steps - 1, 1) * HOP and np.isfinite(found).all()


def test_a_sound_shorter_than_a_frame_has_frames():
  x = spectrogram().encode(song(0.02))
  assert len(x) == 1 + FFT // HOP and np.isfinite(x).all()


@pytest.mark.parametrize(
  'numbers,message',
  [
    ({'sample_rate': 100}, 'sample_rate=100'),
    ({'hop': FFT}, 'hop=512'),
    ({'features': ('rms', 'taste')}, 'rms,taste: choose of rms'),
    ({'features': ('rms', 'rms')}, 'each once'),
    ({'mean': (1.0, 2.0), 'sd': (1.0, 1.0)}, 'training finds the 40'),
  ],
)
def test_numbers_that_make_no_spectrogram(numbers, message):
  with pytest.raises(UserError, match=message):
    spectrogram(**numbers)


def test_more_bands_than_a_frame_tells_apart():
  frames = Frames(RATE, 64, 32, 60, ())
  with pytest.raises(UserError, match='mels=60: some bands are empty'):
    measure(song(), frames)
