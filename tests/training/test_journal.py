"""Lines of metrics survive a crash and are forgotten from a step on."""

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
