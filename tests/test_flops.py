"""Counted from what is written: products, convolutions, loops of known length."""

import jax
import jax.numpy as jnp

from musiczoo.flops import flops


def test_a_product_is_two_for_each_of_its_terms():
  a, b = jnp.zeros((2, 3, 4)), jnp.zeros((2, 4, 5))
  assert flops(jnp.matmul, a, b) == 2 * 2 * 3 * 4 * 5
  assert flops(jnp.add, a, a) == 0


def test_a_loop_counts_as_often_as_it_goes_round():
  square = jnp.zeros((3, 3))

  def seven(a):
    return jax.lax.scan(lambda c, _: (c @ a, ()), a, length=7)[0]

  assert flops(jax.jit(seven), square) == 7 * 2 * 27
  # Backward: a product for each of its two factors, and the one before.
  grad = jax.grad(lambda a: seven(a).sum())
  assert flops(grad, square) == 3 * 7 * 2 * 27


def test_a_convolution():
  x, kernel = jnp.zeros((2, 10, 4)), jnp.zeros((3, 4, 5))

  def convolve(x, kernel):
    return jax.lax.conv_general_dilated(
        x, kernel, (1,), 'VALID', dimension_numbers=('NWC', 'WIO', 'NWC')
    )

  assert flops(convolve, x, kernel) == 2 * (2 * 8 * 5) * (3 * 4)


def test_of_two_branches_the_dearer():
  a = jnp.zeros((3, 3))
  choose = lambda p, a: jax.lax.cond(p, lambda a: a @ a @ a, lambda a: a @ a, a)
  assert flops(choose, True, a) == 2 * 2 * 27
