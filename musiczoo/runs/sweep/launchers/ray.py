"""Workers on a Ray cluster: actors, each with a child process of its own."""

from collections.abc import Sequence

from musiczoo.data.ray_cluster import cluster
from musiczoo.runs.sweep.launchers.scheduler import (
  Job,
  LaunchOptions,
  schedule,
)
from musiczoo.runs.sweep.launchers.workers import Worker


def ray(jobs: Sequence[Job], options: LaunchOptions) -> None:
  """Runs jobs on the nodes of a Ray cluster.

  All nodes must have the workdir and the corpus under the same paths.

  Raises:
    UserError: Ray is not installed, or its cluster is not there.
  """
  with cluster('--launcher=ray') as ray:
    there = ray.cluster_resources()
    # More actors than processors would wait for ever.
    workers = min(options.workers, len(jobs), int(there['CPU']))
    # `stop` must be called while `run` runs.
    actor = ray.remote(Worker).options(
      max_concurrency=2,
      num_cpus=1,
      num_gpus=min(1, there.get('GPU', 0) / workers),
    )
    place = options.workdir, options.command
    remote = [_Remote(ray, actor.remote(*place)) for _ in range(workers)]
    schedule(jobs, options, remote)


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
