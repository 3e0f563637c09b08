"""Configs of experiments/configs as the tests use them: parsed."""

from collections.abc import Iterable
import dataclasses

from experiments import config as configs
from musiczoo.build import Choice, RunConfig


def load(given: str, changes: Iterable[tuple[str, str]] = ()) -> RunConfig:
  """'chorales.py:lstm' and changes, as of `configs.load` -> its RunConfig."""
  path = f'experiments/configs/{given}'
  return RunConfig.from_dict(configs.load(path, changes))


def with_optimizer(config: RunConfig, **options) -> RunConfig:
  """The config with options of its optimizer changed."""
  name, before = config.optimizer.name, config.optimizer.options
  optimizer = Choice(name, {**before, **options})
  return dataclasses.replace(config, optimizer=optimizer)
