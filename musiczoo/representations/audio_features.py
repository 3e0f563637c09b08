"""Mel bands and audio features of frames, and their inversion to audio.

Every number is librosa's (McFee et al. 2015); nothing of it is rewritten here.
"""

from collections.abc import Sequence
import inspect
import math
from typing import NamedTuple
import warnings

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.audio import needed, Sound

# Features of a frame beside its spectrum: name -> how many numbers.
FEATURES = {
  'rms': 1,  # Root mean square of the samples.
  'zero_crossings': 1,  # Share of the samples that change the sign.
  'onset': 1,  # Onset strength: how much the spectrum grows.
  'tempo': 1,  # Beats a minute of the seconds around.
  'chroma': 12,  # Pitch classes, the strongest is 1.
}
# Power of a mel band that counts as none: 50 dB below that of 1.
LEAST = 1e-5
_UPDATES = 64  # Of the spectrum within the bands, on the way back.
LOWEST, HIGHEST = 10 * math.log10(LEAST), 70.0  # Decibels.


class Frames(NamedTuple):
  """How samples are cut into frames.

  Attributes:
    rate: samples a second, to which sounds are resampled.
    fft: samples of a frame.
    hop: samples from one frame to the next.
    mels: bands of the spectrum, equally spaced on the mel scale.
    features: of `FEATURES`.
  """

  rate: int
  fft: int
  hop: int
  mels: int
  features: Sequence[str]

  @property
  def depth(self) -> int:
    """D, numbers of a frame: the bands' decibels, then the features."""
    return self.mels + sum(FEATURES[name] for name in self.features)


def measure(sound: Sound, frames: Frames) -> np.ndarray:
  """Mel bands and features of each frame; frame t is centred at t * hop.

  Returns:
    float32 [T, D].
  """
  librosa = needed('librosa', 'sound')
  rate, hop = frames.rate, frames.hop
  cut = {'n_fft': frames.fft, 'hop_length': hop}
  samples = librosa.resample(sound.samples, orig_sr=sound.rate, target_sr=rate)
  # The ends of a sound shorter than a frame are silent.
  samples = librosa.util.fix_length(samples, size=max(len(samples), frames.fft))
  power = np.abs(librosa.stft(samples, **cut)) ** 2
  decibels = log_mel(power, frames)
  onset = librosa.onset.onset_strength(S=decibels, sr=rate, **cut)
  sized = {'frame_length': frames.fft, 'hop_length': hop}
  feature = librosa.feature
  tempo = {'onset_envelope': onset, 'hop_length': hop, 'aggregate': None}
  measures = {
    'rms': lambda: feature.rms(y=samples, **sized),
    'zero_crossings': lambda: feature.zero_crossing_rate(samples, **sized),
    'onset': lambda: onset,
    'tempo': lambda: feature.tempo(sr=rate, **tempo),
    # Tuned to 440 Hz, so that it doesn't depend on the rest of the file.
    'chroma': lambda: feature.chroma_stft(S=power, sr=rate, tuning=0.0, **cut),
  }
  rows = [decibels, *(np.atleast_2d(measures[f]()) for f in frames.features)]
  return np.concatenate(rows).T.astype(np.float32)


def log_mel(power: np.ndarray, frames: Frames) -> np.ndarray:
  """Power spectra [bins, T] -> decibels of the mel bands [mels, T].

  Raises:
    UserError: there are too many bands for so short frames.
  """
  librosa = needed('librosa', 'sound')
  with warnings.catch_warnings():
    warnings.simplefilter('error')
    try:
      bands = librosa.feature.melspectrogram(
        S=power, sr=frames.rate, n_fft=frames.fft, n_mels=frames.mels
      )
    except UserWarning as empty:
      raise UserError(
        f'representation.mels={frames.mels}: some bands are empty: give '
        'fewer, or a larger representation.fft'
      ) from empty
  return librosa.power_to_db(bands, ref=1.0, amin=LEAST, top_db=None)


def invert(features: np.ndarray, frames: Frames, iterations: int) -> Sound:
  """A Sound whose mel bands are nearly those of [T, D] frames.

  Only the bands are used. The spectrum within them is found by the updates of
  Lee and Seung 2001 for the Kullback-Leibler divergence, which fits soft bands
  as well as loud ones; least squares, as in librosa, loses the soft ones. The
  phases are found by Griffin and Lim 1984, in the fast variant of Perraudin et
  al. 2013, from noise that is always the same.

  Args:
    features: of `measure`; all but the bands are ignored.
    frames: as of `measure`.
    iterations: of Griffin and Lim.
  """
  librosa = needed('librosa', 'sound')
  decomposition = needed('sklearn.decomposition', 'sound')
  decibels = np.asarray(features, np.float32)[:, : frames.mels].T
  decibels = np.nan_to_num(decibels, nan=LOWEST).clip(LOWEST, HIGHEST)
  length = max(decibels.shape[1] - 1, 1) * frames.hop
  # Phases are of several frames: silence after the last makes up for few.
  room = max(frames.fft // frames.hop + 2 - decibels.shape[1], 0)
  decibels = np.pad(decibels, [(0, 0), (0, room)], constant_values=LOWEST)
  power = librosa.db_to_power(decibels)
  # What counts as no power is none.
  power = np.where(decibels > LOWEST, power, 0)
  bands = librosa.filters.mel(
    sr=frames.rate, n_fft=frames.fft, n_mels=frames.mels
  )
  options = {'solver': 'mu', 'beta_loss': 'kullback-leibler', 'init': None}
  spectrum, _, _ = decomposition.non_negative_factorization(
    power.T,
    H=bands.T,
    n_components=bands.shape[1],
    update_H=False,
    tol=0,
    max_iter=_UPDATES,
    **options,
  )
  cut = {'n_fft': frames.fft, 'hop_length': frames.hop}
  # librosa 1.0 calls it rng.
  names = inspect.signature(librosa.griffinlim).parameters
  cut['rng' if 'rng' in names else 'random_state'] = 0
  samples = librosa.griffinlim(np.sqrt(spectrum.T), n_iter=iterations, **cut)
  samples = librosa.util.fix_length(samples, size=length)
  return Sound(samples.astype(np.float32), frames.rate)
