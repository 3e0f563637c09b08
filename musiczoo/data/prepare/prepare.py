"""Preparation of a folder or archive of music as a dataset on disk."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
import contextlib
import json
import pathlib

from musiczoo.data import dataset
from musiczoo.data.corpus import Piece, split_of, SPLITS
from musiczoo.data.prepare import scan, sources
from musiczoo.data.prepare.engines import ENGINES, FileLimits
from musiczoo.data.prepare.scan import Result
from musiczoo.errors import UserError
from musiczoo.music.midi import guard

REJECTED = guard.REJECTED | scan.REJECTED

FEW = 3  # Names of a kind in the report; the manifest has all.

# Shows how far a job is: (items, how many or None) -> the same items.
Watch = Callable[[Iterable, int | None], Iterator]


def prepare(
  path: pathlib.Path,
  output: pathlib.Path,
  *,
  engine: str = 'local',
  workers: int = 1,
  care: FileLimits = FileLimits(),
  watch: Watch = lambda items, total: iter(items),
) -> dict:
  """Reads all files, finds duplicates, deals out splits, writes the dataset.

  The bytes of the dataset don't depend on the engine or the number of workers.
  The split of a piece follows from its fingerprint: from nothing but its notes.

  Args:
    path: a folder, or a zip or tar archive.
    output: the dataset; if it is there, it must turn out the same.
    engine: a key of ENGINES.
    workers: how many files are read at once.
    care: how much a file may be and cost.
    watch: shows how far it is.

  Returns:
    the report: `files` = `kept` + `repaired` + `rejected`; `duplicates`, of
    which `transposed`, are among the first two; `ignored` files are no music;
    `pieces` is what is stored, with its `notes`, `splits` and `styles`;
    `reasons` counts the files in which each code was met. Of the pieces, `free`
    fit no grid, of which `first_free` names some; `grids` counts which grid, in
    steps to the quarter note, the others fit best, and `moved_ms` how far
    their notes move to it on the average. All pieces are stored as they are.

  Raises:
    UserError: the input can't be read or has nothing to use, or the output
      can't be written.
  """
  ignored = Counter()
  found, total = sources.find(path, care.limits, ignored)
  tally = _Tally()
  with dataset.creating(output) as (writer, folder):
    results = ENGINES[engine](found, care, workers)
    with (
      contextlib.closing(results),
      (folder / 'manifest.jsonl').open('w') as manifest,
    ):
      for result in watch(results, total):
        manifest.write(json.dumps(tally.add(result, writer)) + '\n')
    report = tally.report() | {'ignored': ignored.total()}
    if not report['pieces']:
      raise UserError(f'{path}: {_nothing(report)}')
    (folder / 'report.json').write_text(json.dumps(report, indent=1) + '\n')
  return report


class _Tally:
  """Counts Results, finds duplicates, and adds new pieces to the dataset."""

  def __init__(self):
    self._seen = {}  # Digest -> name and lowest pitch of the first to have it.
    self._counts = Counter()
    self._reasons = Counter()
    self._splits = Counter()
    self._styles = Counter()
    self._grids, self._moved = Counter(), 0.0
    self._free = []

  def add(self, result: Result, writer: dataset.Writer) -> dict:
    """Stores a piece that is new; returns the manifest's line of any."""
    line = {
      'name': result.name,
      'style': dataset.style_of(result.name),
      'sha256': result.sha256,
      'status': result.status,
      'reasons': result.reasons,
    }
    self._counts[result.status] += 1
    self._reasons.update(result.reasons.keys())
    if result.score is None:
      return line
    digest, lowest = result.fingerprint
    line |= {'notes': len(result.score.notes), 'fingerprint': digest}
    line |= {'grid': result.grid._asdict()}
    if digest in self._seen:
      first, its_lowest = self._seen[digest]
      self._counts['duplicates'] += 1
      self._counts['transposed'] += lowest != its_lowest
      return line | {'duplicate_of': first, 'semitones': lowest - its_lowest}
    self._seen[digest] = result.name, lowest
    split = split_of(digest)
    self._splits[split] += 1
    self._styles[line['style']] += 1
    self._counts['notes'] += line['notes']
    self._add_grid(result)
    piece = writer.add(Piece(result.name, result.score), split)
    return line | {'split': split, 'piece': piece}

  def _add_grid(self, result):
    if result.grid.free:
      self._counts['free'] += 1
      self._free = [*self._free, result.name][:FEW]
    else:
      self._grids[result.grid.steps_per_quarter] += 1
      notes = len(result.score.notes)
      self._counts['on_grid'] += notes
      self._moved += notes * result.grid.moved_ms

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
      'grids': {str(g): n for g, n in sorted(self._grids.items())},
      'moved_ms': round(self._moved / max(counts['on_grid'], 1), 1),
      'free': counts['free'],
      'first_free': self._free,
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
