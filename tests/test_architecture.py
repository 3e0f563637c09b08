"""Imports between the rooms of the package point one way."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / 'musiczoo'
FILES = sorted(
  path
  for path in PACKAGE.rglob('*.py')
  if path.relative_to(PACKAGE).parts[0] != 'experiments'
)

# room: the rooms it may import; and what those may import, it may too.
MAY_IMPORT = {
  'errors': (),
  'music': ('errors',),
  'representations': ('music',),
  'data': ('representations',),
  'nn': ('music',),
  'models': ('nn',),
  'training': ('models', 'data'),
  'build': ('training',),
  'sampling': ('build',),
  'evaluation': ('sampling',),
  'export': ('evaluation',),
  'runs': ('export',),
  'show': ('runs',),
  'trained_model': ('show',),
  '__init__': ('trained_model',),
}
JAX = {'jax', 'flax', 'optax', 'orbax'}
# room: what it never imports, at the top of a file or inside a function.
NEVER = {
  'errors': JAX,
  'music': JAX,
  'representations': JAX,
  'data': JAX,
  'nn': {'absl', 'matplotlib', 'musiczoo.music.midi'},
  'models': {'absl', 'matplotlib', 'musiczoo.music.midi'},
  'training': {'absl', 'matplotlib', 'musiczoo.music.midi'},
  '__init__': JAX,
}
# The one file that speaks of devices, and its words.
DEVICES = 'training/parallel.py'
DEVICE_WORDS = ('pmap(', 'Mesh(', 'NamedSharding', 'shard_map')
IN_THE_ROOT = {'__init__.py', 'errors.py', 'trained_model.py'}


def name(path: pathlib.Path) -> str:
  return str(path.relative_to(PACKAGE))


def room(path: pathlib.Path) -> str:
  """The room of a file: the first folder, or the file itself in the root."""
  return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def allowed(here: str) -> set[str]:
  """All rooms that a room may import, itself included."""
  return {here}.union(*(allowed(r) for r in MAY_IMPORT.get(here, ())))


def imported(path: pathlib.Path) -> set[str]:
  """Full names of all that a file imports, at the top or inside a function."""
  names = set()
  package = path.relative_to(ROOT).parts[:-1]
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      names |= {a.name for a in node.names}
    elif isinstance(node, ast.ImportFrom):
      module = node.module or ''
      if node.level:
        above = package[: len(package) - node.level + 1]
        module = '.'.join([*above, *module.split('.')]).rstrip('.')
      names |= {module} | {f'{module}.{a.name}' for a in node.names}
  return names


@pytest.mark.parametrize('path', FILES, ids=name)
def test_imports_point_one_way(path):
  rooms = {
    n.split('.')[1] for n in imported(path) if n.startswith('musiczoo.')
  } & {room(p) for p in FILES}
  wrong = rooms - allowed(room(path))
  assert not wrong, f'{name(path)} imports {sorted(wrong)}'


@pytest.mark.parametrize('path', FILES, ids=name)
def test_a_room_never_imports(path):
  never = NEVER.get(room(path), set())
  for module in imported(path):
    parts = module.split('.')
    starts = {'.'.join(parts[:n]) for n in range(1, len(parts) + 1)}
    assert not starts & never, f'{name(path)} imports {module}'


def test_the_root_holds_three_files_and_at_most_twelve_rooms():
  files = {p.name for p in PACKAGE.glob('*.py')}
  assert files == IN_THE_ROOT
  folders = {room(p) for p in FILES if p.parent != PACKAGE}
  assert folders <= set(MAY_IMPORT)
  assert len(folders) <= 12


def test_only_one_file_speaks_of_devices():
  for path in FILES:
    if name(path) != DEVICES:
      for word in DEVICE_WORDS:
        assert word not in path.read_text(), f'{name(path)}: {word}'


def test_importing_musiczoo_does_not_import_jax():
  code = 'import musiczoo, sys; sys.exit("jax" in sys.modules)'
  assert subprocess.run([sys.executable, '-c', code]).returncode == 0


def test_no_pickle_and_no_eval():
  for path in FILES:
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        assert node.func.id not in ('eval', 'exec'), name(path)
    assert 'pickle' not in {n.split('.')[0] for n in imported(path)}


def test_tests_do_not_import_benchmarks():
  for path in sorted((ROOT / 'tests').rglob('*.py')):
    modules = {n.split('.')[0] for n in imported(path)}
    assert 'benchmarks' not in modules, path
