"""Long sampling is announced with its time, measured by a short sample."""

import re

import pytest

from experiments import cost

OPTIONS = {'num_outputs': 4, 'phrase_candidates': 16, 'seed': 0}


@pytest.fixture
def sampled(monkeypatch):
  """The steps of each short sample; each takes a second."""
  found, clock = [], [0.0]

  def generate(pipeline, params, *, num_steps, **how):
    found.append((how['num_outputs'], num_steps))
    clock[0] += 1.0

  monkeypatch.setattr(cost.generate, 'generate', generate)
  monkeypatch.setattr(cost.time, 'perf_counter', lambda: clock[0])
  return found


def test_what_is_short_costs_nothing(sampled, capsys):
  cost.announce(None, None, OPTIONS | {'num_steps': 256})
  assert not sampled and not capsys.readouterr().out


@pytest.mark.parametrize(
  'steps,times,text',
  [
    (100_000, 1, '4 pieces of 100000 steps take about 26 min to sample: '),
    (6400, 3, '12 pieces of 6400 steps take about 100 s to sample: '),
    (10**6, 1, '4 pieces of 1000000 steps take about 4.3 h to sample: '),
  ],
)
def test_what_is_long_is_announced(sampled, capsys, steps, times, text):
  cost.announce(None, None, OPTIONS | {'num_steps': steps}, times)
  assert sampled == [(4 * times, cost.SHORT)] * 2
  (line,) = capsys.readouterr().out.splitlines()
  assert re.match(re.escape(text), line)
