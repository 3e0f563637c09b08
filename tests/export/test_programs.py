"""What is exported computes what the model does, from its files alone."""

import jax
from jax import export
import numpy as np
import onnxruntime
import pytest

from musiczoo.export import onnx_model, stablehlo, weights
from musiczoo.music import annotation_text
from musiczoo.music.form import Form
from musiczoo.nn.heads import Controls
from musiczoo.sampling import generate
from tests.export.models import build_tiny, inputs as random_inputs

CONDITIONED = 'conditions.columns', 'key,chord,density'


def inputs(pipeline, forward, rows=3, steps=7):
  """Random ones of a Forward; the last row begins."""
  given = random_inputs(pipeline, forward, rows, steps)
  if 'before' in given:
    given['before'][-1, 0] = -1
  return given


@pytest.mark.parametrize(
  'variant,changes',
  [
    ('chorales.py:rnn', ()),
    ('chorales.py:lstm_events', (CONDITIONED,)),
    ('tunes.py:lstm', ()),
    ('chorales.py:gru_pianoroll_nade', ()),
    ('chorales.py:cnn', (('dtype', 'bfloat16'),)),
    ('chorales.py:autoencoder', ()),
    ('chorales.py:gan', (CONDITIONED,)),
  ],
  ids=lambda v: v if isinstance(v, str) else '',
)
def test_onnx_computes_what_the_net_does(variant, changes):
  config, _, params = build_tiny(variant, *changes)
  model = onnx_model.to_bytes(config, weights.flat(params))
  # It is in float32 whatever the config's dtype.
  _, pipeline, _ = build_tiny(variant, *changes, ('dtype', 'float32'))
  forward = pipeline.model.forward
  session = onnxruntime.InferenceSession(model)
  given = inputs(pipeline, forward)
  expected = jax.jit(forward.apply)(params, given)
  names = [output.name for output in session.get_outputs()]
  assert set(names) == {n for n in expected if not n.startswith('log_prob')}
  assert {i.name for i in session.get_inputs()} == set(given)
  for name, value in zip(names, session.run(names, given)):
    np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-5)
  # Of one row, and of its first steps where time is dynamic, it is the same.
  rows = {k: v[:, :, :1] if k == 'state' else v[:1] for k, v in given.items()}
  if 'before' in given:
    rows = {
      k: v if k in ('state', 'chroma', 'past') else v[:, :4]
      for k, v in rows.items()
    }
  for name, value in zip(names, session.run(names, rows)):
    if not name.endswith('_after'):
      want = expected[name][:1, : value.shape[1]]
      np.testing.assert_allclose(value, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
  'variant,states',
  [
    ('chorales.py:lstm', ('state', 'chroma')),
    ('tunes.py:lstm', ('state', 'past')),
  ],
)
def test_a_state_goes_on(variant, states):
  """Two halves, the state handed on, are the whole; so is what loss adds up."""
  _, pipeline, params = build_tiny(variant)
  flat = weights.flat(params)
  step = export.deserialize(bytearray(stablehlo.step(pipeline, flat)))
  given = inputs(pipeline, pipeline.model.forward, rows=2, steps=6)
  given['before'][:, 0] = -1
  for name in states:
    given[name][:] = -1 if name == 'past' else 0
  given['before'][:, 1:] = given['x'][:, :-1]
  whole = step.call(flat, given)
  halves, after = [], {k: given[k] for k in states}
  for half in (slice(0, 2), slice(2, 6)):
    cut = {k: given[k][:, half] for k in ('before', 'x', 'cond')}
    halves.append(step.call(flat, cut | after))
    after = {k: halves[-1][f'{k}_after'] for k in after}
  scored = [name for name in whole if name.startswith('log_prob')]
  for name in (*scored, *(n for n in whole if n.startswith('logits'))):
    joined = np.concatenate([half[name] for half in halves], axis=1)
    np.testing.assert_allclose(joined, whole[name], atol=1e-5)
  batch = {k: given[k] for k in ('x', 'cond')}
  batch['mask'] = np.ones((2, 6), np.float32)
  batch['row'] = np.arange(2, dtype=np.uint32)
  sums, _ = jax.jit(lambda *of: pipeline.model.loss(*of, step=0, train=False))(
    params, batch, jax.random.key(0)
  )
  total = sum(whole[name].sum() for name in scored)
  np.testing.assert_allclose(-total, sums['nll'], rtol=1e-5)


@pytest.mark.parametrize(
  'variant,changes',
  [
    pytest.param('chorales.py:structure', (), marks=pytest.mark.slow),
    ('chorales.py:gan', (CONDITIONED,)),
  ],
  ids=lambda v: v if isinstance(v, str) else '',
)
def test_the_sampler_generates_the_same(variant, changes):
  _, pipeline, params = build_tiny(variant, *changes)
  flat = weights.flat(params)
  sampler = export.deserialize(bytearray(stablehlo.sampler(pipeline, flat)))
  assert set(sampler.platforms) == {'cpu', 'cuda', 'tpu'}
  length, shape = 20, pipeline.representation.spec.shape
  controls = {
    name: np.array(value, np.int32 if name == 'top_k' else np.float32)
    for name, value in zip(Controls._fields[:4], (0.8, 3, 1.0, 0.0))
    if name in pipeline.model.controls
  }
  own = {k: float(v) for k, v in controls.items()}
  asked = Controls(**own | ({'top_k': 3} if 'top_k' in own else {}))
  form = Form(length, 4)
  expected = generate.generate(
    *(pipeline, params),
    num_outputs=2,
    num_steps=length,
    seed=4,
    controls=asked,
    forms=[form, form],
  )
  if stablehlo.takes_given(pipeline.model):
    controls['given'] = np.zeros((2, length, *shape), np.int32)
    controls['known'] = np.zeros((length, *shape), bool)
  if 'cond' in pipeline.model.controls:
    cond = annotation_text.plan(form).astype(np.int32)
    controls['cond'] = np.stack([cond] * 2)
  keys = jax.random.key_data(generate.piece_keys(4, 2))
  x = sampler.call(flat, keys, np.zeros(length, np.uint8), controls)
  np.testing.assert_array_equal(x, expected.x)


@pytest.mark.parametrize('conditioned', [False, True])
def test_orderless_has_the_log_probability_of_each_cell(conditioned):
  changes = (CONDITIONED,) if conditioned else ()
  _, pipeline, params = build_tiny('chorales.py:orderless', *changes)
  flat = weights.flat(params)
  assert len(stablehlo.sampler(pipeline, flat)) > 0
  step = export.deserialize(bytearray(stablehlo.step(pipeline, flat)))
  rng = np.random.default_rng(0)
  x = rng.integers(100, size=(3, 20, 4)).astype(np.int32)
  known, real = rng.random(x.shape) < 0.5, np.ones((3, 20), bool)
  inputs = {'x': x, 'known': known, 'real': real}
  if conditioned:
    cond = annotation_text.plan(Form(20, 4)).astype(np.int32)
    inputs['cond'] = np.stack([cond] * 3)
  got = step.call(flat, inputs)
  expected = jax.jit(pipeline.model.conditional)(params, *inputs.values())
  assert set(got) == {f'log_prob_{name}' for name in expected}
  for name, value in expected.items():
    np.testing.assert_allclose(got[f'log_prob_{name}'], value, atol=1e-5)
