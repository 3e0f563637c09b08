"""The doctor's command: a page on a file, or one line on why there is none."""

from functools import partial
import os

from tests.experiments.commands import run, start
from tests.music.midi.files import END, meta, smf
from tests.show.page.test_page import book

inspect = partial(run, 'inspect')


def test_a_file_is_examined(tmp_path):
  path = tmp_path / 'song.mid'
  path.write_bytes(smf(b'\0\x90\x3c\x40\x60\x80\x3c\x40' + END))
  answer = inspect(path)
  assert (answer.returncode, answer.stderr) == (0, '')
  assert answer.stdout.startswith(str(path)[:80])
  assert inspect(f'--file={path}').stdout == answer.stdout


def test_a_file_on_a_page(tmp_path):
  path, page = tmp_path / '<b>.mid', tmp_path / 'page.html'
  path.write_bytes(smf(b'\0\x90\x3c\x40\x60\x80\x3c\x40' + END))
  answer = inspect(path, f'--html={page}')
  assert (answer.returncode, answer.stderr) == (0, '')
  assert f'wrote {page}\n' in answer.stdout
  (group,) = book(page.read_text())['groups']
  (piece,) = group['pieces']
  assert piece['name'] == '<b>.mid' and piece['notes'] == [0, 96, 60, 64, 0]
  assert piece['numbers'] == {'notes': 1, 'tracks': 1}


def test_a_broken_file_is_explained(tmp_path):
  path = tmp_path / 'song.mid'
  path.write_bytes(b'<html>')
  answer = inspect(path)
  assert answer.returncode == 2
  (line,) = answer.stderr.splitlines()
  assert line.startswith(f'error: {path}: byte 0:')
  assert line.endswith('[not_midi]')
  assert '<html>' in answer.stdout


def test_a_console_that_lacks_a_character_shows_another(tmp_path):
  path = tmp_path / 'song.mid'
  name = b'\0' + meta(3, 'ピアノ'.encode())
  path.write_bytes(smf(name + b'\0\x90\x3c\x40\x60\x80\x3c\x40' + END))
  env = os.environ | {'PYTHONIOENCODING': 'cp1252'}
  process = start('inspect', path, env=env)
  out, errors = process.communicate()
  assert (process.returncode, errors) == (0, '')
  assert ' ??? ' in out


def test_control_characters_of_a_name_are_escaped(tmp_path):
  path = tmp_path / 'a\x1b[2J\n.mid'
  path.write_bytes(b'<html>')
  answer = inspect(path)
  assert '\x1b' not in answer.stderr + answer.stdout
  assert 'a\\x1b[2J' in answer.stderr and answer.stderr.count('\n') == 1


def test_one_file_at_a_time(tmp_path):
  answer = inspect(tmp_path / 'a.mid', tmp_path / 'b.mid')
  assert answer.returncode == 2
  assert answer.stderr.startswith(f"error: '{tmp_path / 'b.mid'}' is no flag")
  assert 'error: --file is missing' in inspect().stderr
