"""Sound files of any origin are read, or rejected with a reason."""

import numpy as np
import pytest
import soundfile

from musiczoo.music import audio
from musiczoo.music.audio import AudioError, Sound

RATE = 8000


def tone(seconds=0.5, hertz=440.0, rate=RATE):
  time = np.arange(int(seconds * rate)) / rate
  return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def code_of(path, limits=audio.LIMITS):
  """Why a file is turned away, by both ways in; None if it is not."""
  try:
    audio.read(path, limits)
  except AudioError as error:
    assert str(path) in str(error) and '\n' not in str(error)
    found = error.code
  else:
    found = None
  assert audio.examine(path, limits).code == found
  return found


def test_what_is_written_is_read(tmp_path):
  path = tmp_path / 'a.wav'
  audio.write(Sound(tone(), RATE), path)
  found = audio.read(path)
  assert found.rate == RATE and found.samples.dtype == np.float32
  np.testing.assert_allclose(found.samples, tone(), atol=1 / 2**15)
  audio.write(Sound(tone(), RATE), tmp_path / 'b.wav')
  assert path.read_bytes() == (tmp_path / 'b.wav').read_bytes()
  assert audio.examine(path).seconds == 0.5


def test_too_loud_is_made_softer_as_a_whole(tmp_path):
  audio.write(Sound(4 * tone(), RATE), tmp_path / 'a.wav')
  np.testing.assert_allclose(
    audio.read(tmp_path / 'a.wav').samples, 2 * tone(), atol=1e-4
  )


@pytest.mark.parametrize('suffix', audio.SUFFIXES)
def test_channels_are_mixed_in_every_format(tmp_path, suffix):
  path = tmp_path / f'a{suffix}'
  both = np.stack([tone(), np.zeros_like(tone())], axis=1)
  soundfile.write(path, both, RATE)
  found = audio.read(path).samples
  assert len(found) == len(tone())
  assert np.corrcoef(found, tone())[0, 1] > 0.99
  np.testing.assert_allclose(np.abs(found).max(), 0.25, atol=0.03)


@pytest.mark.parametrize('suffix', audio.SUFFIXES)
@pytest.mark.parametrize('share', [0.02, 0.6, 0.98])
def test_what_was_cut_short_is_turned_away(tmp_path, suffix, share):
  path = tmp_path / f'a{suffix}'
  soundfile.write(path, tone(4), RATE)
  data = path.read_bytes()
  path.write_bytes(data[: int(share * len(data))])
  assert code_of(path) in ('truncated', 'damaged')


def test_an_mp3_that_claims_no_length_is_whole(tmp_path, capfd):
  path = tmp_path / 'a.mp3'
  soundfile.write(path, tone(4), RATE)
  data = path.read_bytes().replace(b'Xing', b'    ').replace(b'Info', b'    ')
  path.write_bytes(data[: int(0.6 * len(data))])
  assert code_of(path) is None
  assert capfd.readouterr().err == ''  # The decoder's own words are not ours.


def test_a_wav_written_to_a_pipe_is_whole(tmp_path):
  path = tmp_path / 'a.wav'
  audio.write(Sound(tone(), RATE), path)
  data = bytearray(path.read_bytes())
  at = data.index(b'data') + 4
  data[4:8] = data[at : at + 4] = b'\xff' * 4  # Lengths it could not know.
  path.write_bytes(data)
  assert code_of(path) is None
  assert len(audio.read(path).samples) == len(tone())


@pytest.mark.parametrize(
  'content,code',
  [
    (b'', 'empty'),
    (b'hello world' * 99, 'not_audio'),
    (b'MThd\0\0\0\6' * 99, 'not_audio'),
    (b'RIFF\0\0\0\0WAVEfmt no' * 9, 'damaged'),
    (b'fLaC' + bytes(99), 'damaged'),
  ],
)
def test_what_only_has_the_name_of_a_sound(tmp_path, content, code):
  path = tmp_path / 'a.wav'
  path.write_bytes(content)
  assert code_of(path) == code


def test_what_is_no_file(tmp_path):
  assert code_of(tmp_path) == code_of(tmp_path / 'no.wav') == 'unreadable'


@pytest.mark.parametrize(
  'samples,code',
  [
    (np.zeros(RATE), 'silent'),
    (np.full(RATE, 5e-5), 'silent'),
    (np.stack([tone(), -tone()], axis=1), 'silent'),  # Nothing, together.
    (tone(0.05), 'short'),
    (np.zeros(0), 'short'),
    (np.append(tone(), np.nan), 'not_finite'),
    (np.append(tone(), np.inf), 'not_finite'),
    (40 * tone(), 'peak'),
  ],
)
def test_samples_that_are_no_music(tmp_path, samples, code):
  path = tmp_path / 'a.wav'
  soundfile.write(path, samples, RATE, 'FLOAT')
  assert code_of(path) == code


@pytest.mark.parametrize(
  'limit,code',
  [
    ({'bytes': 1000}, 'bytes'),
    ({'seconds': 0.4}, 'seconds'),
    ({'channels': 1}, 'channels'),
    ({'rate': 4000}, 'rate'),
    ({}, None),
  ],
)
def test_limits(tmp_path, limit, code):
  path = tmp_path / 'a.wav'
  soundfile.write(path, np.stack([tone(), tone()], axis=1), RATE)
  assert code_of(path, audio.Limits(**limit)) == code


def test_a_rate_that_is_no_rate_of_music(tmp_path):
  soundfile.write(tmp_path / 'a.wav', tone(2), 1000)
  assert code_of(tmp_path / 'a.wav') == 'rate'
