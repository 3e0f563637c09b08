"""LatentNet: the encoder and the decoder of a window, x -> latent -> x."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.models.autoencoder import recurrences
from musiczoo.models.autoencoder.attributes import AttributeRegression, NUM
from musiczoo.models.autoencoder.convolutions import ConvDecoder, ConvEncoder
from musiczoo.models.autoencoder.flow import Flow
from musiczoo.models.autoencoder.options import LatentOptions
from musiczoo.models.autoregressive_net import likeliest
from musiczoo.nn.dropout import kept
from musiczoo.nn.heads import Controls
from musiczoo.nn.recurrent import Recurrent
from musiczoo.nn.shift import delay

_MASK = 1 << 16  # Masks of lower numbers are those of the core's layers.


class LatentNet(nn.Module):
  """p(x | z) = prod_t p(x_t | x_<t, z), and an encoder of x.

  The decoder maps z to features of all steps at once. A recurrent net, the core,
  takes these and the previous step; the head predicts x_t from the sum of its
  output and the features.

  Attributes:
    encoder: (e [B, T, E], mask [B, T]) -> [B, Y].
    decoder: z [B, L] -> [B, T, H].
    core: over the steps, with as many hidden units.
    head: predicts each step.
    outputs: of the encoder for z.
    segment: steps after which the state of the core is reset (the hierarchical
      decoder of Roberts et al. 2018).
    word_dropout: rate at which the previous step is hidden from the core in
      training (Bowman et al. 2016); 1: always, when sampling too.
    prior: of z, or None.
    attributes: predict attributes from z, or None.
  """

  encoder: nn.Module
  decoder: nn.Module
  core: Recurrent
  head: nn.Module
  outputs: int
  segment: int
  word_dropout: float = 0.0
  prior: Flow | None = None
  attributes: AttributeRegression | None = None

  def setup(self):
    self.latent_proj = nn.Dense(self.outputs)

  def encode(self, x_BxTxC, mask_BxT):
    """The encoder's output for z: float32 [B, outputs]."""
    e_BxTxE = self.head.embed(x_BxTxC)
    mask_BxT = mask_BxT.astype(e_BxTxE.dtype)
    y_BxY = self.encoder(e_BxTxE * mask_BxT[..., None], mask_BxT)
    return self.latent_proj(y_BxY.astype(jnp.float32))

  def decode_hidden(self, z_BxL, x_BxTxC, keys_B=None):
    """The input h [B, T, H] of the head, teacher forced."""
    e_BxTxE = delay(self.head.embed(x_BxTxC))
    p_BxTxH = self.decoder(z_BxL)
    num, steps, _ = e_BxTxE.shape
    if self.word_dropout == 1:
      e_BxTxE = jnp.zeros_like(e_BxTxE)
    elif keys_B is not None and self.word_dropout:
      e_BxTxE *= kept(keys_B, _MASK, self.word_dropout, (steps, 1))
    u_BxTxU = jnp.concatenate([p_BxTxH, e_BxTxE], axis=-1)
    segments = steps // self.segment
    if keys_B is not None:
      keys_B = jnp.repeat(keys_B, segments)
    u = u_BxTxU.reshape(num * segments, self.segment, -1)
    h, _ = self.core(u, keys=keys_B)
    return h.reshape(num, steps, -1) + p_BxTxH

  def log_prob(self, z_BxL, x_BxTxC, keys_B=None):
    """Log probability of every step in nats, by part: dict of [B, T]."""
    h_BxTxH = self.decode_hidden(z_BxL, x_BxTxC, keys_B)
    return self.head.log_prob(h_BxTxH, x_BxTxC, delay(x_BxTxC), keys_B)

  def forward(self, z_BxL, x_BxTxC):
    """Logits of every decision, and the log probabilities of x."""
    h_BxTxH = self.decode_hidden(z_BxL, x_BxTxC)
    decisions = h_BxTxH, x_BxTxC, delay(x_BxTxC)
    return self.head.logits(*decisions), self.head.log_prob(*decisions)

  def forced(self, z_BxL, x_BxTxC):
    """The likeliest of each step, given all true steps before it: [B, T, ...]."""
    return likeliest(self.head, self.decode_hidden(z_BxL, x_BxTxC), x_BxTxC)

  def start(self, z_BxL):
    """The decoder's output, and the initial state of the core."""
    return self.decoder(z_BxL), self.core.start(z_BxL.shape[0])

  def step(self, carry, t, p_BxH, prev_BxC, keys_B, controls: Controls):
    """One step of sampling: the step before -> the next one, [B, ...]."""
    is_reset = t % self.segment == 0
    carry = jax.tree.map(lambda a: jnp.where(is_reset, 0, a), carry)
    has_previous = (t > 0) & (self.word_dropout < 1)
    e_BxE = jnp.where(has_previous, self.head.embed(prev_BxC), 0)
    carry, h_BxH = self.core.step(carry, jnp.concatenate([p_BxH, e_BxE], -1))
    return carry, self.head.sample(h_BxH + p_BxH, prev_BxC, keys_B, controls)

  def __call__(self, x_BxTxC, mask_BxT, latent: int):
    """Uses every submodule, for `init`."""
    z_BxL = self.encode(x_BxTxC, mask_BxT)[:, :latent]
    if self.prior is not None:
      self.prior.log_prob(z_BxL)
    if self.attributes is not None:
      self.attributes(z_BxL, jnp.zeros((len(z_BxL), NUM)))
    return self.log_prob(z_BxL, x_BxTxC)


def latent_net(
  head, options: LatentOptions, window, dtype, remat, *, outputs, prior=None
) -> LatentNet:
  """The LatentNet of these options.

  Args:
    head: predicts each step.
    options: of the nets.
    window, dtype, remat: as of the families.
    outputs: of the encoder for z.
    prior: a Flow, or None.
  """
  hidden, segment = options.hidden, options.segment or window
  dtype = jnp.dtype(dtype)

  def stack(dropout=0.0):
    net = options.cell, hidden, options.layers, options.layers > 1
    return Recurrent(*net, dropout, dtype, remat)

  if options.net == 'conv':
    encoder = ConvEncoder(hidden, dtype, remat)
    decoder = ConvDecoder(window, hidden, dtype, remat)
  else:
    encoder = recurrences.BidirectionalEncoder(stack(), stack())
    decoder = recurrences.Conductor(stack(), window // segment, segment)
  core, word_dropout = stack(options.dropout), options.word_dropout
  attributes = AttributeRegression() if options.attributes else None
  nets = encoder, decoder, core, head
  return LatentNet(*nets, outputs, segment, word_dropout, prior, attributes)
