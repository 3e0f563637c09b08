"""What README and docs ask a user to type is there, and the tour's runs."""

import ast
import importlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import jax
import numpy as np
import pytest

from docs import cards, options, render
from experiments import config as configs
from musiczoo.evaluation import voice_comparison
from musiczoo.evaluation.metrics.chord_divergence import DIVERGENCES
from musiczoo.evaluation.metrics.voice_leading import VOICE_LEADING
from musiczoo.nn.heads import HEADS

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted([ROOT / 'README.md', *ROOT.glob('docs/*.md')])
TOUR = ('compose', 'teach', 'brief')
# Stands for what the reader has.
OPEN = re.compile(r'\b[A-Z_]{4,}\b|\.\.\.')


def commands(page: pathlib.Path) -> list[list[str]]:
  """The words of each `python -m` of a page's indented or fenced lines."""
  text = page.read_text().replace('\\\n', ' ')
  lines = re.findall(r'^[ ]{4,}(.*python -m .*)$', text, re.MULTILINE)
  found = []
  for line in lines:
    words = shlex.split(line, comments=True)
    # In one command another may stand: what a TPU is to run.
    starts = [i for i, w in enumerate(words) if w == 'python']
    found += [words[a:b] for a, b in zip(starts, [*starts[1:], None])]
  return found


ALL = [
  pytest.param(words, id=f'{page.stem}: {" ".join(words[2:5])}')
  for page in PAGES
  for words in commands(page)
]


def flags_of(module: str) -> set[str]:
  """Names of the flags a command defines, itself or in what it imports."""
  names, seen, todo = set(), set(), [module]
  while todo:
    module = todo.pop()
    path = ROOT / (module.replace('.', '/') + '.py')
    if module in seen or not path.is_file():
      continue
    seen.add(module)
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.ImportFrom):
        above = module.split('.')[: -node.level] if node.level else []
        source = '.'.join([*above, *filter(None, [node.module])])
        todo += [source, *(f'{source}.{a.name}' for a in node.names)]
      elif isinstance(node, ast.Call) and node.args:
        called = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
        first = node.args[0]
        if called.startswith('DEFINE') or called in ('add', 'add_argument'):
          if isinstance(first, ast.Constant):
            names.add(first.value.removeprefix('--'))
  return names


def test_there_are_commands():
  assert len(ALL) > 60


@pytest.mark.parametrize('words', ALL)
def test_a_command_has_the_flags_it_is_given(words):
  module = words[2]
  if module.split('.')[0] not in ('experiments', 'benchmarks', 'tpu_scripts'):
    return
  assert (ROOT / (module.replace('.', '/') + '.py')).is_file()
  known = flags_of(module) | {'config'}
  given = dict(
    w.removeprefix('--').partition('=')[::2]
    for w in words[3:]
    if w.startswith('--')
  )
  for name in given:
    plain = name.removeprefix('no')
    assert name.startswith('config.') or {name, plain} & known, name
  config = given.get('config', '')
  if config and not OPEN.search(config):
    changes = [
      (k.removeprefix('config.'), v)
      for k, v in given.items()
      if k.startswith('config.')
    ]
    configs.load(str(ROOT / config), changes)


@pytest.mark.slow
@pytest.mark.parametrize('page', TOUR)
def test_the_tour_runs(page, tmp_path):
  for words in commands(ROOT / f'docs/{page}.md'):
    if any(OPEN.search(w) for w in words):
      continue
    answer = subprocess.run(
      [sys.executable, *words[1:]],
      cwd=tmp_path,
      capture_output=True,
      text=True,
      timeout=300,
      env=os.environ | {'PYTHONPATH': str(ROOT)},
    )
    assert answer.returncode == 0, f'{" ".join(words)}: {answer.stderr}'
    for word in words:
      if word.startswith(('--output_dir=', '--html=')):
        assert (tmp_path / word.partition('=')[2]).exists()


def test_figures_are_those_of_the_receipts():
  stale = [p for p, text in render.pages().items() if p.read_text() != text]
  assert not stale, 'run `python -m docs.render`'


def test_receipts_name_their_commands():
  for path in render.RESULTS.glob('*.json'):
    assert json.loads(path.read_text()).get('command'), path


# Decimals that are no figures: versions and licences.
OTHER = re.compile(r'Python 3\.\d+|Apache License 2\.0|CC BY[A-Z-]* \d\.\d')
MEASURED = re.compile(r'\d+\.\d+|\d ?%')


def prose(text: str) -> str:
  """A page without its code, its rendered parts, versions and addresses."""
  text = render.FIGURE.sub('', render.BLOCK.sub('', text))
  text = re.sub(r'```.*?```|^    [^\n]*$|`[^`]*`', '', text, flags=re.S | re.M)
  return OTHER.sub('', re.sub(r'\]\([^)]*\)', ']', text))


@pytest.mark.parametrize(
  'page',
  [p for p in render.PAGES if p.stem != 'CHANGELOG'],
  ids=lambda p: p.stem,
)
def test_prose_has_no_other_measured_decimals(page):
  assert not MEASURED.findall(prose(page.read_text()))


def test_cards_have_no_other_measured_decimals():
  assert not MEASURED.findall(prose(cards.CARD))
  assert not MEASURED.findall(' '.join([cards.NO_PLAN, *cards.LIMITS.values()]))


@pytest.mark.parametrize('page', render.PAGES, ids=lambda p: p.stem)
def test_prose_is_plain(page):
  """Models encode, predict and are conditioned on; people hear and tell."""
  words = r'\b(walks (in|out)|hears?|heard|tells?|told)\b'
  assert not re.findall(words, prose(page.read_text()))


def test_the_site_has_all_pages():
  nav = (ROOT / 'mkdocs.yml').read_text().partition('\nnav:')[2]
  named = set(re.findall(r'[\w-]+\.md', nav))
  assert named == {p.name for p in (ROOT / 'docs').glob('*.md')}
  index = (ROOT / 'docs/index.md').read_text()
  assert named - {'index.md'} == set(re.findall(r'\(([\w-]+\.md)\)', index))


def test_the_page_defines_each_figure_of_voice_leading():
  text = (ROOT / 'docs/voice_leading.md').read_text().partition('render:')[0]
  names = {*VOICE_LEADING, *DIVERGENCES, *voice_comparison.MAIN}
  for name in names:
    assert f'`{name}`' in text, name


def test_a_card_shows_the_voice_leading_that_its_receipt_has():
  figures = render.receipt('pretrained', 'lstm-chorales')
  without = figures | {'voice_leading': {}}
  assert '## Voice-leading' not in cards.card('lstm-chorales', without)
  found = {'grade': {'samples': [1.369, 1.34, 1.4], 'split': [0.961, 0.93, 1]}}
  text = cards.card('lstm-chorales', figures | {'voice_leading': found})
  assert '| `grade` | 1.37 [1.34, 1.4] | 0.961 [0.93, 1] |' in text
  assert '_per_100_changes' not in text


def test_a_card_shows_the_seeds_that_its_receipt_has():
  figures = render.receipt('pretrained', 'gru-chorales')
  assert '## Other seeds' not in cards.card('gru-chorales', figures)
  other = figures | {'nll_per_note': 0.5}
  text = cards.card('gru-chorales', figures, {'1': other})
  assert '| figure | seed 0 | seed 1 |\n|---|---:|---:|\n' in text
  own = f'{figures["nll_per_note"]:.4f}'
  assert f'| `nll_per_note`, nats per note | {own} | 0.5000 |' in text
  assert 'One run with one seed' not in text


def test_what_the_api_page_names_is_there():
  names = re.findall(r'^::: (\S+)', (ROOT / 'docs/api.md').read_text(), re.M)
  assert len(names) > 10
  for name in names:
    module, _, attribute = name.rpartition('.')
    assert hasattr(importlib.import_module(module), attribute), name


def test_every_config_key_has_a_meaning():
  assert not options.undocumented()


def test_config_keys_in_the_pages_are_keys():
  tables = 'model|head|optimizer|conditions|sections|representation'
  known = set(re.findall(r'^\| `([\w.]+)`', options.reference(), re.M))
  known |= {'head.name', 'optimizer.name', 'representation.name'}
  for page in set(render.PAGES) - {ROOT / 'CHANGELOG.md'}:
    text = page.read_text()
    keys = re.findall(rf'(?:`|--config\.)((?:{tables})\.\w+)(?!\.\w)', text)
    files = {'model.onnx', 'model.safetensors'}
    assert set(keys) - files <= known, page
    assert set(re.findall(r'--config\.(\w+)=', text)) <= known, page


def test_the_examples_of_the_architecture_page_run():
  text = (ROOT / 'docs/architecture.md').read_text()
  names = {'__name__': 'examples'}
  for block in re.findall(r'```python\n(.*?)```', text, re.DOTALL):
    exec(compile(block, 'architecture.md', 'exec'), names)
  representation = names['rhythm']()
  corpus = names['scale']()
  piece = next(p for split in corpus.values() for p in split)
  x = representation.encode(piece.score)
  again = representation.encode(representation.decode(x))
  assert (again == x[: len(again)]).all() and again.sum() == x.sum()
  spec = representation.spec
  head = HEADS['bernoulli'](depth=spec.depth)
  model = names['markov'](spec, head, names['MarkovOptions'](hidden=8))
  batch = {
    'x': x[None],
    'mask': np.ones((1, len(x)), np.float32),
    'row': np.zeros(1, np.uint32),
  }
  params = model.init(jax.random.key(0), batch)
  sums, weight = model.loss(
    params, batch, jax.random.key(1), step=0, train=False
  )
  assert np.isfinite(sums['loss']) and weight > 0


@pytest.mark.parametrize(
  'page', ['docs/architecture.md', 'tests/twenty_changes.md']
)
def test_the_files_of_a_list_of_changes_are_there(page):
  text = (ROOT / page).read_text()
  paths = re.findall(r'`((?:musiczoo|experiments|tests)/[\w./]*)`', text)
  assert len(set(paths)) >= 20
  for path in paths:
    assert (ROOT / path).exists(), path
