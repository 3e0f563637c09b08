"""Pictures of anything: no note too short, no piece too empty."""

import numpy as np
import pytest

from musiczoo.music.score import Score, Track
from musiczoo.show.plots import curves, pianoroll
from musiczoo.training import journal


@pytest.mark.parametrize('num_tracks', [0, 1, 20])
def test_a_roll_of_any_score(tmp_path, num_tracks):
  notes = [(i, 1, 60 + i, 80, i) for i in range(num_tracks)]
  name = '$frac_{$'  # No formula.
  tracks = tuple(Track(i, i % 2 == 0, name) for i in range(num_tracks))
  score = Score(np.array(notes, np.int32).reshape(-1, 5), tracks)
  for name in ('a.png', 'b.png'):
    pianoroll.draw(score, tmp_path / name, title='<&$ % x$frac_{$')
  data = (tmp_path / 'a.png').read_bytes()
  assert data.startswith(b'\x89PNG')
  assert data == (tmp_path / 'b.png').read_bytes()


def test_a_curve_of_a_journal(tmp_path):
  lines = [{'step': 1, 'loss': 2.0}, {'step': 1, 'valid': 3.0}]
  journal.append(tmp_path, journal.METRICS, lines)
  curves.draw(
    tmp_path, tmp_path / 'c.png', monitor='valid', baselines={'x': 1.0}
  )
  assert (tmp_path / 'c.png').read_bytes().startswith(b'\x89PNG')
