"""Spectrogram: mel bands and audio features of each frame, float32 [T, D]."""

from collections.abc import Sequence
import dataclasses
from typing import Annotated

import numpy as np

from musiczoo.errors import check_value, Range, UserError
from musiczoo.music.spec import Spec
from musiczoo.representations import audio_features, representation
from musiczoo.representations.audio_features import FEATURES, Frames


@dataclasses.dataclass(frozen=True, eq=False)
class Normalized:
  """Frames [T, D] less their mean, by their deviation, computed when read.

  It can replace the array, as a SparseRoll can: what was measured may be on the
  disk, and only the steps of a slice are read.
  """

  measured: np.ndarray
  mean: np.ndarray
  sd: np.ndarray
  dtype = np.dtype(np.float32)

  @property
  def shape(self) -> tuple[int, int]:
    return self.measured.shape

  def __len__(self) -> int:
    return len(self.measured)

  def __getitem__(self, steps: slice) -> 'Normalized':
    return dataclasses.replace(self, measured=self.measured[steps])

  def __array__(self, dtype=None, copy=None) -> np.ndarray:
    x = (self.measured - self.mean) / self.sd
    return x.astype(dtype or self.dtype)


@representation.checked
def spectrogram(
  *,
  sample_rate: Annotated[int, Range(4000, 192_000)] = 16_000,
  fft: Annotated[int, Range(64, 2**15)] = 2048,
  hop: int = 512,
  mels: int = 80,
  features: Sequence[str] = tuple(FEATURES),
  iterations: Annotated[int, Range(1, 10_000)] = 32,
  mean: Sequence[float] = (),
  sd: Sequence[float] = (),
) -> representation.Representation:
  """The mel spectrum of each frame in decibels, and audio features.

  A step is a frame: the decibels of the mel bands, then the features, each less
  its mean and by its standard deviation over the frames of the training split.
  `decode` makes the sound of the bands alone. Kept is what the bands keep: no
  phases, no detail within a band, nothing above half the sample rate.

  Args:
    sample_rate: samples a second.
    fft: samples of a frame.
    hop: samples from frame to frame; a second is sample_rate / hop steps.
    mels: bands.
    features: names in `audio_features.FEATURES`.
    iterations: of Griffin and Lim, on the way back.
    mean, sd: of each number of a frame, D of them; none: x is as measured.
      Training finds them and puts them into its config.
  """
  half = Annotated[int, Range(1, fft // 2)]
  check_value('representation.hop', hop, half)
  check_value('representation.mels', mels, half)
  unknown = [name for name in features if name not in FEATURES]
  if unknown or len(set(features)) < len(features):
    raise UserError(
      f'representation.features={",".join(features)}: choose of '
      f'{", ".join(FEATURES)}, each once'
    )
  frames = Frames(sample_rate, fft, hop, mels, tuple(features))
  if not len(mean) == len(sd) == (len(mean) and frames.depth):
    raise UserError(
      f'representation.mean and sd have {len(mean)} and {len(sd)} numbers: '
      f'leave them out, training finds the {frames.depth}'
    )
  centre = np.array(mean or 0.0, np.float32)
  spread = np.array(sd or 1.0, np.float32)

  def normalize(measured):
    return Normalized(measured, centre, spread)

  def encode(sound):
    return np.asarray(normalize(audio_features.measure(sound, frames)))

  def decode(x):
    x = np.asarray(x, np.float32).reshape(-1, frames.depth)
    return audio_features.invert(x * spread + centre, frames, iterations)

  return representation.Representation(
    spec=Spec('frames', frames.depth, (frames.depth,), np.float32, 0),
    encode=encode,
    decode=decode,
    project=lambda sound: decode(encode(sound)),
    normalize=normalize,
  )
