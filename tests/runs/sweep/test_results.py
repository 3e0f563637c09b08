"""Results come back; damaged ones are named, and their trials tried again."""

import json

import pytest

from musiczoo.runs.sweep import results

DONE = {
  'status': 'done',
  'step': 3,
  'monitor': 'nll',
  'figures': {'valid_nll': 1.0, 'test_nll': 2.0, 'test_key': float('nan')},
}


def test_what_is_written_is_read_by_any_parser(tmp_path):
  def refuse(name):
    raise ValueError(name)

  results.write(tmp_path, DONE)
  text = (tmp_path / results.RESULT).read_text()
  content = json.loads(text, parse_constant=refuse)
  assert content['figures'] == DONE['figures'] | {'test_key': None}
  assert results.read(tmp_path) == content
  assert results.finished(tmp_path)


@pytest.mark.parametrize(
  'content',
  [
    b'\xff',
    b'[]',
    b'[' * 10**5,
    b'{}',
    b'{"status": "done"}',
    b'{"status": "failed"}',
    b'{"status": ["done"], "reason": ""}',
    b'{"status": "done", "monitor": "a", "figures": {"valid_a": NaN}}',
    b'{"status": "done", "monitor": "a", "figures": {"valid_a": "1"}}',
  ],
)
def test_a_damaged_result_is_none(tmp_path, content):
  (tmp_path / results.RESULT).write_bytes(content)
  found = results.read(tmp_path)
  assert found['status'] == 'damaged'
  assert str(tmp_path / results.RESULT) in found['reason']
  assert not results.finished(tmp_path)
