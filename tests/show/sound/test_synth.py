"""Our own synth: the right pitch at the right time, never too loud."""

import numpy as np
import pytest

from musiczoo.music.score import Score, Track
from musiczoo.show.sound import synth, timbres, wav

PIANO = (Track(),)


def song(notes, tracks=PIANO, **more):
  return Score(np.array(notes, np.int32).reshape(-1, 5), tracks, **more)


def hertz(sound):
  """The strongest frequency."""
  spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**18))
  return np.argmax(spectrum) * synth.RATE / 2**18


@pytest.mark.parametrize('program', range(0, 128, 8))
def test_every_family_plays_in_tune(program):
  sound = synth.render(song([(0, 960, 69, 100, 0)], (Track(program),)))
  ratio = hertz(sound[2000:40000, 0]) / 440
  # Of some the second harmonic is the strongest.
  assert min(abs(ratio - 1), abs(ratio - 2) / 2) < 0.01
  assert np.abs(sound).max() > 0.05


def test_tempi_are_followed():
  """Two quarters at 120, then one at 60: onsets at 0, 0.5, 1 and 2 seconds."""
  tempi = np.array([(0, 500_000), (8, 1_000_000)], np.int32)
  drum = Track(0, drums=True)
  notes = [(t, 1, 37, 100, 0) for t in (0, 4, 8, 12)]
  sound = synth.render(song(notes, (drum,), tempi=tempi, resolution=4))[:, 0]
  for second in (0.5, 1, 2):
    at = int(second * synth.RATE)
    before, after = sound[at - 300 : at], sound[at : at + 300]
    assert np.abs(after).max() > 5 * np.abs(before).max()
  length = round((2.25 + synth.TAIL) * synth.RATE)
  # The last note ends a sixteenth later.
  assert abs(len(sound) - length) <= 1


def test_loud_and_soft_left_and_right():
  loud = synth.render(song([(0, 480, 60, 120, 0)]))
  soft = synth.render(song([(0, 480, 60, 40, 0)]))
  assert np.abs(loud).max() > 3 * np.abs(soft).max()
  pair = (Track(40), Track(40))
  left = synth.render(song([(0, 480, 60, 90, 0), (0, 1, 60, 1, 1)], pair))
  assert np.abs(left[:, 0]).sum() > 1.3 * np.abs(left[:, 1]).sum()
  assert timbres.places(1) == [0] and timbres.places(0) == []
  assert timbres.places(3) == [-0.6, 0, 0.6]


def test_a_crowd_does_not_clip():
  notes = [(0, 480, p, 127, 0) for p in range(30, 100)]
  samples = wav.samples(synth.render(song(notes)))
  assert samples.dtype == np.int16
  assert np.abs(samples.astype(int)).max() == round(wav.PEAK * 32767)


def test_silence_stays_silent():
  samples = wav.samples(synth.render(song([], ())))
  assert len(samples) and not samples.any()


def test_the_same_score_gives_the_same_samples():
  score = song(
    [(0, 480, 60, 90, 0), (240, 480, 38, 90, 1)], (Track(52), Track(0, True))
  )
  np.testing.assert_array_equal(synth.render(score), synth.render(score))


def test_every_drum_sounds_and_ends():
  for pitch in range(27, 88):
    sound = synth.render(song([(0, 1, pitch, 100, 0)], (Track(0, True),)))
    assert np.abs(sound[:4000]).max() > 0.02, pitch
    assert np.isfinite(sound).all()


def test_too_high_is_left_out_not_folded():
  """C9 has a fundamental of 8.4 kHz; its harmonics can't be sampled."""
  sound = synth.render(song([(0, 960, 120, 100, 0)], (Track(81),)))[:, 0]
  assert abs(hertz(sound[2000:40000]) / 8372 - 1) < 0.01
  spectrum = np.abs(np.fft.rfft(sound[2000:40000]))
  place = np.fft.rfftfreq(38000, 1 / synth.RATE)
  assert spectrum[place < 7000].max() < 0.01 * spectrum.max()
