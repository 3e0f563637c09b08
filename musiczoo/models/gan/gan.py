"""GAN: a generator and a critic of windows."""

from collections.abc import Sequence
import dataclasses
from typing import Annotated

import jax
import jax.numpy as jnp

from musiczoo.errors import OneOf, Range, UserError
from musiczoo.models.autoencoder.vae import kl
from musiczoo.models.autoregressive import row_keys
from musiczoo.models.gan.cells import cell_layout
from musiczoo.models.gan.nets import Critic, Generator, Listener
from musiczoo.models.gan.objectives import OBJECTIVES
from musiczoo.models.gan.stitching import join
from musiczoo.models.model import ExportableModel, Forward
from musiczoo.music.annotations import COLUMNS
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning

GIVEN = 0.3  # How often, in training, a beginning is given, and so a track.
BIAS = -3.0  # Few bits are 1: a generator that begins loud is long in learning.


@dataclasses.dataclass(frozen=True)
class GanOptions:
  """Options of gan.

  Attributes:
    latent: numbers in z.
    hidden: channels of each net.
    levels: how often the generator doubles the steps and the critic halves
      them.
    objective: 'wgan_gp', 'hinge' or 'non_saturating', one of `OBJECTIVES`.
    penalty: weight of (|slope| - 1)^2, slope the critic's gradient at a random
      point between a real window and a new one (Gulrajani et al. 2017).
    r1: weight of |slope|^2 / 2 at the real window (Mescheder et al. 2018).
    rebuild: weight of the nats of real windows given their latents; 0: there is
      no encoder.
    beta: weight, among these, of the Kullback-Leibler divergence of z.
    binarize: 'deterministic' takes the likeliest cell, 'stochastic' draws it;
      frames are never drawn.
    hold: of bits, one that sounds goes on while its logit is above -hold.
    overlap: steps that a window is given of the one before; 0: windows of a
      piece are independent.
    given_tracks: voices, or groups of instruments, that the model learns to
      accompany, one at a time.
  """

  latent: Annotated[int, Range(1)]
  hidden: Annotated[int, Range(1)]
  levels: Annotated[int, Range(0)]
  objective: Annotated[str, OneOf(*OBJECTIVES)] = 'hinge'
  penalty: Annotated[float, Range(0)] = 0.0
  r1: Annotated[float, Range(0)] = 0.0
  rebuild: Annotated[float, Range(0)] = 0.0
  beta: Annotated[float, Range(0)] = 1.0
  binarize: Annotated[str, OneOf('deterministic', 'stochastic')] = (
    'deterministic'
  )
  hold: Annotated[float, Range(0)] = 0.0
  overlap: Annotated[int, Range(0)] = 0
  given_tracks: Sequence[int] = ()

  def check(self, tracks: int, window: int) -> None:
    """Raises UserError unless the options fit each other and the music.

    Args:
      tracks: voices, or groups of instruments, of x.
      window: steps of a window.
    """
    if self.objective == 'wgan_gp' and not self.penalty:
      raise UserError(
        'model.objective=wgan_gp needs a gradient penalty: set '
        '--config.model.penalty=10'
      )
    if window % 2**self.levels:
      raise UserError(
        f'--config.window={window} can not be halved {self.levels} times: '
        f'give a multiple of {2**self.levels}, or fewer --config.model.levels'
      )
    if self.overlap > window // 2:
      raise UserError(
        f'model.overlap={self.overlap}: give 0 to {window // 2}, half a window'
      )
    if not set(self.given_tracks) <= set(range(tracks)):
      raise UserError(
        f'model.given_tracks={tuple(self.given_tracks)}: choose of 0 to '
        f'{tracks - 1}'
      )


def gan(
  spec: Spec,
  head: None,
  options: GanOptions,
  *,
  window: int,
  conditioning: Conditioning = Conditioning(),
  dtype: str = 'float32',
  remat: bool = False,
) -> ExportableModel:
  """A generative adversarial network of windows (Goodfellow et al. 2014).

  The generator maps noise z, with conditions and given cells, to a whole window,
  as in MidiNet (Yang et al. 2017) and MuseGAN (Dong et al. 2018); the critic's
  input is binary (Dong and Yang 2018). The loss is the sum of both losses, each
  with stopped gradients to the other net. Longer pieces are windows that begin
  with the end of the one before.

  Against mode collapse the generator may also reconstruct real windows (Larsen
  et al. 2016): a third net encodes a window as z, and the loss adds that of a
  variational autoencoder.

  Args:
    spec: of x: voices, bits or frames.
    head: None, for the family has its own output.
    options: of the nets and the loss.
    window: steps of a window.
    conditioning: condition columns of all nets.
    dtype: of the convolutions; parameters, logits and loss stay float32.
    remat: recompute each level in the backward pass, to save memory.
  """
  del head
  face = cell_layout(spec)
  options.check(int(face.tracks.max()) + 1, window)
  conditions = conditioning
  latent, hidden, levels = options.latent, options.hidden, options.levels
  penalty, r1, rebuild = options.penalty, options.r1, options.rebuild
  beta, hold, overlap = options.beta, options.hold, options.overlap
  given_tracks = options.given_tracks
  play, draws = OBJECTIVES[options.objective], options.binarize == 'stochastic'
  is_given = bool(overlap or given_tracks)
  both = {
    'hidden': hidden,
    'conditions': conditions,
    'dtype': jnp.dtype(dtype),
    'remat': remat,
  }
  bias = 0.0 if spec.kind == 'frames' else BIAS
  generator = Generator(window, face.cells, levels, bias, **both)
  critic = Critic(levels, **both)
  listener = Listener(latent, **both)

  def init(rng, batch):
    rngs, x, cond = jax.random.split(rng, 3), batch['x'], batch.get('cond')
    r_BxTxD, known_BxTxC = face.raw(x), jnp.zeros(x.shape, bool)
    z_BxL = jnp.zeros((len(x), latent))
    given, marks = given_inputs(r_BxTxD, known_BxTxC)
    inputs = face.features(r_BxTxD), marks, cond
    variables = {
      'generator': generator.init(rngs[0], z_BxL, given, cond),
      'critic': critic.init(rngs[1], *inputs),
    }
    if rebuild:
      variables['listener'] = listener.init(rngs[2], *inputs)
    return {name: v['params'] for name, v in variables.items()}

  def given_inputs(r_BxTxD, known_BxTxC):
    """The given cells of a window, for the generator and for the others."""
    if not is_given:
      return None, None
    return face.given(r_BxTxD, known_BxTxC), face.shares(known_BxTxC)

  def normal(keys_B):
    return jax.vmap(lambda key: jax.random.normal(key, (latent,)))(keys_B)

  def write(params, keys_B, r_BxTxD, known_BxTxC, cond, cond_keys=None):
    """New windows r [B, T, D], given the known cells of the old r."""
    z_keys, draw_keys = split(keys_B, 2)
    given, _ = given_inputs(r_BxTxD, known_BxTxC)
    logits_BxTxD = generator.apply(
      {'params': params['generator']}, normal(z_keys), given, cond, cond_keys
    )
    new_BxTxD = face.draw(logits_BxTxD, draw_keys if draws else None, hold)
    return jnp.where(face.spread(known_BxTxC), r_BxTxD, new_BxTxD)

  def rebuilt(params, keys_B, r_BxTxD, known_BxTxC, cond, cond_keys):
    """Nats of what is not known of windows, and of their codes."""
    given, marks = given_inputs(r_BxTxD, known_BxTxC)
    y_BxTxE = face.features(face.canonical(r_BxTxD))
    mean_BxL, log_sd_BxL = listener.apply(
      {'params': params['listener']}, y_BxTxE, marks, cond, cond_keys
    )
    z_BxL = mean_BxL + jnp.exp(log_sd_BxL) * normal(keys_B)
    logits_BxTxD = generator.apply(
      {'params': params['generator']}, z_BxL, given, cond, cond_keys
    )
    log_p_BxTxC = face.log_prob(logits_BxTxD, r_BxTxD)
    nats_B = -jnp.where(known_BxTxC, 0.0, log_p_BxTxC).sum((1, 2))
    return nats_B, kl(mean_BxL, log_sd_BxL).sum(1)

  def known_of(key, shape):
    """What of a row is given in training: bool [T, C]."""
    which, where, who = jax.random.split(key, 3)
    begun, sung = jax.random.bernoulli(which, GIVEN, (2,))
    known_TxC = jnp.zeros(shape, bool)
    if overlap:
      end = jax.random.randint(where, (), 1, window // 2 + 1)
      known_TxC |= begun & (jnp.arange(window) < end)[:, None]
    if given_tracks:
      track = jax.random.choice(who, jnp.array(given_tracks))
      known_TxC |= sung & (face.tracks == track)
    return known_TxC

  def loss(params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row'])
    write_keys, known_keys, code_keys, mix_keys = split(keys_B, 4)
    known = jax.vmap(lambda k: known_of(k, batch['x'].shape[1:]))(known_keys)
    cond_inputs = batch.get('cond'), keys_B if train else None
    r_BxTxD = face.raw(batch['x'])
    _, marks = given_inputs(r_BxTxD, known)
    real = face.canonical(r_BxTxD)
    new = face.canonical(
      write(params, write_keys, r_BxTxD, known, *cond_inputs)
    )

    def judge(params, y_BxTxD):
      y_BxTxE = face.features(y_BxTxD)
      return critic.apply({'params': params}, y_BxTxE, marks, *cond_inputs)

    def slopes(y_BxTxD):
      """The length [B] of the gradient of each row's judgement, squared."""
      # Rows are independent: a gradient of the sum is one of each.
      whole = lambda y: judge(params['critic'], y).sum()
      return (jax.grad(whole)(y_BxTxD) ** 2).sum((1, 2))

    fixed = jax.lax.stop_gradient
    parts = {
      'judged_real': judge(params['critic'], real),
      'judged_new': judge(params['critic'], fixed(new)),
    }
    d_loss = play.critic(*parts.values())
    if penalty:
      u_Bx1x1 = jax.vmap(jax.random.uniform)(mix_keys)[:, None, None]
      between = fixed(u_Bx1x1 * real + (1 - u_Bx1x1) * new)
      # A root has no derivative at 0.
      parts['slope'] = jnp.sqrt(slopes(between) + 1e-12)
      d_loss += penalty * (parts['slope'] - 1) ** 2
    if r1:
      slopes_B = slopes(real)
      d_loss += r1 / 2 * slopes_B
      parts['slope_real'] = jnp.sqrt(fixed(slopes_B))
    g_loss = play.generator(judge(fixed(params['critic']), new))
    if rebuild:
      nats_B, kl_B = rebuilt(params, code_keys, r_BxTxD, known, *cond_inputs)
      g_loss += rebuild * (nats_B + beta * kl_B)
      parts |= {'rebuilt': nats_B, 'kl': kl_B}
    parts |= {'loss': d_loss + g_loss, 'd_loss': d_loss, 'g_loss': g_loss}
    # A window that is cut short weighs by what there is of it.
    weight_B = batch['mask'].mean(1)
    return {k: (v * weight_B).sum() for k, v in parts.items()}, weight_B.sum()

  def sample(params, keys_N, length, controls):
    def new_windows(keys, x, known, cond):
      return face.x(
        face.canonical(write(params, keys, face.raw(x), known, cond))
      )

    if not conditions.columns:
      controls = controls._replace(cond=None)
    return join(
      new_windows,
      keys_N,
      length,
      controls,
      spec=spec,
      window=window,
      overlap=overlap,
    )

  def inputs(num, steps):
    del steps  # Always those of a window.
    shapes = {'z': (num, latent)}
    if is_given:
      shapes['given'] = num, window, face.cells + face.lines
    inputs = {
      name: jax.ShapeDtypeStruct(shape, jnp.float32)
      for name, shape in shapes.items()
    }
    if conditions.columns:
      shape = num, window, len(COLUMNS)
      inputs['cond'] = jax.ShapeDtypeStruct(shape, jnp.int32)
    return inputs

  def forward(params, given):
    logits = generator.apply(
      {'params': params['generator']},
      *map(given.get, ('z', 'given', 'cond')),
    )
    return {'logits_cells': logits}

  return ExportableModel(
    init,
    loss,
    sample,
    forward=Forward(inputs, forward),
    controls=('given',) * is_given
    + ('known',) * bool(given_tracks)
    + ('cond',) * bool(conditions.columns),
    monitor='',
    window=window,
  )


def split(keys_B, num):
  """Keys [B] -> so many of each: [num, B]."""
  return jax.vmap(lambda key: jax.random.split(key, num), out_axes=1)(keys_B)
