"""Flags of every family: what a model can use is accepted, else refused."""

import dataclasses
import functools

import pytest

from musiczoo import build
from musiczoo.errors import UserError
from musiczoo.nn.heads import Controls
from musiczoo.sampling import checks
from tests import configs

CONTROLS = {'temperature': 0.5, 'top_k': 3, 'top_p': 0.9, 'min_p': 0.1}
REQUESTS = {'chords': 'C G', 'key': 'Am', 'density': 2.0, 'style': 'waltz'}
# Family -> the requests that its config is conditioned on.
FAMILIES = {
  'rnn': (),
  'lstm': (),
  'gru': (),
  'cnn': (),
  'infill': (),
  'orderless': (),
  'autoencoder': (),
  'vae': (),
  'gan': (),
  'structure': ('chords', 'key', 'density'),
}


@functools.cache
def pipeline(family):
  config = configs.load(f'chorales.py:{family}')
  return config, build.pipeline(config)


def model(family):
  config, of_family = pipeline(family)
  return config, of_family.model


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('flag', CONTROLS)
def test_a_control_is_used_or_refused(family, flag):
  _, of_family = pipeline(family)
  if family == 'gan':
    with pytest.raises(UserError, match=f'--{flag} cannot be used'):
      checks.check_controls(of_family, **{flag: CONTROLS[flag]})
  else:
    found = checks.check_controls(of_family, **{flag: CONTROLS[flag]})
    assert getattr(found, flag) == CONTROLS[flag]
  own = of_family.sampling.temperature if family != 'gan' else 1.0
  usual = Controls(temperature=own)
  assert checks.check_controls(of_family, **{flag: None}) == usual


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('flag', REQUESTS)
def test_a_condition_is_used_or_refused(family, flag):
  config, of_family = model(family)
  asked = {flag: REQUESTS[flag]}
  if flag in FAMILIES[family]:
    found = checks.check_requested(of_family, config.conditions, **asked)
    assert found == asked
  else:
    with pytest.raises(UserError, match=f'--{flag} cannot be used'):
      checks.check_requested(of_family, config.conditions, **asked)


@pytest.mark.parametrize('family', ['orderless', 'autoencoder', 'vae', 'gan'])
def test_columns_in_a_config_do_not_make_a_family_conditional(family):
  """A family that ignores conditions refuses them, whatever its config says."""
  config, of_family = model(family)
  columns = dataclasses.replace(config.conditions, columns=('chord',))
  with pytest.raises(UserError, match='which has no conditions'):
    checks.check_requested(of_family, columns, chords='C')


@pytest.mark.parametrize(
  'flag,value',
  [
    ('temperature', float('inf')),
    ('temperature', float('nan')),
    ('temperature', -0.1),
    ('top_k', -1),
    ('top_k', 10**12),
    ('top_p', 0.0),
    ('top_p', 1.5),
    ('min_p', -0.5),
  ],
)
def test_a_control_has_a_range(flag, value):
  _, of_family = pipeline('lstm')
  with pytest.raises(UserError, match=f'--{flag}=.*: give .* to '):
    checks.check_controls(of_family, **{flag: value})
