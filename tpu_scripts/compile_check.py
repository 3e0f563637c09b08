"""Configs walk in; what a TPU would make of them walks out, without a TPU.

  python -m tpu_scripts.compile_check [--families=lstm,gan] [--all] [--json=FILE]

Compiles the one train step and the sampler of each family with the real TPU
compiler (`pip install -e '.[tpu]'`; it needs no TPU) and prints, of one chip:

  memory      arguments, results, temporaries and the program, of what it has
  GFLOP       of the matmuls and convolutions
  Mcycles     the compiler's estimate, a loop's as often as it runs; no time that
              anybody measured
  collectives how many, and MB; inside a loop none may be
  roofline    the least time, by FLOPs at the chip's peak or by touching each
              byte of arguments, results and temporaries once, as a share of the
              estimated time

Exits with 1 where a family does not fit, does not compile or has a collective
inside a loop. `--all` takes all chips and sizes, float32 too, and pmap.
"""

import argparse
import itertools
import json
import pathlib
import sys
import time
from typing import NamedTuple

import jax

from experiments import config as configs
from experiments.configs.chorales import VARIANTS
from musiczoo.build import RunConfig
from musiczoo.training import flops
from tpu_scripts import chips, hlo, programs
from tpu_scripts.chips import Chip, CHIPS, SLICES, TOPOLOGIES

CONFIGS = 'experiments/configs/chorales.py'
FAMILIES = (
  'rnn',
  'lstm',
  'gru',
  'cnn',
  'infill',
  'orderless',
  'autoencoder',
  'vae',
  'gan',
  'structure',
)
DTYPES, MODES = ('bfloat16', 'float32'), ('jit', 'pmap')


class Checked(NamedTuple):
  """What came of one program; sizes and costs are those of one chip."""

  family: str
  part: str
  topology: str
  dtype: str
  parallel: str
  memory: int = 0
  flops: int = 0
  cycles: int = 0
  collectives: int = 0
  collective_bytes: int = 0
  looped: int = 0
  roofline: float = 0.0
  seconds: float = 0.0
  error: str = ''


def main() -> int:
  args = _arguments()
  known = _read(args.json)
  failed = count = 0
  print(HEAD, flush=True)
  for case in _cases(args):
    if case not in known:
      known[case] = check(*case)
      _write(args.json, known)
    failed += bool(known[case].error)
    count += 1
    print(_line(known[case]), flush=True)
  print(f'{count} programs, {failed} failed')
  return 1 if failed else 0


def _arguments():
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  add = parser.add_argument
  add('--families', type=_some(VARIANTS), default=FAMILIES)
  add('--topologies', type=_some(TOPOLOGIES + SLICES), default=['v5e:2x2'])
  add('--dtypes', type=_some(DTYPES), default=['bfloat16'])
  add('--parallel', type=_some(MODES), default=['jit'])
  add(
    '--json',
    type=pathlib.Path,
    help='file of the figures; what it holds is not compiled again',
  )
  add('--all', action='store_true', help='all topologies, dtypes and modes')
  args = parser.parse_args()
  if args.all:
    args.topologies = TOPOLOGIES + SLICES
    args.dtypes, args.parallel = DTYPES, MODES
  return args


def _some(known):
  """Returns text -> some of the known names, with commas between them."""

  def parse(text):
    names = text.split(',')
    for name in names:
      if name not in known:
        raise argparse.ArgumentTypeError(
          f"no '{name}': choose of {', '.join(known)}"
        )
    return names

  return parse


def _cases(args):
  """(family, part, topology, dtype, parallel) of each program.

  A sampler runs on one chip, however many there are.
  """
  sampled = set()
  for topology, dtype, mode, family in itertools.product(
    args.topologies, args.dtypes, args.parallel, args.families
  ):
    yield family, 'train', topology, dtype, mode
    sampler = family, topology.partition(':')[0], dtype
    if sampler not in sampled:
      sampled.add(sampler)
      yield family, 'sample', topology, dtype, '1 chip'


def _read(path) -> dict[tuple, Checked]:
  """{case: what came of it} of a file; none without one."""
  if path is None or not path.exists():
    return {}
  found = [Checked(**fields) for fields in json.loads(path.read_text())]
  return {checked[:5]: checked for checked in found}


def _write(path, known) -> None:
  if path is not None:
    rows = [checked._asdict() for checked in known.values()]
    path.write_text(json.dumps(rows, indent=1) + '\n')


def check(family, part, topology, dtype, mode) -> Checked:
  """Compiles one program and looks at what came out."""
  begin = time.monotonic()
  name, devices = topology.partition(':')[0], chips.of(topology)
  config = RunConfig.from_dict(
    configs.load(f'{CONFIGS}:{family}', [('dtype', dtype)])
  )
  if part == 'train':
    program = programs.train(config, devices, mode)
  else:
    program = programs.sample(config, devices[0])
  checked = Checked(family, part, topology, dtype, mode)
  try:
    compiled = program.lowered.compile()
    cost = hlo.cost(compiled.as_text())
  except (jax.errors.JaxRuntimeError, ValueError) as e:
    return checked._replace(error=' '.join(str(e).split())[:300])
  memory = _memory(compiled.memory_analysis())
  work = flops.flops(
    program.function, *program.args, axes=program.axes, rounds=program.rounds
  )
  chip = CHIPS[name]
  error = ''
  if memory > chip.memory:
    error = f'does not fit: {memory / 1e9:.1f} of {chip.memory / 1e9:.0f} GB'
  if cost.looped:
    error = f'{cost.looped} collectives inside a loop'
  return checked._replace(
    memory=memory,
    flops=work,
    cycles=cost.cycles,
    collectives=sum(cost.collectives.values()),
    collective_bytes=cost.collective_bytes,
    looped=cost.looped,
    roofline=_roofline(chip, work, memory, cost.cycles),
    seconds=time.monotonic() - begin,
    error=error,
  )


def _memory(sizes) -> int:
  """Bytes that a program needs at once; what is donated counts once."""
  return (
    sizes.argument_size_in_bytes
    + sizes.output_size_in_bytes
    - sizes.alias_size_in_bytes
    + sizes.temp_size_in_bytes
    + sizes.generated_code_size_in_bytes
  )


def _roofline(chip: Chip, work: int, memory: int, cycles: int) -> float:
  least = max(work / chip.peak, memory / chip.bandwidth)
  return least / (cycles / chip.clock)


HEAD = (
  'family       part    topology   dtype     mode     memory MB    GFLOP  '
  'Mcycles  collectives  MB     roofline'
)


def _line(c: Checked) -> str:
  begin = f'{c.family:13}{c.part:8}{c.topology:11}{c.dtype:10}{c.parallel:8}'
  if c.error:
    return f'{begin}  FAILED: {c.error}'
  return (
    f'{begin}{c.memory / 1e6:10.1f}{c.flops / 1e9:9.2f}{c.cycles / 1e6:9.2f}'
    f'{c.collectives:13}{c.collective_bytes / 1e6:9.2f}{c.roofline:7.1%}'
  )


if __name__ == '__main__':
  sys.exit(main())
