"""What families with a latent space share: nets for codes, and a Model of them."""

import dataclasses
from typing import Annotated

import jax
import jax.numpy as jnp

from musiczoo.errors import OneOf, Range, UserError
from musiczoo.models.accuracy import accuracy
from musiczoo.models.autoencoder.attributes import Lines, measured
from musiczoo.models.autoencoder.coder import Coder
from musiczoo.models.autoencoder.convolutions import Down, Up
from musiczoo.models.autoencoder.recurrences import Conductor, Listener
from musiczoo.models.autoregressive import named, row_keys
from musiczoo.models.model import Forward, LatentModel
from musiczoo.models.squared_error import squared
from musiczoo.music.spec import Spec
from musiczoo.nn.heads import Controls
from musiczoo.nn.recurrent import CELLS, Recurrent

# Of the noise that codes are drawn from, the share that the windows of a piece
# have in common, so that they sound like one piece.
KIN = 0.7


@dataclasses.dataclass(frozen=True)
class LatentOptions:
  """Options that autoencoder and vae share.

  Attributes:
    net: 'conv' or 'recurrent', the layers of the encoder and the decoder.
    hidden: units of each layer.
    latent: dimensions L of a latent.
    layers: of the recurrent nets.
    cell: of the recurrent nets: 'rnn', 'lstm' or 'gru'.
    segment: steps after which the decoder's state is reset; 0: never.
    dropout: rate of locked dropout in the decoder, one mask for all steps.
    word_dropout: share of steps hidden from the decoder in training; 1: all,
      when sampling too.
    attributes: weight of the nats of a window's density, pitch and range given
      its latent by linear regression; 0: no such loss.
  """

  net: Annotated[str, OneOf('conv', 'recurrent')]
  hidden: Annotated[int, Range(1)]
  latent: Annotated[int, Range(1)]
  layers: Annotated[int, Range(1)] = 1
  cell: Annotated[str, OneOf(*CELLS)] = 'gru'
  segment: Annotated[int, Range(0)] = 0
  dropout: Annotated[float, Range(0, below=1)] = 0.0
  word_dropout: Annotated[float, Range(0, 1)] = 0.0
  attributes: Annotated[float, Range(0)] = 0.0

  def check(self, spec: Spec, window: int) -> None:
    """Raises UserError unless the options fit x and its window."""
    if self.attributes and not spec.is_grid:
      raise UserError(
        f'model.attributes={self.attributes}: tokens and audio have none: '
        'set --config.model.attributes=0'
      )
    if self.segment and window % self.segment:
      raise UserError(
        f'model.segment={self.segment} does not divide the window of '
        f'{window} steps: set it so that it does, or to 0'
      )


def coder(
  spec: Spec,
  head,
  options: LatentOptions,
  window: int,
  dtype,
  remat,
  *,
  spread=False,
  prior=None,
) -> Coder:
  """The nets of a model with a latent space.

  Args:
    spec: of x.
    head: predicts each step.
    window: steps of a window.
    spread: it says two numbers of each dimension of a code, not one.
    prior: of codes, or None.

  Raises:
    UserError: the options don't fit x or its window.
  """
  options.check(spec, window)
  hidden, segment = options.hidden, options.segment or window
  dtype = jnp.dtype(dtype)

  def stack(dropout=0.0):
    return Recurrent(
      options.cell,
      hidden,
      options.layers,
      options.layers > 1,
      dropout,
      dtype,
      remat,
    )

  if options.net == 'conv':
    encoder = Down(hidden, dtype, remat)
    plan = Up(window, hidden, dtype, remat)
  else:
    encoder = Listener(stack(), stack())
    plan = Conductor(stack(), window // segment, segment)
  outputs = 2 * options.latent if spread else options.latent
  return Coder(
    encoder,
    plan,
    stack(options.dropout),
    head,
    outputs,
    segment,
    options.word_dropout,
    prior,
    Lines() if options.attributes else None,
  )


def encode_window(coder: Coder, params, batch):
  """What is said of the code of each window: float32 [B, outputs]."""
  return coder.apply(
    {'params': params}, batch['x'], batch['mask'], method='encode'
  )


def noise(rng, batch, latent):
  """-> a key per row for the coder, and standard normal noise [B, L]."""
  keys_Bx2 = jax.vmap(jax.random.split)(row_keys(rng, batch['row']))
  return keys_Bx2[:, 0], _normal(keys_Bx2[:, 1], latent)


def real(batch):
  """1 where a row has a step that counts, else 0: [B]."""
  return batch['mask'].max(axis=1)


def reconstruction(coder, params, z_BxL, batch, keys_B):
  """Nats of each step given its code, by part: dict of [B, T]."""
  parts = coder.apply(
    {'params': params}, z_BxL, batch['x'], keys_B, method='log_prob'
  )
  return {k: -v * batch['mask'] for k, v in parts.items()}


def attributes(coder, params, z_BxL, batch, spec):
  """Nats of a window's attributes given its code: [B]."""
  a_BxA = measured(spec, batch['x'], batch['mask'])
  log_p_B = coder.apply(
    {'params': params}, z_BxL, a_BxA, method='attributes_log_prob'
  )
  return -log_p_B * real(batch)


def model(
  coder, spec, window, latent, monitor, loss, encode, code, carried=None
) -> LatentModel:
  """The Model of a Coder.

  Args:
    loss, encode: of the Model.
    code: (params, standard normal [N, L]) -> codes that the prior draws.
    carried: (params, batch) -> figures of the family's own, or None.
  """

  is_sound = spec.kind == 'frames'

  def init(rng, batch):
    return coder.init(rng, batch['x'], batch['mask'], latent)['params']

  def decode(params, z_NxL, keys_N, controls):
    variables = {'params': params}

    def step(carry, now):
      state, prev_NxC = carry
      t, p_NxP = now
      now_N = jax.vmap(jax.random.fold_in, (0, None))(keys_N, t)
      state, x_NxC = coder.apply(
        variables, state, t, p_NxP, prev_NxC, now_N, controls, method='step'
      )
      return (state, x_NxC), x_NxC

    p_NxTxP, state = coder.apply(variables, z_NxL, method='start')
    first = jnp.zeros((z_NxL.shape[0], *spec.shape), spec.sample_dtype)
    now = jnp.arange(window), jnp.swapaxes(p_NxTxP, 0, 1)
    _, x_TxNxC = jax.lax.scan(step, (state, first), now)
    return jnp.swapaxes(x_TxNxC, 0, 1)

  def sample(params, keys_N, length, controls):
    shared_NxL = _normal(keys_N, latent)

    def write(i):
      """Window i of each piece."""
      keys = jax.vmap(jax.random.fold_in, (0, None))(keys_N, i)
      keys_Nx2 = jax.vmap(jax.random.split)(keys)
      own_NxL = _normal(keys_Nx2[:, 0], latent)
      normal_NxL = KIN**0.5 * shared_NxL + (1 - KIN) ** 0.5 * own_NxL
      z_NxL = code(params, normal_NxL)
      if controls.shift is not None:
        z_NxL += controls.shift
      return decode(params, z_NxL, keys_Nx2[:, 1], controls)

    x_WxNxTxC = jax.lax.map(write, jnp.arange(-(-length // window)))
    x_NxWxTxC = jnp.swapaxes(x_WxNxTxC, 0, 1)
    return x_NxWxTxC.reshape(keys_N.shape[0], -1, *spec.shape)[:, :length]

  def figures(params, batch, rng):
    z_BxL, x_BxTxC = encode(params, batch), batch['x']
    extra = carried(params, batch) if carried else {}
    forced_BxTxC = coder.apply(
      {'params': params}, z_BxL, x_BxTxC, method='forced'
    )
    free_BxTxC = decode(
      params, z_BxL, row_keys(rng, batch['row']), Controls(temperature=0.0)
    )
    if is_sound:
      error = lambda a: squared(a, x_BxTxC, batch['mask'])
      return {
        'mse_per_frame': error(free_BxTxC),
        'mse_per_frame_teacher_forced': error(forced_BxTxC),
      } | extra
    right = lambda a: accuracy(spec.kind, a, x_BxTxC, batch['mask'])
    return {
      'accuracy_teacher_forced': right(forced_BxTxC),
      'accuracy_free': right(free_BxTxC),
    } | extra

  def inputs(num, steps):
    del steps  # A window has its own.
    return {
      'z': jax.ShapeDtypeStruct((num, latent), jnp.float32),
      'x': jax.ShapeDtypeStruct((num, window, *spec.shape), jnp.int32),
    }

  def forward(params, given):
    return named(
      *coder.apply({'params': params}, given['z'], given['x'], method='forward')
    )

  return LatentModel(
    init,
    loss,
    sample,
    forward=Forward(inputs, forward),
    controls=(*coder.head.controls, 'shift'),
    monitor=monitor,
    window=window,
    metrics=figures,
    encode=encode,
    decode=decode,
  )


def _normal(keys_N, latent):
  return jax.vmap(lambda key: jax.random.normal(key, (latent,)))(keys_N)
