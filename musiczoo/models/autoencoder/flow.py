"""Flow: a normalizing flow, the prior of latents."""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

_MOST = 2.0  # Log of what one layer stretches by, at the most.


class Flow(nn.Module):
  """A density of latents by affine coupling layers.

    u_b = z_b exp(s(z_a)) + t(z_a),   u_a = z_a

  (RealNVP, Dinh et al. 2017), between fixed permutations; what comes out is
  standard normal. Float32.

  Attributes:
    latent: dimensions L.
    hidden: units of the net in each layer.
    layers: how many.
  """

  latent: int
  hidden: int
  layers: int = 6

  def setup(self):
    moved = self.latent - self.latent // 2
    self.nets = [
      nn.Sequential(
        [
          nn.Dense(self.hidden),
          nn.gelu,
          nn.Dense(self.hidden),
          nn.gelu,
          # The identity to begin with.
          nn.Dense(2 * moved, kernel_init=nn.initializers.zeros),
        ]
      )
      for _ in range(self.layers)
    ]
    rng = np.random.default_rng(0)
    self.orders = [rng.permutation(self.latent) for _ in range(self.layers)]

  def log_prob(self, z_BxL):
    """Log density of codes in nats: [B]."""
    volume = 0.0
    for net, order in zip(self.nets, self.orders):
      a, b = jnp.split(z_BxL[:, order], [self.latent // 2], axis=-1)
      s, t = self._moves(net, a)
      z_BxL = jnp.concatenate([a, b * jnp.exp(s) + t], axis=-1)
      volume += s.sum(-1)
    return jax.scipy.stats.norm.logpdf(z_BxL).sum(-1) + volume

  def code(self, u_BxL):
    """Standard normal noise -> codes."""
    for net, order in zip(self.nets[::-1], self.orders[::-1]):
      a, b = jnp.split(u_BxL, [self.latent // 2], axis=-1)
      s, t = self._moves(net, a)
      u_BxL = jnp.concatenate([a, (b - t) * jnp.exp(-s)], axis=-1)
      u_BxL = u_BxL[:, np.argsort(order)]
    return u_BxL

  def _moves(self, net, a):
    s, t = jnp.split(net(a), 2, axis=-1)
    return _MOST * jnp.tanh(s / _MOST), t
