"""Training with a progress bar on a terminal, or plain lines elsewhere."""

import sys
import time

from tqdm import tqdm

from .signals import Signals


def fit(config, workdir):
  """Trains until the end or a signal: (RunResult, Signals)."""
  from musiczoo import build
  from musiczoo.runs import run

  build.cache_compilation()
  with Signals() as signals, Progress(config.steps, signals) as progress:
    done = run.fit(
      config,
      workdir,
      stopping=signals.stopping,
      report=progress.report,
      say=progress.say,
    )
  return done, signals


def stage(text: str) -> None:
  """Shows on a terminal what a command does now."""
  if sys.stderr.isatty():
    print(f'{text} ...', file=sys.stderr)


class Progress:
  """Shows how far a run is; `with Progress(steps, signals) as progress: ...`.

  The end of its output asks `signals` for a stop.
  """

  def __init__(self, steps: int, signals: Signals):
    self._signals = signals
    self._live = sys.stderr.isatty()
    self._bar = tqdm(total=steps, unit='step', disable=not self._live)
    self._steps = steps
    self._first = None  # (time, step) of the first report, after compilation
    self._printed = self._said = time.monotonic()

  def __enter__(self):
    return self

  def __exit__(self, *error):
    self._bar.close()

  def say(self, line: str) -> None:
    with self._signals.output():
      tqdm.write(line, file=sys.stdout)
      sys.stdout.flush()
    self._said = time.monotonic()

  def report(self, step: int, metrics: dict) -> None:
    """Shows a logged step, which has a `loss`, or an evaluation."""
    if 'loss' not in metrics:
      values = [f'{k} {v:.4f}' for k, v in metrics.items() if k != 'step']
      self.say('  '.join([f'step {step:>6}', *values]))
      return
    if self._first is None:
      seconds = time.monotonic() - self._said
      self.say(f'compiled in {seconds:.1f} s, with the first steps')
      self._first = time.monotonic(), step
      self._printed = time.monotonic()
      self._bar.reset()  # Without the time of compilation.
      self._bar.initial = step
    self._bar.n = step
    self._bar.set_postfix_str(f'loss {metrics["loss"]:.4f}', refresh=False)
    self._bar.refresh()
    if not self._live and time.monotonic() - self._printed > 10:
      self._printed = time.monotonic()
      loss = metrics['loss']
      self.say(f'step {step:>6}  loss {loss:.4f}  {self._speed(step)}')

  def _speed(self, step):
    since, first = self._first
    rate = (step - first) / max(time.monotonic() - since, 1e-9)
    left = (self._steps - step) / rate if rate else float('inf')
    return f'{rate:.2f} steps/s, {left:.0f} s left'
