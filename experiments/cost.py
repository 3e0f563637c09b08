"""What sampling will cost, by a short sample."""

import time

from musiczoo.sampling import generate

# Steps of all samples and candidates from which on it takes minutes.
LONG = 10**6
SHORT = 64  # Steps of the short sample.


def announce(pipeline, params, options, times: int = 1) -> None:
  """Prints how long the samples will take, if that is long.

  Args:
    options: of `sampling_flags.options`.
    times: how often each piece is sampled.
  """
  steps, pieces = options['num_steps'], options['num_outputs'] * times
  if pieces * options['phrase_candidates'] * steps < LONG:
    return
  short = {'num_outputs': pieces, 'num_steps': SHORT, 'forms': None}
  for _ in range(2):  # In the first the program is compiled.
    begun = time.perf_counter()
    generate.generate(pipeline, params, **options | short)
  seconds = (time.perf_counter() - begun) * steps / SHORT
  print(
    f'{pieces} pieces of {steps} steps take about {_text(seconds)} to sample: '
    'Ctrl-C stops, lower --num_steps or --num_outputs',
    flush=True,
  )


def _text(seconds):
  if seconds < 120:
    return f'{seconds:.0f} s'
  minutes = seconds / 60
  return f'{minutes:.0f} min' if minutes < 120 else f'{minutes / 60:.1f} h'
