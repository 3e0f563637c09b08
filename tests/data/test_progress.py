"""What is shown of work on files where there is no terminal."""

from musiczoo.data import progress as lib


def test_lines_every_ten_seconds(monkeypatch, capsys):
  clock = iter([0, *range(6, 600, 6)])
  monkeypatch.setattr(lib.time, 'monotonic', lambda: next(clock))
  assert list(lib.progress('abcde', 5, 'parsing')) == list('abcde')
  assert capsys.readouterr().err.splitlines() == [
    'parsing: 2 of 5 files',
    'parsing: 4 of 5 files',
  ]


def test_an_unknown_total_is_left_out(monkeypatch, capsys):
  clock = iter(range(0, 600, 20))
  monkeypatch.setattr(lib.time, 'monotonic', lambda: next(clock))
  assert list(lib.progress([7], None)) == [7]
  assert capsys.readouterr().err == 'reading: 1 files\n'
