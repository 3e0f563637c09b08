"""The demo, small: all that it promises is in its folder, and can be played."""

import wave
import xml.etree.ElementTree as ET

import pytest

from musiczoo.music import midi
from tests.experiments.commands import run
from tests.show.page.test_page import book

SMALL = {
  'model.hidden': 8,
  'head.hidden': 8,
  'head.features': 4,
  'batch_size': 4,
  'window': 16,
  'steps': 12,
  'eval_every': 6,
}


@pytest.mark.slow
def test_a_small_demo_and_its_model(tmp_path):
  """All in one, for the demo is trained once."""
  folder = tmp_path / 'demo'
  answer = run(
    'demo',
    f'--output_dir={folder}',
    *[f'--config.{k}={v}' for k, v in SMALL.items()],
  )
  assert answer.returncode == 0, answer.stderr
  check_what_is_written(folder, answer.stdout)
  check_its_page(folder)
  check_new_music_as_sound_and_on_a_page(folder, tmp_path)
  check_test_pieces_on_a_page(folder, tmp_path)


def check_what_is_written(folder, said):
  for i in range(8):
    assert len(midi.read(folder / f'{i:03d}.mid').tracks) <= 4
    assert (folder / f'{i:03d}.png').stat().st_size > 0
  assert (folder / 'curve.png').stat().st_size > 0
  for word in (
    'valid:',
    'test:',
    'baseline:',
    'copied',
    'experiments.generate',
    'listen.html',
  ):
    assert word in said


def check_its_page(folder):
  new, real = book((folder / 'listen.html').read_text())['groups']
  assert [p['name'] for p in new['pieces']] == [
    f'{i:03d}.mid' for i in range(8)
  ]
  assert real['name'] == 'Real: 8 of 42 test pieces'
  for group in new, real:
    assert all(p['numbers']['nats per note'] > 0 for p in group['pieces'])
    assert 'copied, 8 steps' in group['numbers']
    assert group['numbers']['pitch class entropy'] > 0
    assert '[' in group['numbers']['ends on cadence share']
  assert 'nats per note, all test pieces' in real['numbers']


def check_new_music_as_sound_and_on_a_page(folder, tmp_path):
  answer = run(
    'generate',
    f'--workdir={folder}/run',
    f'--output_dir={tmp_path}',
    '--num_outputs=2',
    '--num_steps=32',
    '--nonovelty',
    '--wav',
    '--musicxml',
    '--soundfont=none',
    f'--html={tmp_path}/page.html',
    f'--primer_midi={folder}/000.mid',
  )
  assert answer.returncode == 0, answer.stderr
  assert "played by musiczoo's own synth\n" in answer.stdout
  for i in range(2):
    with wave.open(f'{tmp_path}/{i:03d}.wav') as file:
      assert file.getnframes() > 44100
    notation = ET.parse(f'{tmp_path}/{i:03d}.musicxml')
    assert len(notation.findall('part')) == 4
  page = book((tmp_path / 'page.html').read_text())
  names = [group['name'] for group in page['groups']]
  assert names == ['Generated', 'Given', 'Real: 8 of 42 test pieces']


def check_test_pieces_on_a_page(folder, tmp_path):
  answer = run(
    'evaluate',
    f'--workdir={folder}/run',
    '--nonovelty',
    '--num_outputs=2',
    '--num_steps=32',
    f'--html={tmp_path}/page.html',
  )
  assert answer.returncode == 0, answer.stderr
  samples, group = book((tmp_path / 'page.html').read_text())['groups']
  assert len(group['pieces']) == 8 and len(samples['pieces']) == 2
  for numbers in samples['numbers'], group['numbers']:
    assert '[' in numbers['parallel fifths per 100 changes']
    assert '[' in numbers['grade']
  assert group['numbers']['nats per note'] > 0
  assert group['numbers']['nats per note, all pieces'] > 0
