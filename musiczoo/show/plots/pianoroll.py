"""A plot of a Score as a piano-roll."""

from matplotlib import colormaps
from matplotlib.collections import PolyCollection
import numpy as np

from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK
from musiczoo.show.plots.figure import panels, save

MAX_NAMES = 8  # Tracks in the legend; more would hide the music.


def draw(score: Score, path, *, title: str = '') -> None:
  """Writes a PNG: time in quarter notes, pitch, one colour per track."""
  notes = score.notes
  figure, (axes,) = panels(1, (12, 4))
  for track in np.unique(notes[:, TRACK]):
    of_track = notes[notes[:, TRACK] == track]
    bars = PolyCollection(
      _corners(of_track, score.resolution),
      facecolor=colormaps['tab10'](track % 10),
      label=_name(score.tracks[track]),
    )
    axes.add_collection(bars)
  pitches = notes[:, PITCH] if len(notes) else np.array([60])
  low, high = pitches.min() - 2, pitches.max() + 2
  octaves = np.arange(0, 128, 12)
  axes.set_yticks(octaves, [f'C{o // 12 - 1}' for o in octaves])
  axes.set_ylim(low, high)
  axes.set_xlim(left=0)
  axes.set_xlabel('quarter notes')
  axes.set_title(title)
  axes.grid(alpha=0.3)
  if len(notes) and len(score.tracks) <= MAX_NAMES:
    axes.legend(loc='upper right', fontsize='small', ncols=4)
  save(figure, path)


def _corners(notes, resolution):
  """The rectangles of notes, [N, 4, 2], in quarter notes and semitones."""
  begin, lasts = notes[:, ONSET] / resolution, notes[:, DURATION] / resolution
  # The gap before the next note separates repeated notes.
  end = begin + np.maximum(lasts - 0.06, lasts / 2)
  low, high = notes[:, PITCH] - 0.45, notes[:, PITCH] + 0.45
  corners = [(begin, low), (begin, high), (end, high), (end, low)]
  return np.transpose(corners, (2, 0, 1))


def _name(track):
  kind = 'drums' if track.drums else f'program {track.program}'
  return track.name or kind
