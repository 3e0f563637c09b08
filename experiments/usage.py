"""The text of --help: what a command is for, an example, all its flags."""

from collections.abc import Iterable
import re
import sys
import textwrap

from absl import flags

COLUMNS = 80
_INDENT = 24  # Of what stands beside a flag.
# Modules that define flags, and what their groups are called. Flags of the
# command itself are in a group of their own.
_TITLES = {
  'model_flags': 'The model',
  'input_flags': 'Music to continue, complete or vary',
  'sampling_flags': 'Sampling',
  'best_of': 'Choosing the best of several samples',
  'pages': 'A page',
  'watch': 'Watching the run',
  'processes': 'A run in many processes',
}
Required = flags.FlagHolder | tuple[flags.FlagHolder, ...]


def text(doc: str, required: Iterable[Required]) -> str:
  """The help of a command.

  Args:
    doc: its docstring, which has an example.
    required: flags of which one of each entry has to be given.
  """
  # Installed from a wheel this package has a longer name.
  doc = doc.strip().replace('-m experiments.', f'-m {__package__}.')
  if re.search('^python ', doc, re.MULTILINE):  # An example at the margin.
    title, _, rest = doc.partition('\n')
    doc = f'{title}\n{textwrap.indent(rest, "  ")}'
  groups = _groups()
  shown = {one.name: one for entry in required for one in _holders(entry)}
  parts = [doc]
  if shown:
    lines = [line for entry in required for line in _alternatives(entry)]
    first = [flags.FLAGS[name] for name in shown]
    parts.append('\n'.join(['Required:', *lines, *map(_entry, first)]))
  for title, found in groups.items():
    left = [_entry(flag) for flag in found if flag.name not in shown]
    if left:
      parts.append('\n'.join([f'{title}:', *left]))
  return '\n\n'.join(parts) + '\n'


def missing(required: Required) -> str | None:
  """Why a command can't begin without one of these flags, or None if it can."""
  holders = _holders(required)
  if any(holder.value is not None for holder in holders):
    return None
  given = ' or '.join(f'--{h.name} ({_first(h)})' for h in holders)
  return f'--{holders[0].name} is missing: give {given}'


def defined() -> list[flags.Flag]:
  """The flags of the command, not those of absl and other libraries."""
  return [flag for found in _groups().values() for flag in found]


def _groups():
  """Title -> flags, in the order of their definitions."""
  own = {'Options': []}
  groups = own | {title: [] for title in _TITLES.values()}
  for module, found in flags.FLAGS.flags_by_module_dict().items():
    package, _, name = module.rpartition('.')
    # A module that runs as __main__ has the path of its file.
    if package == __package__ or module == sys.argv[0]:
      groups[_TITLES.get(name, 'Options')] += found
  return groups


def _holders(required):
  return required if isinstance(required, tuple) else (required,)


def _alternatives(required):
  names = [f'--{holder.name}' for holder in _holders(required)]
  return [f'  {" or ".join(names)}'] if len(names) > 1 else []


def _entry(flag):
  """A flag, its meaning, its default and the values it may have."""
  name = f'  --{"[no]" if flag.boolean else ""}{flag.name}'
  default = (flag.default_as_str or '').strip("'")
  default = '' if default in ('', 'false') else f'default {default}'
  said, allowed = flag.help, flag.parser.syntactic_help
  if isinstance(flag.parser, flags.EnumParser):
    said = said.partition('>: ')[2]  # Absl puts the values before it.
    allowed = f'one of {", ".join(flag.parser.enum_values)}'
  notes = '; '.join(filter(None, [default, allowed]))
  return textwrap.fill(
    f'{said} [{notes}]' if notes else said,
    COLUMNS,
    initial_indent=f'{name:{_INDENT - 2}}  ',
    subsequent_indent=' ' * _INDENT,
    break_long_words=False,
    break_on_hyphens=False,
  )


def _first(holder):
  """What a flag is for, as part of a sentence."""
  said = flags.FLAGS[holder.name].help.partition(';')[0].rstrip('.')
  return said[:1].lower() + said[1:] if said[1:2].islower() else said
