"""A trial's name is its config's; jobs are of one shape."""

from dataclasses import replace
import json
import subprocess
import sys

from musiczoo.build import RunConfig
from musiczoo.runs.sweep import trials
from tests import configs
from tests.runs.sweep import small

CONFIG = small.config('jsb.npz')


def test_an_id_follows_from_the_config_alone():
  run_id = trials.run_id(CONFIG)
  assert run_id.startswith('unigram-seed0-')
  shuffled = dict(reversed(CONFIG.to_dict().items()))
  assert trials.run_id(RunConfig.from_dict(shuffled)) == run_id
  # As it is read again from its folder; in a process of another hash seed.
  code = (
    'import json, sys\n'
    'from musiczoo.build import RunConfig\n'
    'from musiczoo.runs.sweep import trials\n'
    'config = RunConfig.from_dict(json.load(sys.stdin))\n'
    'print(trials.run_id(config))'
  )
  answer = subprocess.run(
    [sys.executable, '-c', code],
    input=json.dumps(CONFIG.to_dict()),
    text=True,
    capture_output=True,
    check=True,
  )
  assert answer.stdout.strip() == run_id


def test_any_change_of_the_config_is_another_id():
  others = [
    replace(CONFIG, seed=1),
    replace(CONFIG, steps=13),
    replace(CONFIG, parallel='pmap'),
    configs.with_optimizer(CONFIG, learning_rate=0.31),
  ]
  ids = {trials.run_id(c) for c in [CONFIG, *others]}
  assert len(ids) == 5


def test_every_point_gets_every_seed():
  planned = trials.plan({'a': replace(CONFIG, seed=5), 'b': CONFIG}, 3)
  assert [(t.point, t.seed) for t in planned] == [
    ('a', 5),
    ('a', 6),
    ('a', 7),
    ('b', 0),
    ('b', 1),
    ('b', 2),
  ]
  assert all(t.config.seed == t.seed for t in planned)
  assert CONFIG.seed == 0


def test_jobs_are_of_one_shape():
  points = {
    'slow': configs.with_optimizer(CONFIG, learning_rate=0.1),
    'fast': configs.with_optimizer(CONFIG, learning_rate=0.2),
    # Another branch of the optimizer's program.
    'clipped': configs.with_optimizer(CONFIG, clip=0.0),
    'small': replace(CONFIG, window=4),
  }
  planned = trials.plan(points, 3)
  of = {t.id: t for t in planned}
  jobs = trials.jobs(planned, 4)
  assert [[of[i].point for i in job] for job in jobs] == [
    ['slow'] * 3 + ['fast'],
    ['fast'] * 2,
    ['clipped'] * 3,
    ['small'] * 3,
  ]
  assert [len(job) for job in trials.jobs(planned, 1)] == [1] * 12
