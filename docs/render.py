"""Renders the figures, tables and pictures of README and docs.

  python -m docs.render            # writes the pages anew
  python -m docs.render --check    # exit status 1 if a page is out of date

A figure stands behind `<!-- fig:FILE#KEY/KEY -->` and comes from
docs/results/FILE.json; it keeps its number of decimals, and ' %' after it
multiplies it by 100. A block between `<!-- render:NAME -->` and
`<!-- /render -->` is written by the function of `BLOCKS`. The cards of the
pretrained models are made by docs/cards.py and docs/song_card.py.
"""

import ast
import json
import pathlib
import re
import sys

from docs import cards, song_card

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / 'docs/results'
PACKAGE = ROOT / 'musiczoo'
PAGES = sorted(
  [
    ROOT / 'README.md',
    ROOT / 'CHANGELOG.md',
    ROOT / 'CONTRIBUTING.md',
    *(ROOT / 'docs').glob('*.md'),
  ]
)
FIGURE = re.compile(
  r'(<!-- fig:([\w-]+)#([\w/.-]+) -->)(-?[\d,]+(?:\.(\d+))?)(?P<percent> %)?'
)
BLOCK = re.compile(r'(<!-- render:(\w+) -->\n).*?(<!-- /render -->)', re.DOTALL)


def receipt(name: str, key: str = ''):
  """The figure of a receipt, or the table of figures that KEY/KEY names."""
  found = json.loads((RESULTS / f'{name}.json').read_text())['figures']
  for part in filter(None, key.split('/')):
    found = found[int(part) if isinstance(found, list) else part]
  return found


def table(head: list[str], rows: list[list[str]]) -> str:
  """A Markdown table; columns of numbers are aligned to the right."""
  columns = list(zip(*rows))[1:]
  line = ['---:' if all(map(_is_number, c)) else '---' for c in columns]
  lines = [head, ['---', *line], *rows]
  return ''.join(f'| {" | ".join(line)} |\n' for line in lines)


def _is_number(cell: str) -> bool:
  return not cell or cell.lstrip('-')[:1].isdigit()


def zoo() -> str:
  """The families with their parameters and figures on the test chorales."""
  rows = []
  for variant, count in receipt('parameters').items():
    name = f'{variant}-chorales'
    figures = receipt('pretrained').get(name, {})
    page = {'rnn': 'recurrent', 'lstm': 'recurrent', 'gru': 'recurrent'}.get(
      variant, variant
    )
    has_page = (ROOT / f'docs/{page}.md').is_file()
    card = f'musiczoo/runs/pretrained/models/{name}/CARD.md'
    rows.append(
      [
        f'[`{variant}`](docs/{page}.md)' if has_page else f'`{variant}`',
        f'{count:,}',
        _decimals(figures.get('nll_per_note')),
        _decimals(figures.get('nll_bound_per_note')),
        _decimals(figures.get('gap')),
        f'[card]({card})' if figures else '',
      ]
    )
  head = [
    'config `chorales.py:`',
    'parameters',
    'NLL, nats per note',
    'upper bound of the NLL, nats per note',
    'gap, 0 to 1',
    'pretrained',
  ]
  return table(head, rows)


def _decimals(value) -> str:
  return '' if value is None else f'{value:.3f}'


def compiled(topologies: list[str], dtype: str, part: str, column: int):
  """{family: [a column of compile_check.txt for each topology]}."""
  found = {}
  for line in (RESULTS / 'compile_check.txt').read_text().splitlines():
    words = line.split()
    if len(words) > 9 and words[1] == part and words[3] == dtype:
      if words[2] in topologies and words[4] in ('jit', '1'):
        if words[4] == '1':  # '1 chip' is two words.
          words[4:6] = ['jit']
        found.setdefault(words[0], {})[words[2]] = words[column]
  return {f: [v[t] for t in topologies] for f, v in found.items()}


def structure() -> str:
  """Parts of the pretrained structure model; see docs/structure.md."""
  own = receipt('pretrained', 'structure-chorales')
  other = receipt('structure')
  analysed, written = other['analysed'], other['generated']
  of_music21 = [
    [
      f'{what}, in agreement with music21, %',
      *(
        f'{100 * analysed[k]["share"]:.1f}'
        for k in (f'{key}_analyser_music21', f'{key}_rules_music21')
      ),
    ]
    for what, key in (
      ('key of the piece', 'key'),
      ('root of the half bar', 'root'),
      ('root and quality', 'root_and_quality'),
    )
  ]
  head = ['analyser, and the rules it learns from', 'analyser', 'rules']
  rows = [
    [
      'renderer given the predicted codes, nats per note',
      own['nll_given_codes_per_note'],
    ],
    [
      'renderer given no codes, nats per note',
      own['nll_given_no_codes_per_note'],
    ],
    [
      'renderer given the bars in random order, nats per note',
      own['nll_given_shuffled_codes_per_note'],
    ],
    ['planner, nats per code', own['plan_nats_per_code']],
    ['bigram, nats per code', other['planned']['bigram_per_code']],
    [
      'notes that belong to the requested chord, share',
      written['chord_tones_requested'],
    ],
    [
      'the same in samples without requests, share',
      written['chord_tones_not_requested'],
    ],
    [
      'notes that belong to the chord found by rules, share',
      written['chord_tones_found_samples'],
    ],
    [
      'the same in test pieces, share',
      written['chord_tones_found_test'],
    ],
    [
      'requested and measured density, correlation',
      written['density_correlation'],
    ],
  ]
  rows = [[name, f'{value:.3f}'] for name, value in rows]
  return (
    table(head, of_music21)
    + '\n'
    + table(['renderer and planner', 'value'], rows)
  )


def density() -> str:
  found = receipt('structure', 'generated/density_measured_by_requested')
  values = [f'{value:.2f}' for value in found.values()]
  return table(
    ['requested', *found],
    [['measured', *values]],
  )


def voice_leading() -> str:
  """All figures of voice-leading of the chorales."""
  figures = receipt('voice_leading')
  columns = {
    name: f'{name}, {figures["pieces"][name]} pieces'
    for name in ('train', 'test')
  }
  names = [name for name in figures if name != 'pieces']
  return cards.voices_table(figures, columns, names)


def harmonize() -> str:
  """Voices below given sopranos, of models and of Bach."""
  figures = receipt('harmonize')
  ways = [
    'infill',
    'infill, phrases unknown',
    'infill, parallels forbidden',
    'Bach',
  ]
  names = (
    'parallel_fifths_per_100_changes',
    'parallel_octaves_per_100_changes',
    'crossings_per_100_changes',
    'overlaps_per_100_changes',
    'wide_spacings_per_100_changes',
    'out_of_range_per_100_changes',
    'beats_no_triad_or_seventh_share',
    'ends_on_tonic_share',
    'ends_on_cadence_share',
    'chord_changes_per_bar',
    'grade',
  )
  return cards.voices_table(figures, {way: way for way in ways}, names)


def gan() -> str:
  """Sample metrics of the pretrained gan that don't concern single tracks."""
  tracks = ('drums', 'bass', 'guitar', 'piano')
  return cards.samples_table(receipt('pretrained', 'gan-chorales'), tracks)


TUNE_FAMILIES = 'rnn', 'lstm', 'gru', 'cnn'
NATS = 'nll_given_key_style_per_'  # Metre and length are always given.


def tunes() -> str:
  """Nats of the test tunes, by family, beside those of n-grams."""
  runs = _tune_runs()
  rows = []
  for family, one in runs.items():
    columns = [
      _with_sd(one[f'{NATS}{unit}'], 4 if unit == 'token' else 3)
      for unit in ('token', 'note')
    ]
    rows.append([family, *columns, str(len(one['seeds']))])
  figures = next(iter(runs.values()))['seeds']['0']
  ratio = figures[f'{NATS}note'] / figures[f'{NATS}token']
  for name, label in (
    ('ngram', f'n-gram of order {figures["ngram_order"]}'),
    ('bigram', 'bigram'),
  ):
    nats = figures[f'nll_per_token_{name}']
    rows.append([label, f'{nats:.4f}', f'{nats * ratio:.3f}', ''])
  return table(['', 'nats per step', 'nats per note', 'seeds'], rows)


def tune_samples() -> str:
  """Measures of samples of each family beside those of real tunes."""
  runs = _tune_runs()
  means = [one['samples']['mean'] for one in runs.values()]
  rows = [
    [f'`{name}`', f'{real:.3f}', *(f'{m[name][1]:.3f}' for m in means)]
    for name, (real, _) in means[0].items()
  ]
  return table(['', 'real', *runs], rows)


def song_parts() -> str:
  """Nats and measures of models of songs, whole and with one part left out."""
  names = {
    'none': 'whole',
    'plans': 'without plans',
    'look_back': 'without earlier bars',
    'chords': 'without chords',
  }
  measures = (
    'repeated_bar_share',
    'groove_similarity',
    'in_key_share',
    'minor_second_share',
  )
  found = receipt('song_parts')
  real = found['none']['songs']['figures']
  rows = [['real songs', '', '', *(f'{real[m]["real"]:.3f}' for m in measures)]]
  for part, label in names.items():
    nats, songs = found[part]['nats'], found[part]['songs']
    new = (f'{songs["figures"][m]["generated"]:.3f}' for m in measures)
    gap = f'{songs["mean_gap"]:.2f}'
    rows.append([label, f'{nats["nll_per_note"]:.3f}', gap, *new])
  labels = (f'`{m}`' for m in measures)
  return table(['', 'nats per note', 'mean gap', *labels], rows)


def recurrent_tpu() -> str:
  """Cycles of a train step by kernels, scans and Flax."""
  rows = []
  for one in receipt('recurrent_tpu'):
    cycles = one['cycles']
    each = (f'{n / 1e6:.1f}' for n in cycles.values())
    ratio = f'{cycles["flax"] / cycles["kernels"]:.1f}'
    rows.append([f'`{one["cell"]}` {one["dtype"]}', *each, ratio])
  return table(['cycles, millions', *cycles, 'flax / kernels'], rows)


def _tune_runs():
  """What was run, of the families in the order of the tables."""
  runs = receipt('tunes')
  return {family: runs[family] for family in TUNE_FAMILIES if family in runs}


def _with_sd(figure, decimals):
  mean = f'{figure["mean"]:.{decimals}f}'
  return (
    mean if figure['sd'] is None else f'{mean} ± {figure["sd"]:.{decimals}f}'
  )


def renamed() -> str:
  """Config keys and values of earlier releases and their present names."""
  from musiczoo.runs import config_history  # And with it JAX.

  rows = [[f'`{a}`', f'`{b}`'] for a, b in config_history.RENAMED.items()]
  rows += [
    [f'`{key}={a}`', f'`{key}={b}`']
    for key, values in config_history.RENAMED_VALUES.items()
    for a, b in values.items()
  ]
  return table(['0.1', '0.2'], rows)


def config() -> str:
  from docs import options  # And with it JAX.

  return options.reference()


FOUR = ['v4:2x2x1', 'v5e:2x2', 'v5p:2x2x1', 'v6e:2x2']
MEMORY, CYCLES, ROOFLINE = 5, 7, 10


def tpu_one(part: str) -> str:
  columns = [
    compiled(['v5e:2x2'], 'bfloat16', part, c) for c in (5, 6, 7, 8, 9, 10)
  ]
  rows = [
    [f'`{family}`', *(c[family][0].rstrip('%') for c in columns)]
    for family in columns[0]
  ]
  head = ['family', 'memory, MB', 'GFLOP', 'cycles, millions', 'collectives']
  return table([*head, 'collectives, MB', 'roofline, %'], rows)


def tpu_four(dtype: str, column: int) -> str:
  found = compiled(FOUR, dtype, 'train', column)
  return table(['family', *FOUR], [[f'`{f}`', *v] for f, v in found.items()])


def rooms() -> dict[str, set[str]]:
  """Each room of the package and the rooms that its files import."""
  found = {}
  for path in sorted(PACKAGE.rglob('*.py')):
    here = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
    if here in ('experiments', '__init__'):
      continue
    names = found.setdefault(here, set())
    for node in ast.walk(ast.parse(path.read_text())):
      if isinstance(node, ast.Import):
        names |= {a.name for a in node.names}
      elif isinstance(node, ast.ImportFrom) and not node.level:
        names |= {f'{node.module}.{a.name}' for a in node.names}
  return {
    here: {
      n.split('.')[1] for n in names if n.startswith('musiczoo.')
    }.intersection(found)
    - {here}
    for here, names in found.items()
  }


def picture() -> str:
  """The rooms as a Mermaid graph: imports that no longer path implies."""
  direct = rooms()

  def reach(room):
    return direct[room].union(*(reach(r) for r in direct[room]))

  lines = ['```mermaid', 'graph TD']
  for here, others in direct.items():
    implied = set().union(*(reach(r) for r in others))
    lines += [f'  {here} --> {r}' for r in sorted(others - implied)]
  return '\n'.join([*lines, '```', ''])


def contents() -> str:
  """The rooms with the first line of their docstrings and their files."""
  rows = []
  for folder in sorted(p for p in PACKAGE.iterdir() if p.is_dir()):
    init = folder / '__init__.py'
    if folder.name == 'experiments' or not init.is_file():
      continue
    text = (ast.get_docstring(ast.parse(init.read_text())) or '').split('\n')[0]
    files = sorted(
      p.name.removesuffix('.py') + '/' * p.is_dir()
      for p in folder.iterdir()
      if p.name[0] not in '_.' and (p.is_dir() or p.suffix == '.py')
    )
    names = ', '.join(f'`{f}`' for f in files)
    rows.append([f'`{folder.name}/`', text, names])
  head = '| room | provides | files |\n|---|---|---|\n'
  return head + ''.join(f'| {" | ".join(row)} |\n' for row in rows)


BLOCKS = {
  'zoo': zoo,
  'rooms': picture,
  'contents': contents,
  'config': config,
  'renamed': renamed,
  'structure': structure,
  'density': density,
  'gan': gan,
  'tunes': tunes,
  'song_parts': song_parts,
  'recurrent_tpu': recurrent_tpu,
  'tune_samples': tune_samples,
  'voice_leading': voice_leading,
  'harmonize': harmonize,
  'tpu_train': lambda: tpu_one('train'),
  'tpu_sample': lambda: tpu_one('sample'),
  'tpu_memory': lambda: tpu_four('bfloat16', MEMORY),
  'tpu_cycles': lambda: tpu_four('bfloat16', CYCLES),
  'tpu_cycles_float32': lambda: tpu_four('float32', CYCLES),
}


def rendered(text: str) -> str:
  """A page with its figures and blocks as the receipts have them."""

  def figure(match):
    value = receipt(match[2], match[3])
    value *= 100 if match['percent'] else 1
    number = f'{value:,.{len(match[5] or "")}f}'
    return match[1] + number + (match['percent'] or '')

  def block(match):
    return match[1] + BLOCKS[match[2]]() + match[3]

  return BLOCK.sub(block, FIGURE.sub(figure, text))


def pages() -> dict[pathlib.Path, str]:
  """All pages and cards, and their text as the receipts have it."""
  texts = {page: rendered(page.read_text()) for page in PAGES}
  for name, figures in receipt('pretrained').items():
    path = PACKAGE / f'runs/pretrained/models/{name}/CARD.md'
    others = receipt('seeds').get(name, {})
    texts[path] = cards.card(name, figures, others)
  path = PACKAGE / 'runs/pretrained/models/lstm-songs/CARD.md'
  texts[path] = song_card.card(receipt('songs'))
  return texts


def main() -> int:
  stale = [(p, text) for p, text in pages().items() if p.read_text() != text]
  for page, text in stale:
    if '--check' in sys.argv:
      print(f'{page.relative_to(ROOT)} is out of date: python -m docs.render')
      continue
    page.write_text(text)
    if page.name == 'CARD.md':
      from musiczoo.runs import pretrained  # And with it JAX.

      pretrained.seal(page.parent)
  return int('--check' in sys.argv and bool(stale))


if __name__ == '__main__':
  sys.exit(main())
