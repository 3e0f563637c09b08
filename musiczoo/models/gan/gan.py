"""GAN: a generator and a critic of windows."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from musiczoo.models.autoencoder.vae import kl
from musiczoo.models.gan.cells import CellLayout
from musiczoo.models.gan.layouts import cell_layout
from musiczoo.models.gan.nets import Critic, Encoder, Generator
from musiczoo.models.gan.objectives import critic_loss, OBJECTIVES
from musiczoo.models.gan.options import GanOptions
from musiczoo.models.gan.stitching import sample_windows
from musiczoo.models.model import ExportableModel, Forward
from musiczoo.music.annotations import COLUMNS
from musiczoo.nn.keys import noise, row_keys, split

# Share of the rows in training that are given a beginning, and so a track.
GIVEN = 0.3
BIAS = -3.0  # Few bits are 1: a generator that begins loud learns slowly.

fixed = jax.lax.stop_gradient


def gan(
  spec, head: None, options: GanOptions, *, window, conditioning, dtype, remat
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
  layout, levels = cell_layout(spec), options.num_levels
  options.check(int(layout.tracks.max()) + 1, window)
  shared = options.hidden, conditioning, jnp.dtype(dtype), remat
  bias = 0.0 if spec.is_audio else BIAS
  parts = _Gan(
    layout,
    options,
    Generator(*shared, window, layout.cells, levels, bias),
    Critic(*shared, levels),
    Encoder(*shared, options.latent),
  )
  return ExportableModel(
    parts.init,
    parts.loss,
    parts.sample,
    forward=Forward(parts.inputs, parts.forward),
    controls=('given',) * parts.is_given
    + ('known', 'parts') * bool(options.given_tracks)
    + ('cond',) * bool(conditioning.columns)
    + ('phrase_candidates',) * (spec.kind == 'voices'),
    monitor='',
    window=window,
  )


class _Gan(NamedTuple):
  """The functions of the Model. r [B, T, D] are raw cells, y canonical ones."""

  layout: CellLayout
  options: GanOptions
  generator: Generator
  critic: Critic
  encoder: Encoder

  @property
  def is_given(self) -> bool:
    """Whether the nets have given cells among their inputs."""
    return bool(self.options.overlap or self.options.given_tracks)

  def init(self, rng, batch):
    rngs, x, cond = jax.random.split(rng, 3), batch['x'], batch.get('cond')
    r_BxTxD, known_BxTxC = self.layout.raw(x), jnp.zeros(x.shape, bool)
    z_BxL = jnp.zeros((len(x), self.options.latent))
    given, shares = self._given(r_BxTxD, known_BxTxC)
    inputs = self.layout.features(r_BxTxD), shares, cond
    variables = {
      'generator': self.generator.init(rngs[0], z_BxL, given, cond),
      'critic': self.critic.init(rngs[1], *inputs),
    }
    if self.options.reconstruction_weight:
      variables['encoder'] = self.encoder.init(rngs[2], *inputs)
    return {name: v['params'] for name, v in variables.items()}

  def loss(self, params, batch, rng, *, step, train):
    del step
    keys_B = row_keys(rng, batch['row'])
    generate_keys, known_keys, latent_keys, mix_keys = split(keys_B, 4)
    shape = batch['x'].shape[1:]
    known = jax.vmap(lambda key: self._known(key, shape))(known_keys)
    cond = batch.get('cond'), keys_B if train else None
    r_BxTxD = self.layout.raw(batch['x'])
    real = self.layout.canonical(r_BxTxD)
    new = self.layout.canonical(
      self.generate(params, generate_keys, r_BxTxD, known, *cond)
    )

    def score(params, y_BxTxD):
      """The critic's score of each row: [B]."""
      _, shares = self._given(r_BxTxD, known)
      inputs = self.layout.features(y_BxTxD), shares, *cond
      return self.critic.apply({'params': params}, *inputs)

    score_fixed = functools.partial(score, fixed(params['critic']))
    score = functools.partial(score, params['critic'])
    d_loss, parts = critic_loss(self.options, score, real, fixed(new), mix_keys)
    g_loss = OBJECTIVES[self.options.objective].generator(score_fixed(new))
    if weight := self.options.reconstruction_weight:
      nats_B, kl_B = self._reconstruct(
        params, latent_keys, r_BxTxD, known, *cond
      )
      g_loss += weight * (nats_B + self.options.beta * kl_B)
      parts |= {'reconstruction': nats_B, 'kl': kl_B}
    parts |= {'loss': d_loss + g_loss, 'd_loss': d_loss, 'g_loss': g_loss}
    # A window that is cut short weighs as much as there is of it.
    weight_B = batch['mask'].mean(1)
    return {k: (v * weight_B).sum() for k, v in parts.items()}, weight_B.sum()

  def generate(self, params, keys_B, r, known_BxTxC, cond, cond_keys=None):
    """New windows r [B, T, D], given the known cells of the old r."""
    z_keys, draw_keys = split(keys_B, 2)
    z_BxL, (given, _) = self._normal(z_keys), self._given(r, known_BxTxC)
    logits_BxTxD = self._logits(params, z_BxL, given, cond, cond_keys)
    draws = self.options.binarize == 'stochastic'
    new_BxTxD = self.layout.draw(
      logits_BxTxD, draw_keys if draws else None, self.options.hysteresis
    )
    return jnp.where(self.layout.expand(known_BxTxC), r, new_BxTxD)

  def _reconstruct(self, params, keys_B, r, known_BxTxC, cond, cond_keys):
    """Nats of the cells of windows that are not known, and of the latents: [B]."""
    given, shares = self._given(r, known_BxTxC)
    y_BxTxE = self.layout.features(self.layout.canonical(r))
    variables = {'params': params['encoder']}
    mean_BxL, log_sd_BxL = self.encoder.apply(
      variables, y_BxTxE, shares, cond, cond_keys
    )
    z_BxL = mean_BxL + jnp.exp(log_sd_BxL) * self._normal(keys_B)
    logits_BxTxD = self._logits(params, z_BxL, given, cond, cond_keys)
    log_p_BxTxC = self.layout.log_prob(logits_BxTxD, r)
    nats_B = -jnp.where(known_BxTxC, 0.0, log_p_BxTxC).sum((1, 2))
    return nats_B, kl(mean_BxL, log_sd_BxL).sum(1)

  def _logits(self, params, *inputs):
    return self.generator.apply({'params': params['generator']}, *inputs)

  def _normal(self, keys_B):
    return noise(jax.random.normal, keys_B, (self.options.latent,))

  def _given(self, r_BxTxD, known_BxTxC):
    """The known cells as inputs of the generator, and of the other nets."""
    if not self.is_given:
      return None, None
    layout = self.layout
    return layout.given(r_BxTxD, known_BxTxC), layout.shares(known_BxTxC)

  def _known(self, key, shape):
    """The cells of a row that are given in training: bool [T, C]."""
    which_key, end_key, track_key = jax.random.split(key, 3)
    is_begun, has_track = jax.random.bernoulli(which_key, GIVEN, (2,))
    known_TxC, window = jnp.zeros(shape, bool), shape[0]
    if self.options.overlap:
      end = jax.random.randint(end_key, (), 1, window // 2 + 1)
      known_TxC |= is_begun & (jnp.arange(window) < end)[:, None]
    if self.options.given_tracks:
      tracks = jnp.array(self.options.given_tracks)
      track = jax.random.choice(track_key, tracks)
      known_TxC |= has_track & (self.layout.tracks == track)
    return known_TxC

  def sample(self, params, keys, length, controls):
    layout = self.layout

    def new_windows(keys, x, known, cond):
      r = self.generate(params, keys, layout.raw(x), known, cond)
      return layout.x(layout.canonical(r))

    if not self.generator.conditioning.columns:
      controls = controls._replace(cond=None)
    return sample_windows(
      new_windows,
      keys,
      length,
      controls,
      spec=layout.spec,
      window=self.generator.steps,
      overlap=self.options.overlap,
    )

  def inputs(self, num, steps):
    """The inputs of `forward`."""
    del steps  # Always those of a window.
    window = self.generator.steps
    array = jax.ShapeDtypeStruct
    inputs = {'z': array((num, self.options.latent), jnp.float32)}
    if self.is_given:
      depth = self.layout.cells + self.layout.lines
      inputs['given'] = array((num, window, depth), jnp.float32)
    if self.generator.conditioning.columns:
      inputs['cond'] = array((num, window, len(COLUMNS)), jnp.int32)
    return inputs

  def forward(self, params, inputs):
    """See `Forward.apply`."""
    names = 'z', 'given', 'cond'
    return {'logits_cells': self._logits(params, *map(inputs.get, names))}
