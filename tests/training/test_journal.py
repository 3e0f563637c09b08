"""Lines of metrics survive a crash and are forgotten from a step on."""

import pytest

from musiczoo.errors import UserError
from musiczoo.training import journal


def test_what_is_appended_is_read(tmp_path):
  entries = [{'step': 10, 'loss': 0.1 + 0.2}, {'step': 20, 'loss': 1e-30}]
  journal.append(tmp_path, journal.METRICS, entries[:1])
  journal.append(tmp_path, journal.METRICS, entries[1:])
  assert journal.read(tmp_path) == entries
  assert journal.read(tmp_path, journal.TIMING) == []


def test_a_line_cut_short_is_left_out(tmp_path):
  journal.append(tmp_path, journal.METRICS, [{'step': 1}, {'step': 2}])
  path = tmp_path / journal.METRICS
  path.write_text(path.read_text()[:-4])
  assert journal.read(tmp_path) == [{'step': 1}]


def test_rewind_forgets_what_came_after(tmp_path):
  for name in (journal.METRICS, journal.TIMING):
    journal.append(tmp_path, name, [{'step': s} for s in (5, 10, 15)])
  journal.rewind(tmp_path, 10)
  assert journal.read(tmp_path) == [{'step': 5}, {'step': 10}]
  assert journal.read(tmp_path, journal.TIMING) == [{'step': 5}, {'step': 10}]


def test_what_a_crash_has_cut_short_is_not_joined_to_the_next_line(tmp_path):
  journal.append(tmp_path, journal.BAD, [JUMP, JUMP])
  path = tmp_path / journal.BAD
  whole = path.read_bytes()
  path.write_bytes(whole[:-4])
  journal.append(tmp_path, journal.BAD, [JUMP])
  assert path.read_bytes() == whole
  path.write_bytes(whole[:-1])  # All but its end.
  journal.append(tmp_path, journal.BAD, [JUMP])
  assert journal.read(tmp_path, journal.BAD) == [JUMP] * 3


JUMP = {'step': 3, 'batch': 3, 'from': 3, 'jump': 1}


@pytest.mark.parametrize(
  'name,line',
  [
    (journal.METRICS, b'[]'),
    (journal.METRICS, b'{"loss": 1.0}'),
    (journal.METRICS, b'{"step": "1"}'),
    (journal.METRICS, b'{"step": true}'),
    (journal.METRICS, b'{"step": -1}'),
    (journal.METRICS, b'{"step": 1, "loss": "1"}'),
    (journal.METRICS, b'{"step": 1, "loss": 1' + b'0' * 400 + b'}'),
    (journal.TIMING, b'\xff'),
    (journal.TIMING, b'[' * 10**5),
    (journal.TIMING, b''),
    (journal.BAD, b'{"step": 1}'),
  ],
)
def test_a_damaged_line_is_named(tmp_path, name, line):
  (tmp_path / name).write_bytes(line + b'\n')
  with pytest.raises(UserError, match=f'{name}: line 1 is damaged') as error:
    journal.read(tmp_path, name)
  assert '\n' not in str(error.value)


def test_what_is_not_finite_is_null(tmp_path):
  entries = [{'step': 1, 'a': float('nan'), 'b': float('-inf'), 'c': 1.0}]
  journal.append(tmp_path, journal.METRICS, entries)
  found = [{'step': 1, 'a': None, 'b': None, 'c': 1.0}]
  assert journal.read(tmp_path) == found
  # As earlier releases wrote it.
  (tmp_path / journal.METRICS).write_text(
    '{"step": 1, "a": NaN, "b": -Infinity, "c": 1.0}\n'
  )
  assert journal.read(tmp_path) == found
  journal.write_csv(tmp_path)
  assert (tmp_path / 'metrics.csv').read_text().split() == [
    'step,a,b,c',
    '1,,,1.0',
  ]
