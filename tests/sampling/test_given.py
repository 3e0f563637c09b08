"""Music that is given: with the rest at its end."""

import numpy as np
import pytest

from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.score import Score
from musiczoo.sampling import given


def test_the_rest_at_the_end_of_a_file_counts(tmp_path):
  score = Score(np.array([(0, 480, 60, 80, 0)], np.int32))
  data = midi.to_bytes(score)
  end = b'\x00\xff\x2f\x00'
  assert data.endswith(end)
  rest = data[: -len(end)] + b'\x83\x60' + end[1:]  # 480 ticks.
  at = data.rindex(b'MTrk') + 4
  size = int.from_bytes(data[at : at + 4], 'big') + 1
  rest = rest[:at] + size.to_bytes(4, 'big') + rest[at + 4 :]
  for content, length in (data, 480), (rest, 960):
    path = tmp_path / 'song.mid'
    path.write_bytes(content)
    found = given.read(path)
    assert (found.length, found.origin) == (length, str(path))
    assert np.array_equal(found.music.notes, score.notes)


TUNE = b"""X:1
L:1/4
M:3/4
Q:1/4=90
K:Dm
"Dm"A {B}A G | F E D | [A2d2] z ||
"""


def test_notation_is_music_too(tmp_path, caplog):
  pytest.importorskip('music21')
  path = tmp_path / 'tune.abc'
  path.write_bytes(TUNE)
  found = given.read(path)
  assert found.music.notes[:, 2].tolist() == [69, 69, 67, 65, 64, 62, 69, 74]
  assert found.music.meters.tolist() == [[0, 3, 4]]
  assert found.music.keys.tolist() == [[0, -1, 1]]
  assert found.length == 9 * found.music.resolution
  said = caplog.text
  assert '1 times a grace note' in said and '1 times a chord symbol' in said
  path.write_bytes(TUNE + TUNE.replace(b'X:1', b'X:2'))
  with pytest.raises(UserError, match='has 2 tunes: give a file of one'):
    given.read(path)
