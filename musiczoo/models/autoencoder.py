"""Autoencoders: windows of music <-> codes, and Models that write from codes."""

from flax import linen as nn
import jax
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.heads import Controls
from musiczoo.models import Model, Music
from musiczoo.models.autoregressive import row_keys
from musiczoo.models.latent.accuracy import accuracy
from musiczoo.models.latent.coder import Coder
from musiczoo.models.latent.convolution import Down, Up
from musiczoo.models.latent.flow import Flow
from musiczoo.models.latent.recurrence import Conductor, Listener
from musiczoo.recurrent import CELLS, Recurrent

NETS = ('conv', 'recurrent')
# Of the noise that codes are drawn from, the share that the windows of a piece
# have in common, so that they sound like one piece.
KIN = 0.7


def autoencoder(
    music: Music,
    head: nn.Module,
    *,
    net: str,
    hidden: int,
    latent: int,
    layers: int = 1,
    cell: str = 'gru',
    segment: int = 0,
    dropout: float = 0.0,
    word_dropout: float = 0.0,
    noise: float = 0.1,
    window: int,
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """An autoencoder with a code of numbers in -1..1, and a prior that learns them.

    z = tanh(f(x)),   loss = -log p(x | z + noise) - log p(z + noise)

  where the second term teaches the prior, a flow, and nobody else. No figure of
  it is a likelihood of x.

  Args:
    music: what x is.
    head: what is predicted of each step.
    net: 'conv' or 'recurrent', what hears a window and what plans one.
    hidden: units of each layer.
    latent: dimensions L of the code.
    layers: of the recurrent nets.
    cell: of the recurrent nets: 'rnn', 'lstm' or 'gru'.
    segment: steps after which the decoder begins anew; 0: only once.
    dropout: share of the decoder's units dropped, the same at all steps.
    word_dropout: share of steps that the decoder isn't told, in training.
    noise: standard deviation of what is added to codes, in training.
    window: steps of a window.
    dtype: of the computation; parameters, codes and loss stay float32.
    remat: hear layers again for their gradient, to save memory.
  """
  coder = _coder(
      head, net, hidden, latent, layers, cell, segment, dropout, word_dropout,
      window, dtype, remat, prior=Flow(latent, hidden),
  )

  def encode(params, batch):
    return jnp.tanh(_hear(coder, params, batch))

  def loss(params, batch, rng, *, step, train):
    del step
    z_BxL, keys_B = encode(params, batch), None
    if train:
      keys_B, normal_BxL = _noise(rng, batch, latent)
      z_BxL += noise * normal_BxL
    parts = _reconstruction(coder, params, z_BxL, batch, keys_B)
    sums = {f'reconstruction_{k}': v.sum() for k, v in parts.items()}
    log_p_B = coder.apply(
        {'params': params},
        jax.lax.stop_gradient(z_BxL),
        method='prior_log_prob',
    )
    whole = sum(sums.values())
    prior = -(log_p_B * _real(batch)).sum()
    sums |= {'loss': whole + prior, 'reconstruction': whole, 'prior': prior}
    return sums, batch['mask'].sum()

  def code(params, normal_NxL):
    return coder.apply({'params': params}, normal_NxL, method='prior_code')

  return _model(coder, music, window, latent, 'reconstruction', loss, encode, code)


def vae(
    music: Music,
    head: nn.Module,
    *,
    net: str,
    hidden: int,
    latent: int,
    layers: int = 1,
    cell: str = 'gru',
    segment: int = 0,
    dropout: float = 0.0,
    word_dropout: float = 0.0,
    beta: float = 1.0,
    free_bits: float = 0.0,
    anneal_steps: int = 0,
    window: int,
    dtype: str = 'float32',
    remat: bool = False,
) -> Model:
  """A variational autoencoder (Kingma & Welling 2014).

    loss = -log p(x | z) + beta max(KL(q(z | x) || N(0, I)) - free bits, 0)

  with z ~ q(z | x) = N(mean, diag(sd^2)); beta as in Higgins et al. 2017, free
  bits per window as in Kingma et al. 2016. 'nll_bound' has beta 1 and no free
  bits: it is what -log p(x) is at the most, in expectation.

  Args:
    beta: weight of the code's cost.
    free_bits: bits of a window's code that cost nothing.
    anneal_steps: over so many steps beta grows from 0.

  The rest is as in `autoencoder`.
  """
  if not beta >= 0 or not free_bits >= 0 or anneal_steps < 0:
    raise UserError(
        f'model.beta={beta}, free_bits={free_bits}, anneal_steps='
        f'{anneal_steps}: give 0 or more'
    )
  coder = _coder(
      head, net, hidden, latent, layers, cell, segment, dropout, word_dropout,
      window, dtype, remat, spread=True,
  )

  def posterior(params, batch):
    return jnp.split(_hear(coder, params, batch), 2, axis=-1)

  def loss(params, batch, rng, *, step, train):
    mean_BxL, log_sd_BxL = posterior(params, batch)
    keys_B, normal_BxL = _noise(rng, batch, latent)
    z_BxL = mean_BxL + jnp.exp(log_sd_BxL) * normal_BxL
    parts = _reconstruction(
        coder, params, z_BxL, batch, keys_B if train else None
    )
    rebuilt = sum(v.sum() for v in parts.values())
    kl_B = kl(mean_BxL, log_sd_BxL).sum(-1) * _real(batch)
    paid_B = jnp.maximum(kl_B - free_bits * jnp.log(2.0), 0)
    grown = jnp.minimum(step / anneal_steps, 1.0) if anneal_steps else 1.0
    sums = {
        'loss': rebuilt + beta * grown * paid_B.sum(),
        'nll_bound': rebuilt + kl_B.sum(),
        'nll_bound_reconstruction': rebuilt,
        'nll_bound_kl': kl_B.sum(),
    }
    return sums, batch['mask'].sum()

  def encode(params, batch):
    return posterior(params, batch)[0]

  def carried(params, batch):
    kl_BxL = kl(*posterior(params, batch)) * _real(batch)[:, None]
    return {'kl_by_dimension': (kl_BxL.sum(0), _real(batch).sum())}

  return _model(
      coder, music, window, latent, 'nll_bound', loss, encode,
      lambda params, normal_NxL: normal_NxL, carried,
  )


def kl(mean, log_sd):
  """KL(N(mean, sd^2) || N(0, 1)) of each dimension, in nats."""
  return (jnp.exp(2 * log_sd) + mean**2 - 1) / 2 - log_sd


def _coder(
    head, net, hidden, latent, layers, cell, segment, dropout, word_dropout,
    window, dtype, remat, *, spread=False, prior=None,
):
  if net not in NETS or cell not in CELLS:
    raise UserError(
        f"model.net='{net}', cell='{cell}': choose net of {', '.join(NETS)} "
        f'and cell of {", ".join(CELLS)}'
    )
  if min(hidden, latent, layers) < 1 or not 0 <= dropout < 1:
    raise UserError(
        f'model.hidden={hidden}, latent={latent}, layers={layers}, dropout='
        f'{dropout}: give 1 or more, and a dropout of 0 or more, below 1'
    )
  segment = segment or window
  if segment < 1 or window % segment:
    raise UserError(
        f'model.segment={segment} does not divide the window of {window} '
        'steps: set it so that it does, or to 0'
    )
  dtype = jnp.dtype(dtype)

  def stack(dropout=0.0):
    return Recurrent(cell, hidden, layers, layers > 1, dropout, dtype, remat)

  if net == 'conv':
    encoder = Down(hidden, dtype, remat)
    plan = Up(window, hidden, dtype, remat)
  else:
    encoder = Listener(stack(), stack())
    plan = Conductor(stack(), window // segment, segment)
  outputs = 2 * latent if spread else latent
  return Coder(
      encoder, plan, stack(dropout), head, outputs, segment, word_dropout, prior
  )


def _hear(coder, params, batch):
  return coder.apply(
      {'params': params}, batch['x'], batch['mask'], method='hear'
  )


def _noise(rng, batch, latent):
  """-> a key per row for the coder, and standard normal noise [B, L]."""
  keys_Bx2 = jax.vmap(jax.random.split)(row_keys(rng, batch['row']))
  return keys_Bx2[:, 0], _normal(keys_Bx2[:, 1], latent)


def _normal(keys_N, latent):
  return jax.vmap(lambda key: jax.random.normal(key, (latent,)))(keys_N)


def _real(batch):
  """1 where a row has a step that counts, else 0: [B]."""
  return batch['mask'].max(axis=1)


def _reconstruction(coder, params, z_BxL, batch, keys_B):
  """Nats of each step given its code, by part: dict of [B, T]."""
  parts = coder.apply(
      {'params': params}, z_BxL, batch['x'], keys_B, method='log_prob'
  )
  return {k: -v * batch['mask'] for k, v in parts.items()}


def _model(
    coder, music, window, latent, monitor, loss, encode, code, carried=None
) -> Model:
  """What the families share.

  Args:
    code: (params, standard normal [N, L]) -> codes that the prior draws.
    carried: (params, batch) -> figures of the family's own, or None.
  """

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
    first = jnp.zeros((len(z_NxL), *music.shape), jnp.int32)
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
    return x_NxWxTxC.reshape(len(keys_N), -1, *music.shape)[:, :length]

  def figures(params, batch, rng):
    z_BxL, x_BxTxC = encode(params, batch), batch['x']
    forced_BxTxC = coder.apply(
        {'params': params}, z_BxL, x_BxTxC, method='forced'
    )
    free_BxTxC = decode(
        params, z_BxL, row_keys(rng, batch['row']), Controls(temperature=0.0)
    )
    right = lambda a: accuracy(music.kind, a, x_BxTxC, batch['mask'])
    told = carried(params, batch) if carried else {}
    return {
        'accuracy_teacher_forced': right(forced_BxTxC),
        'accuracy_free': right(free_BxTxC),
    } | told

  return Model(
      init,
      loss,
      sample,
      controls=(*coder.head.controls, 'shift'),
      monitor=monitor,
      window=window,
      figures=figures,
      encode=encode,
      decode=decode,
  )
