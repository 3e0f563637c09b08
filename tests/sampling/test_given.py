"""Music that is given: with the rest at its end."""

import numpy as np

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
