"""A plot of the mel spectrograms of audio, one above the other."""

from collections.abc import Mapping

import numpy as np

from musiczoo.music.audio import Sound
from musiczoo.representations.audio_features import Frames, measure
from musiczoo.show.plots.figure import panels, save

_FRAMES = Frames(16_000, 2048, 256, 96, ())
_RANGE = 60.0  # Decibels of the colour scale.


def draw(sounds: Mapping[str, Sound], path) -> None:
  """Writes a PNG: time in seconds, mel bands by their frequency, loudness.

  Args:
    sounds: audio by title; all share one colour scale.
  """
  found = {title: measure(sound, _FRAMES).T for title, sound in sounds.items()}
  top = max(float(bands.max()) for bands in found.values())
  seconds = _FRAMES.hop / _FRAMES.rate
  figure, grid = panels(len(found), (12, 1 + 2.5 * len(found)))
  for axes, (title, bands) in zip(grid, found.items()):
    image = axes.imshow(
      bands,
      origin='lower',
      aspect='auto',
      interpolation='nearest',
      cmap='magma',
      extent=(0, bands.shape[1] * seconds, 0, len(bands)),
      vmin=top - _RANGE,
      vmax=top,
    )
    axes.set_yticks(*_frequencies(len(bands)))
    axes.set_ylabel('Hz')
    axes.set_title(title, fontsize=9, loc='left')
  grid[-1].set_xlabel('seconds')
  figure.colorbar(image, ax=grid, label='dB')
  save(figure, path)


def _frequencies(bands):
  """Tick positions on the axis of bands, and their labels."""
  import librosa

  middles = librosa.mel_frequencies(bands + 2, fmax=_FRAMES.rate / 2)[1:-1]
  shown = [125, 250, 500, 1000, 2000, 4000]
  ticks = np.interp(shown, middles, np.arange(bands) + 0.5)
  return ticks, list(map(str, shown))
