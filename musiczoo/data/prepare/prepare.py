"""Preparation of a folder or archive of music as a dataset on disk.

A file is found (`sources`), read in a child process (`engines`, `scan`), compared
with the earlier ones by its fingerprint, assigned to a split and written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
import contextlib
import json
import pathlib
from typing import Annotated

from musiczoo.data import dataset
from musiczoo.data.corpus import Piece
from musiczoo.data.prepare import scan, sources
from musiczoo.data.prepare.engines import ENGINES, FileLimits
from musiczoo.data.prepare.grids import Grids
from musiczoo.data.prepare.scan import Result
from musiczoo.data.splits import HASH, Rule, shares, split_of, SPLITS
from musiczoo.errors import check_argument, UserError
from musiczoo.music.midi import guard

REJECTED = guard.REJECTED | scan.REJECTED

# Shows the progress of a job: (items, how many or None) -> the same items.
Watch = Callable[[Iterable, int | None], Iterator]


def prepare(
  path: pathlib.Path,
  output: pathlib.Path,
  *,
  engine: str = 'local',
  workers: int = 1,
  drums: Sequence[str] = (),
  split: str = HASH,
  file_limits: FileLimits = FileLimits(),
  watch: Watch = lambda items, total: iter(items),
) -> dict:
  """Reads all files, finds duplicates, assigns splits, writes the dataset.

  The bytes of the dataset don't depend on the engine or the number of workers.
  The split of a piece follows from its fingerprint: from nothing but its notes.

  Args:
    path: a folder, or a zip or tar archive.
    output: the dataset; if it is there, it must turn out the same.
    engine: a key of ENGINES.
    workers: how many files are read at once.
    drums: words; a track with one in its name is a drum kit on any channel.
    split: a rule of `splits.Rule`, HASH or shares.
    file_limits: how much a file may be and cost.
    watch: shows the progress.

  Returns:
    the report: `files` = `kept` + `repaired` + `rejected`; `duplicates`, of
    which `transposed`, are among the first two; `ignored` files are no music;
    `pieces` is what is stored, with its `notes`, `splits` and `styles`;
    `reasons` counts the files in which each code was met. Of the pieces, `free`
    fit no grid, of which `first_free` names some; `grids` counts which grid, in
    steps to the quarter note, the others fit best, and `moved_ms` how far
    their notes move to it on the average. `steps_per_quarter` is the grid for
    all of these, and `onsets_kept` the share of their onsets that each grid
    keeps, see `Grids.choice`; dataset.json has both, too. `one_beat` have mostly
    bars of one beat. All pieces are stored as they are.

  Raises:
    UserError: the input can't be read or has nothing to use, or the output
      can't be written.
  """
  check_argument('--split', split, Annotated[str, Rule(HASH)])
  ignored, counts, first_of = Counter(), _Counts(), {}
  found, total = sources.find(path, file_limits.limits, ignored)
  found = (source._replace(drums=tuple(drums)) for source in found)
  facts = {}
  with (
    dataset.creating(output, facts) as (writer, folder),
    contextlib.closing(ENGINES[engine](found, file_limits, workers)) as results,
  ):
    with (folder / 'manifest.jsonl').open('w') as manifest:
      for result in watch(results, total):
        line = _describe(result)
        if result.score is not None:
          line |= _duplicate(result, first_of) or _store(result, writer, split)
        manifest.write(json.dumps(line) + '\n')
        counts.add(line)
    report = counts.report() | {'ignored': ignored.total()}
    if not report['pieces']:
      raise UserError(f'{path}: {_nothing(report)}')
    facts.update((name, report[name]) for name in dataset.GRIDS)
    (folder / 'report.json').write_text(json.dumps(report, indent=1) + '\n')
  return report


def _describe(result: Result) -> dict:
  """The line of the manifest of any file."""
  line = {
    'name': result.name,
    'style': dataset.style_of(result.name),
    'sha256': result.sha256,
    'status': result.status,
    'reasons': result.reasons,
  }
  if result.score is not None:
    line |= {
      'notes': len(result.score.notes),
      'fingerprint': result.fingerprint.digest,
      'grid': result.grid._asdict(),
      'one_beat': result.one_beat,
    }
  return line


def _duplicate(result, first_of):
  """Of which earlier piece it is a duplicate; {} if it is new.

  `first_of`: digest -> name and lowest pitch of the first piece that has it.
  """
  digest, lowest = result.fingerprint
  if digest not in first_of:
    first_of[digest] = result.name, lowest
    return {}
  first, its_lowest = first_of[digest]
  return {'duplicate_of': first, 'semitones': lowest - its_lowest}


def _store(result, writer, rule):
  split = split_of(result.fingerprint.digest, shares(rule))
  number = writer.add(Piece(result.name, result.score), split)
  return {'split': split, 'piece': number}


class _Counts:
  """Counts lines of the manifest for the report."""

  def __init__(self):
    self._counts, self._reasons, self._splits = Counter(), Counter(), Counter()
    self._styles, self._grids = Counter(), Grids()

  def add(self, line: dict) -> None:
    self._counts[line['status']] += 1
    self._reasons.update(line['reasons'].keys())
    if 'duplicate_of' in line:
      self._counts['duplicates'] += 1
      self._counts['transposed'] += line['semitones'] != 0
    if 'piece' in line:
      self._splits[line['split']] += 1
      self._styles[line['style']] += 1
      self._counts['one_beat'] += line['one_beat']
      self._counts['notes'] += line['notes']
      self._grids.add(line)

  def report(self) -> dict:
    counts = self._counts
    statuses = {s: counts[s] for s in ('kept', 'repaired', 'rejected')}
    return {
      'files': sum(statuses.values()),
      **statuses,
      'duplicates': counts['duplicates'],
      'transposed': counts['transposed'],
      'pieces': self._splits.total(),
      'notes': counts['notes'],
      'splits': {split: self._splits[split] for split in SPLITS},
      'styles': dict(sorted(self._styles.items())),
      **self._grids.report(),
      'one_beat': counts['one_beat'],
      'reasons': dict(sorted(self._reasons.items())),
    }


def _nothing(report):
  if not report['files']:
    return (
      f'none of its {report["ignored"]} files is music '
      f'({", ".join(sources.SUFFIXES)}): give a folder or archive that has'
    )
  code = max(report['reasons'], key=report['reasons'].get)
  return (
    f'none of its {report["files"]} files can be used; most often the reason '
    f'is that a file {REJECTED[code]} [{code}]'
  )
