"""FLOPs of small functions that can be counted by hand."""

import jax
import jax.numpy as jnp

from musiczoo.nn.recurrent import Recurrent
from musiczoo.training.flops import flops


def array(*shape):
  return jax.ShapeDtypeStruct(shape, jnp.float32)


def test_a_matmul_and_its_gradient():
  square = lambda w, x: ((x @ w) ** 2).sum()
  w, x = array(3, 5), array(7, 3)
  assert flops(square, w, x) == 2 * 7 * 3 * 5
  assert flops(jax.grad(square, (0, 1)), w, x) == 3 * 2 * 7 * 3 * 5


def test_a_scan_counts_all_its_rounds():
  def function(w, x):
    step = lambda h, _: (jax.jit(jnp.dot)(h, w), None)
    return jax.lax.scan(step, x, None, length=11)[0]

  assert flops(function, array(3, 3), array(7, 3)) == 11 * 2 * 7 * 3 * 3


def test_a_loop_of_unknown_length_is_given_its_rounds():
  def function(w, x):
    return jax.lax.while_loop(lambda h: h.sum() > 1, lambda h: h @ w, x)

  w, x = array(3, 3), array(7, 3)
  assert flops(function, w, x) == 2 * 7 * 3 * 3
  assert flops(function, w, x, rounds=5) == 5 * 2 * 7 * 3 * 3


def test_a_kernel_counts_at_all_places_of_its_grid():
  """A layer has as many, whatever computes it."""

  def of(backend):
    net = Recurrent('lstm', 128, 1, backend=backend)
    x = array(8, 5, 3)
    params = jax.eval_shape(net.init, jax.random.key(0), x)
    run = jax.grad(lambda params, x: net.apply(params, x)[0].sum(), (0, 1))
    return flops(run, params, x)

  assert of('pallas') == of('scan')


def test_of_branches_the_dearest_counts():
  def function(w, x):
    return jax.lax.cond(x[0, 0] > 0, lambda: x @ w, lambda: x)

  assert flops(function, array(3, 3), array(7, 3)) == 2 * 7 * 3 * 3


def test_a_convolution_and_its_opposite():
  def function(w, x):
    return jax.lax.conv_general_dilated(
      x, w, (2,), 'SAME', dimension_numbers=('NWC', 'WIO', 'NWC')
    )

  w, x = array(4, 3, 5), array(2, 16, 3)
  there = flops(function, w, x)
  assert there == 2 * (2 * 8 * 5) * 4 * 3
  # The gradient for x spreads 8 steps over 16; the zeros between are no work.
  back = lambda w, x: jax.grad(lambda x: function(w, x).sum())(x)
  assert flops(back, w, x) == there + 2 * (2 * 16 * 3) * 4 * 5 // 2


def test_one_chip_of_many():
  function = lambda w, x: jax.lax.psum(x @ w, 'data')
  assert flops(function, array(3, 3), array(7, 3), axes={'data': 4}) == 126
