"""Tables and curves of a run in progress, TensorBoard, a profile."""

import pathlib

from absl import flags

from musiczoo.errors import UserError

TENSORBOARD = flags.DEFINE_bool(
  'tensorboard', False, "Write WORKDIR/tensorboard too (extra 'tensorboard')."
)
PROFILE = flags.DEFINE_string(
  'profile', None, "Steps to profile, 'FIRST:LAST', to WORKDIR/profile."
)


class Watch:
  """Writes files from what a run reports; `close` when it has ended."""

  def __init__(self, workdir: str):
    self._workdir = pathlib.Path(workdir)
    self._board = _board(self._workdir) if TENSORBOARD.value else None
    self._profile = _span(PROFILE.value) if PROFILE.value else None
    self._profiling = False

  def report(self, step: int, metrics: dict) -> None:
    if self._board:
      for name, value in metrics.items():
        if name != 'step':
          self._board.add_scalar(name, value, step)
    if 'loss' in metrics:
      self._follow(step)
    else:
      self._draw()

  def close(self) -> None:
    self._stop()
    if self._board:
      self._board.close()

  def _draw(self):
    from musiczoo.show.plots import curves
    from musiczoo.training import journal

    journal.write_csv(self._workdir)
    curves.draw_all(self._workdir, self._workdir / 'curve.png')

  def _follow(self, step):
    import jax

    if self._profile and not self._profiling and step >= self._profile[0]:
      jax.profiler.start_trace(str(self._workdir / 'profile'))
      self._profiling = True
    elif self._profiling and step >= self._profile[1]:
      self._stop()

  def _stop(self):
    import jax

    if self._profiling:
      jax.profiler.stop_trace()
      self._profiling, self._profile = False, None


def _span(text):
  first, _, last = text.partition(':')
  if not (first.isdecimal() and last.isdecimal() and int(first) < int(last)):
    raise UserError(f"--profile={text}: give two steps, as in '100:120'")
  return int(first), int(last)


def _board(workdir):
  try:
    from tensorboardX import SummaryWriter
  except ImportError as e:
    raise UserError(
      "--tensorboard needs the extra 'tensorboard': pip install "
      "'musiczoo[tensorboard]'"
    ) from e
  return SummaryWriter(str(workdir / 'tensorboard'))
