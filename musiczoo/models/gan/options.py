"""Options of gan."""

from collections.abc import Sequence
import dataclasses
from typing import Annotated

from musiczoo.errors import OneOf, Range, Units, UserError
from musiczoo.models.gan.objectives import OBJECTIVES


@dataclasses.dataclass(frozen=True)
class GanOptions:
  """Options of gan.

  Attributes:
    latent: dimensions of z.
    hidden: channels of each net.
    num_levels: how often the generator doubles the steps and the critic halves
      them.
    objective: 'wgan_gp', 'hinge' or 'non_saturating', one of `OBJECTIVES`.
    penalty: weight of (g - 1)^2, g the norm of the critic's gradient at a random
      point between a real and a generated window (Gulrajani et al. 2017).
    r1: weight of g^2 / 2 at the real window (Mescheder et al. 2018).
    reconstruction_weight: weight of the nats of real windows given their
      latents; 0: there is no encoder.
    beta: weight, among these, of the Kullback-Leibler divergence of z.
    binarize: 'deterministic' takes the likeliest cell, 'stochastic' draws it;
      frames are never drawn.
    hysteresis: of bits, one that sounds goes on while its logit is above
      -hysteresis.
    overlap: steps that a window is given of the one before; 0: windows of a
      piece are independent.
    given_tracks: voices, or groups of instruments, that the model learns to
      accompany, one at a time.
  """

  latent: Units
  hidden: Units
  num_levels: Annotated[int, Range(0, 16)]
  objective: Annotated[str, OneOf(*OBJECTIVES)] = 'hinge'
  penalty: Annotated[float, Range(0)] = 0.0
  r1: Annotated[float, Range(0)] = 0.0
  reconstruction_weight: Annotated[float, Range(0)] = 0.0
  beta: Annotated[float, Range(0)] = 1.0
  binarize: Annotated[str, OneOf('deterministic', 'stochastic')] = (
    'deterministic'
  )
  hysteresis: Annotated[float, Range(0)] = 0.0
  overlap: Annotated[int, Range(0, 2**20)] = 0
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
    if window % 2**self.num_levels:
      raise UserError(
        f'--config.window={window} can not be halved {self.num_levels} times: '
        f'give a multiple of {2**self.num_levels}, or fewer '
        '--config.model.num_levels'
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
