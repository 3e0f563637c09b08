"""Jobs -> child processes of this one, each with its share of the machine."""

from collections.abc import Sequence

from .ask import Ask
from .deal import deal
from .worker import Worker


def local(jobs: Sequence[tuple[str, ...]], ask: Ask) -> None:
  of = min(ask.workers, len(jobs))
  deal(jobs, ask, [Worker(ask.workdir, number, of) for number in range(of)])
