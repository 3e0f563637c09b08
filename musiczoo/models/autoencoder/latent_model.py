"""LatentFamily: the functions of a Model with a latent space."""

import abc
from collections.abc import Callable
import dataclasses

import jax
import jax.numpy as jnp

from musiczoo.models import window_candidates
from musiczoo.models.accuracy import accuracy, squared
from musiczoo.models.autoencoder.attributes import measured
from musiczoo.models.autoencoder.latent_net import LatentNet
from musiczoo.models.autoencoder.options import LatentOptions
from musiczoo.models.candidates import Candidates
from musiczoo.models.model import Forward, LatentModel, outputs
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.keys import fold, noise, row_keys, split

# Share of the variance of latents that the windows of a piece have in common, so
# that they sound like one piece.
SHARED = 0.7


@dataclasses.dataclass(frozen=True)
class LatentFamily(abc.ABC):
  """What autoencoder and vae share. Each has its own `loss` and `encode`.

  Attributes:
    net: encoder and decoder.
    spec: of x.
    options: of the nets and the loss.
    window: steps of a window.
  """

  net: LatentNet
  spec: Spec
  options: LatentOptions
  window: int

  def model(self, monitor: str) -> LatentModel:
    """The Model; `monitor` is the entry of the sums to compare it by."""
    return LatentModel(
      self.init,
      self.loss,
      self.sample,
      forward=Forward(self.inputs, self.forward),
      controls=(*self.net.head.controls, 'shift')
      + ('phrase_candidates',) * (self.spec.kind == 'voices'),
      monitor=monitor,
      window=self.window,
      metrics=self.metrics,
      encode=self.encode,
      decode=self.decode,
    )

  @abc.abstractmethod
  def loss(self, params, batch, rng, *, step, train):
    """As of `Model`."""

  @abc.abstractmethod
  def encode(self, params, batch):
    """As of `LatentModel`."""

  def latents(self, params, normal_NxL):
    """Latents of the prior, from standard normal noise."""
    del params
    return normal_NxL

  def own_metrics(self, params, batch) -> dict:
    """Metrics of one family alone."""
    del params, batch
    return {}

  def apply(self, params, method: str | Callable, *args):
    return self.net.apply({'params': params}, *args, method=method)

  def init(self, rng, batch):
    latent = self.options.latent
    return self.net.init(rng, batch['x'], batch['mask'], latent)['params']

  def encoded(self, params, batch):
    """The encoder's output for each window: float32 [B, outputs]."""
    return self.apply(params, 'encode', batch['x'], batch['mask'])

  def noise(self, rng, batch):
    """-> a key per row for the net, and standard normal noise [B, L]."""
    keys_B, normal_keys = split(row_keys(rng, batch['row']), 2)
    return keys_B, self._normal(normal_keys)

  def reconstruction(self, params, z_BxL, batch, keys_B):
    """Nats of each step given its latent, by part: dict of [B, T]."""
    parts = self.apply(params, 'log_prob', z_BxL, batch['x'], keys_B)
    return {k: -v * batch['mask'] for k, v in parts.items()}

  def with_attributes(self, sums: dict, params, z_BxL, batch) -> dict:
    """The sums with the nats of a window's attributes, if they are modeled."""
    weight = self.options.attributes
    if not weight:
      return sums
    a_BxA = measured(self.spec, batch['x'], batch['mask'])
    log_prob = lambda net, z, a: net.attributes(z, a)
    log_p_B = self.apply(params, log_prob, z_BxL, a_BxA)
    nats = (-log_p_B * counts(batch)).sum()
    return sums | {'attributes': nats, 'loss': sums['loss'] + weight * nats}

  def decode(self, params, z_NxL, keys_N, controls):
    def step(carry, now):
      state, prev_NxC = carry
      t, p_NxP = now
      keys = fold(keys_N, t)
      state, x_NxC = self.apply(
        params, 'step', state, t, p_NxP, prev_NxC, keys, controls
      )
      return (state, x_NxC), x_NxC

    p_NxTxP, state = self.apply(params, 'start', z_NxL)
    first = jnp.zeros(
      (z_NxL.shape[0], *self.spec.shape), self.spec.sample_dtype
    )
    now = jnp.arange(self.window), jnp.swapaxes(p_NxTxP, 0, 1)
    _, x_TxNxC = jax.lax.scan(step, (state, first), now)
    return jnp.swapaxes(x_TxNxC, 0, 1)

  def sample(self, params, keys, length, controls):
    """See `Model.sample`; keys [N, K] sample K candidates of each window."""
    number = keys.shape[1] if keys.ndim == 2 else 1
    group, keys_R = Candidates(keys.shape[0], number), keys.reshape(-1)
    shared_RxL = group.rows(self._normal(keys_R[::number]))
    controls = group.repeat(controls)

    def window(i):
      """Window i of each row."""
      own_keys, decode_keys = split(fold(keys_R, i), 2)
      own_RxL = self._normal(own_keys)
      normal_RxL = SHARED**0.5 * shared_RxL + (1 - SHARED) ** 0.5 * own_RxL
      z_RxL = self.latents(params, normal_RxL)
      if controls.shift is not None:
        z_RxL += controls.shift
      return self.decode(params, z_RxL, decode_keys, controls)

    def choose(carry, i):
      tally, before_RxC = carry
      x_RxTxC = window(i)
      kept_N, tally = window_candidates.best(
        *(group, tally, x_RxTxC, before_RxC, i == windows - 1, self.spec)
      )
      x_NxTxC = x_RxTxC[kept_N]
      return (tally, jnp.repeat(x_NxTxC[:, -1], number, axis=0)), x_NxTxC

    windows = -(-length // self.window)
    if number == 1:
      x_WxNxTxC = jax.lax.map(window, jnp.arange(windows))
    else:
      shape = keys_R.shape[0], *self.spec.shape
      begin = group.tally(), jnp.zeros(shape, self.spec.sample_dtype)
      _, x_WxNxTxC = jax.lax.scan(choose, begin, jnp.arange(windows))
    x_NxWxTxC = jnp.swapaxes(x_WxNxTxC, 0, 1)
    return x_NxWxTxC.reshape(group.pieces, -1, *self.spec.shape)[:, :length]

  def metrics(self, params, batch, rng):
    z_BxL, x, mask = self.encode(params, batch), batch['x'], batch['mask']
    own, greedy = self.own_metrics(params, batch), Controls(temperature=0.0)
    forced = self.apply(params, 'forced', z_BxL, x)
    free = self.decode(params, z_BxL, row_keys(rng, batch['row']), greedy)
    if self.spec.is_audio:
      return {
        'mse_per_frame': squared(free, x, mask),
        'mse_per_frame_teacher_forced': squared(forced, x, mask),
      } | own
    kind = self.spec.kind
    return {
      'accuracy_teacher_forced': accuracy(kind, forced, x, mask),
      'accuracy_free': accuracy(kind, free, x, mask),
    } | own

  def inputs(self, num, steps):
    """The inputs of `forward`."""
    del steps  # A window has its own.
    shape = num, self.window, *self.spec.shape
    return {
      'z': jax.ShapeDtypeStruct((num, self.options.latent), jnp.float32),
      'x': jax.ShapeDtypeStruct(shape, jnp.int32),
    }

  def forward(self, params, inputs):
    """See `Forward.apply`."""
    return outputs(*self.apply(params, 'forward', inputs['z'], inputs['x']))

  def _normal(self, keys_N):
    return noise(jax.random.normal, keys_N, (self.options.latent,))


def counts(batch):
  """1 where a row has a step that counts, else 0: [B]."""
  return batch['mask'].max(axis=1)
