"""Imports point one way, and the NumPy half never hears of JAX."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1] / 'musiczoo'

# A file may import what stands to the left of it, in any line that has it.
ORDER = [
    'errors > score > midi > corpora > ingest',
    'errors > score > analysis > conditions > data > encoded',
    'errors > representations > conditions > data > passages',
    'errors > score > representations > corpora > data > encoded',
    'errors > score > representations > floors',
    'errors > score > representations > novelty',
    'errors > score > representations > metrics',
    'errors > score > analysis > metrics',
    'errors > score > analysis > doctor',
    'errors > score > midi > grid > doctor',
    'grid > ingest',
    'errors > score > midi > grid > sound > page',
    'errors > score > analysis > metrics > page',
    'novelty > page',
    'errors > guarded > corpora > ingest',
    'errors > audio > representations',
    'audio > corpora > encoded > framed',
    'data > framed',
    'errors > cluster > ingest',
    'representations > doctor',
    'errors > dropout > recurrent > heads > models',
    'dropout > convolutional > models',
    'taps > models',
    'conditions > models',
    'models > train > parallel > checkpoint',
    'errors > parallel',
    'errors > arguments > build',
    'errors > optimizers',
    'errors > hosts > checkpoint > loop',
    'errors > journal > loop',
    'clock > loop',
]
# Here the halves meet.
MEETING = (
    'build copying workdir evaluate orderings generate infilling listening '
    'latent attributes collapse samples fit rerun starts show sounding export sweep '
    'pretrained trained'
).split()
NUMPY_ONLY = (
    'errors arguments score midi audio guarded representations corpora data floors '
    'novelty '
    'analysis conditions copying ingest encoded framed doctor metrics passages grid '
    'journal clock history sound page'
).split()


def room(path: pathlib.Path) -> str:
  return path.relative_to(ROOT).parts[0].removesuffix('.py')


def imported(path: pathlib.Path) -> set[str]:
  """Full names of all modules a file imports, at the top or inside."""
  names = set()
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      names |= {a.name for a in node.names}
    elif isinstance(node, ast.ImportFrom):
      names.add(node.module)
      names |= {f'{node.module}.{a.name}' for a in node.names}
  return names


FILES = sorted(ROOT.rglob('*.py'))


@pytest.mark.parametrize('path', FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path):
  here = room(path)
  rooms = {
      n.split('.')[1] for n in imported(path) if n.startswith('musiczoo.')
  } & {room(p) for p in FILES}
  outside = {n.split('.')[0] for n in imported(path)}
  if here == '__init__':
    assert rooms <= {'trained'} and 'jax' not in outside
    return
  if here in NUMPY_ONLY:
    assert not outside & {'jax', 'flax', 'optax', 'orbax'}
  if here not in MEETING:
    assert 'absl' not in outside
    allowed = {here}
    for line in ORDER:
      chain = line.split(' > ')
      if here in chain:
        allowed |= set(chain[: chain.index(here)])
    assert rooms <= allowed, f'{here} imports {sorted(rooms - allowed)}'


def test_only_parallel_speaks_of_devices():
  for path in FILES:
    if room(path) != 'parallel':
      text = path.read_text()
      for word in ('pmap(', 'Mesh(', 'NamedSharding', 'shard_map'):
        assert word not in text, f'{path} says {word}'


def test_importing_musiczoo_does_not_import_jax():
  code = 'import musiczoo, sys; sys.exit("jax" in sys.modules)'
  assert subprocess.run([sys.executable, '-c', code]).returncode == 0


def test_no_pickle_and_no_eval():
  for path in FILES:
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        assert node.func.id not in ('eval', 'exec')
    assert 'pickle' not in {n.split('.')[0] for n in imported(path)}
