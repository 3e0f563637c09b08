"""A .wav file: whole or not at all, by whoever can play."""

import wave

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music.score import Score, Track
from musiczoo.show import sound
from musiczoo.show.sound import fluid, player

SONG = Score(
  np.array([(0, 480, 69, 90, 0), (480, 240, 36, 90, 1)], np.int32),
  (Track(73), Track(0, drums=True)),
)
OWN = sound.find('none')
EMPTY = b'RIFF\4\0\0\0sfbk'  # A soundfont's head, and no more.


def test_a_file_of_44100_hertz_16_bit_stereo(tmp_path):
  for name in 'a.wav', 'b.wav':
    sound.write(SONG, tmp_path / name, OWN)
  with wave.open(str(tmp_path / 'a.wav')) as file:
    assert file.getparams()[:3] == (2, 2, 44100)
    assert file.getnframes() == round((0.75 + 1.5) * 44100)
  data = (tmp_path / 'a.wav').read_bytes()
  assert data == (tmp_path / 'b.wav').read_bytes()
  assert len(list(tmp_path.iterdir())) == 2


def test_whole_or_not_at_all(tmp_path):
  path = tmp_path / 'a.wav'
  path.write_bytes(b'before')

  def fails(score):
    raise ValueError

  with pytest.raises(ValueError):
    sound.write(SONG, path, sound.Player('nobody', fails))
  assert path.read_bytes() == b'before'
  (tmp_path / 'folder.wav').mkdir()
  with pytest.raises(UserError, match='cannot be written.*choose another'):
    sound.write(SONG, tmp_path / 'folder.wav', OWN)
  with pytest.raises(UserError, match='No such file'):
    sound.write(SONG, tmp_path / 'missing' / 'a.wav', OWN)
  assert sorted(p.name for p in tmp_path.iterdir()) == ['a.wav', 'folder.wav']


def test_hours_are_refused(tmp_path):
  long = SONG._replace(notes=SONG.notes * np.int32([1, 10**6, 1, 1, 1]))
  with pytest.raises(UserError, match='minutes of music'):
    sound.write(long, tmp_path / 'a.wav', OWN)
  assert not list(tmp_path.iterdir())


def test_soundfonts_by_flag_variable_and_system(tmp_path, monkeypatch):
  folders = str(tmp_path / 'none'), str(tmp_path)
  monkeypatch.setattr(player, 'FOLDERS', folders)
  monkeypatch.setattr(fluid, 'missing', lambda: None)
  assert 'own synth (no soundfont in' in sound.find().name
  (tmp_path / 'b.sf2').write_bytes(EMPTY)
  (tmp_path / 'a.txt').write_bytes(b'')
  assert sound.find().name == f'FluidSynth with {tmp_path / "b.sf2"}'
  assert sound.find('none').name == "musiczoo's own synth"
  monkeypatch.setenv(player.VARIABLE, 'none')
  assert sound.find().name == "musiczoo's own synth"
  monkeypatch.setenv(player.VARIABLE, str(tmp_path / 'a.txt'))
  with pytest.raises(UserError, match='a.txt is no soundfont: give'):
    sound.find()
  (tmp_path / 'd.sf2').write_bytes(b'RIFF\xff\0\0\0sfbk')
  with pytest.raises(UserError, match='d.sf2 ends after 12 of 263 bytes'):
    sound.find(str(tmp_path / 'd.sf2'))
  with pytest.raises(UserError, match='c.sf2: No such file'):
    sound.find(str(tmp_path / 'c.sf2'))


def test_without_fluidsynth(tmp_path, monkeypatch):
  (tmp_path / 'b.sf2').write_bytes(EMPTY)
  monkeypatch.setattr(player, 'FOLDERS', (str(tmp_path),))
  monkeypatch.setattr(fluid, 'missing', lambda: 'there is no FluidSynth')
  assert sound.find().name == "musiczoo's own synth (there is no FluidSynth)"
  with pytest.raises(UserError, match='there is no FluidSynth; or give none'):
    sound.find(str(tmp_path / 'b.sf2'))


@pytest.mark.skipif(
  bool(fluid.missing()) or player.installed() is None,
  reason='FluidSynth (the extra sound and its library) or a soundfont is not '
  'installed',
)
def test_fluidsynth_plays_the_right_pitch_and_broken_fonts_are_refused(
  tmp_path,
):
  played = sound.find(str(player.installed())).render(SONG)
  assert played.shape == (round(2.25 * 44100), 2)
  assert played.dtype == np.float32
  first = played[4410:19000, 0]
  spectrum = np.abs(np.fft.rfft(first * np.hanning(len(first)), 2**18))
  found = np.argmax(spectrum) * 44100 / 2**18
  assert min(abs(found / 440 - 1), abs(found / 880 - 1)) < 0.02
  assert np.abs(played[22050:30000]).max() > 1e-3  # The drum.
  broken = tmp_path / 'b.sf2'
  broken.write_bytes(EMPTY)
  with pytest.raises(UserError, match='FluidSynth cannot read it'):
    sound.find(str(broken)).render(SONG)
