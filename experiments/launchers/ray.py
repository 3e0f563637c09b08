"""Jobs -> a Ray cluster, each worker an actor with a child process of its own."""

from collections.abc import Sequence

from musiczoo.data.ray_cluster import cluster

from .ask import Ask
from .deal import deal
from .worker import Worker


def ray(jobs: Sequence[tuple[str, ...]], ask: Ask) -> None:
  """All nodes must see the workdir and the corpus under the same paths.

  Raises:
    UserError: Ray is not installed, or its cluster is not there.
  """
  with cluster('--launcher=ray') as ray:
    there = ray.cluster_resources()
    # More actors than processors would wait for ever.
    workers = min(ask.workers, len(jobs), int(there['CPU']))
    # `stop` must be heard while `run` runs.
    actor = ray.remote(Worker).options(
      max_concurrency=2,
      num_cpus=1,
      num_gpus=min(1, there.get('GPU', 0) / workers),
    )
    actors = [actor.remote(ask.workdir) for _ in range(workers)]
    deal(jobs, ask, [_Remote(ray, actor) for actor in actors])


class _Remote:
  """A Worker that lives on a node of the cluster."""

  def __init__(self, ray, actor):
    self._ray, self._actor = ray, actor

  def run(self, job):
    try:
      self._ray.get(self._actor.run.remote(job))
    except self._ray.exceptions.RayError:
      pass  # Its node is gone; the job stays unfinished.

  def stop(self):
    self._actor.stop.remote()

  def close(self):
    self._actor.close.remote()
