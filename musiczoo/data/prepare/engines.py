"""Engines that read Sources in parallel, in order: local processes or Ray.

An engine is a function (sources, file_limits, workers) -> Results. Both have a number of child
processes work through the same function, and draw sources only a little ahead
of the results that are taken: memory stays flat.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
import concurrent.futures
import functools
import itertools
import threading
from typing import NamedTuple

from musiczoo.data.prepare.scan import ingest, rejected, Result, Source
from musiczoo.data.ray_cluster import cluster
from musiczoo.data.sandbox import Sandbox
from musiczoo.music.midi import Limits

AHEAD = 4  # Sources drawn ahead, for each worker.


class FileLimits(NamedTuple):
  """How much a file may be and cost.

  Attributes:
    limits: the most a file may hold.
    seconds: the most that reading it may take.
    megabytes: the most memory that reading it may take.
  """

  limits: Limits = Limits()
  seconds: float = 60.0
  megabytes: int = 1024


def local(
  sources: Iterable[Source], file_limits: FileLimits, workers: int
) -> Iterator[Result]:
  """Reads files in child processes of this one."""
  readers, mine = (
    [_Reader(file_limits) for _ in range(workers)],
    threading.local(),
  )
  unused = iter(readers)

  def begin():
    mine.reader = next(unused)

  def work(source):
    return mine.reader.read(source)

  # A thread only waits for its child.
  pool = concurrent.futures.ThreadPoolExecutor(workers, initializer=begin)
  try:
    yield from _in_order(
      sources, lambda source: pool.submit(work, source).result, AHEAD * workers
    )
  finally:
    for reader in readers:
      reader.close()  # Before the threads that wait for them.
    pool.shutdown(cancel_futures=True)


def ray(
  sources: Iterable[Source], file_limits: FileLimits, workers: int
) -> Iterator[Result]:
  """Reads files on a Ray cluster: the one of RAY_ADDRESS, or one made here.

  All nodes must see the files under the same paths; of archives, the bytes
  are sent. A worker here is an actor with a child process of its own.

  Raises:
    UserError: Ray is not installed, or its cluster is not there.
  """
  with cluster('--engine=ray') as ray:
    # More actors than processors would wait for ever.
    workers = min(workers, int(ray.cluster_resources()['CPU']))
    actor = ray.remote(num_cpus=1)(_Reader)
    actors = itertools.cycle(
      [actor.remote(file_limits) for _ in range(workers)]
    )

    def submit(source):
      return functools.partial(ray.get, next(actors).read.remote(source))

    yield from _in_order(sources, submit, AHEAD * workers)


ENGINES = {'local': local, 'ray': ray}


class _Reader:
  """Reads one file at a time in a child process of its own."""

  def __init__(self, file_limits):
    function = functools.partial(ingest, limits=file_limits.limits)
    self._sandbox = Sandbox(
      function, file_limits.seconds, file_limits.megabytes
    )
    self.close = self._sandbox.close

  def read(self, source):
    result = self._sandbox.run(source)
    return rejected(source.name, result) if isinstance(result, str) else result


def _in_order(
  sources: Iterable[Source],
  submit: Callable[[Source], Callable[[], Result]],
  ahead: int,
) -> Iterator[Result]:
  """Results in the order of sources; `submit` returns a function that waits."""
  waiting = deque()
  for source in sources:
    waiting.append(submit(source))
    if len(waiting) > ahead:
      yield waiting.popleft()()
  while waiting:
    yield waiting.popleft()()
