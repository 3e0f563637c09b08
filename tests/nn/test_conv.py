"""A convolution as one matmul is Flax's own convolution."""

from flax import linen as nn
import jax
import numpy as np
import pytest

from musiczoo.nn.conv import Conv


@pytest.mark.parametrize(
  'space,widths,strides',
  [
    ((8,), (3,), ()),
    ((9,), (4,), (2,)),
    ((8,), (4,), (2,)),
    ((5,), (1,), (1,)),
    ((6, 7), (3, 5), ()),
    ((6, 7), (2, 4), (2, 3)),
  ],
)
def test_equals_the_convolution_of_flax(space, widths, strides):
  rng = np.random.default_rng(0)
  x = rng.standard_normal((2, *space, 3), np.float32)
  ours, theirs = Conv(5, widths, strides), nn.Conv(5, widths, strides or None)
  variables = theirs.init(jax.random.key(0), x)
  variables['params']['bias'] = rng.standard_normal(5, np.float32)
  kernel = variables['params']['kernel']
  flat = {'kernel': kernel.reshape(-1, 5), 'bias': variables['params']['bias']}
  y = ours.apply({'params': {'Dense_0': flat}}, x)
  np.testing.assert_allclose(y, theirs.apply(variables, x), atol=1e-5)
