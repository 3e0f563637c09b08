"""Flow: a normalizing flow, the prior of latents."""

from flax import linen as nn
import jax
import jax.numpy as jnp
import numpy as np

_MOST = 2.0  # The largest log scale of a layer.


class Flow(nn.Module):
  """A density of latents by affine coupling layers.

    u_b = z_b exp(s(z_a)) + t(z_a),   u_a = z_a

  (RealNVP, Dinh et al. 2017), between fixed permutations; u is standard normal
  after the last layer. Float32.

  Attributes:
    latent: dimensions L.
    hidden: units of the net in each layer.
    layers: number of layers.
  """

  latent: int
  hidden: int
  layers: int = 6

  def setup(self):
    num = self.latent - self.latent // 2
    # Initially the identity.
    last = lambda: nn.Dense(2 * num, kernel_init=nn.initializers.zeros)
    dense = lambda: nn.Dense(self.hidden)
    self.nets = [
      nn.Sequential([dense(), nn.gelu, dense(), nn.gelu, last()])
      for _ in range(self.layers)
    ]
    rng = np.random.default_rng(0)
    self.orders = [rng.permutation(self.latent) for _ in range(self.layers)]

  def log_prob(self, z_BxL):
    """Log density of latents in nats: [B]."""
    volume = 0.0
    for net, order in zip(self.nets, self.orders):
      a, b, s, t = self._coupled(net, z_BxL[:, order])
      z_BxL = jnp.concatenate([a, b * jnp.exp(s) + t], axis=-1)
      volume += s.sum(-1)
    return jax.scipy.stats.norm.logpdf(z_BxL).sum(-1) + volume

  def inverse(self, u_BxL):
    """Standard normal noise -> latents."""
    for net, order in zip(self.nets[::-1], self.orders[::-1]):
      a, b, s, t = self._coupled(net, u_BxL)
      u_BxL = jnp.concatenate([a, (b - t) * jnp.exp(-s)], axis=-1)
      u_BxL = u_BxL[:, np.argsort(order)]
    return u_BxL

  def _coupled(self, net, z_BxL):
    """-> (first half, second half, its log scale and its shift)."""
    a, b = jnp.split(z_BxL, [self.latent // 2], axis=-1)
    s, t = jnp.split(net(a), 2, axis=-1)
    return a, b, _MOST * jnp.tanh(s / _MOST), t
