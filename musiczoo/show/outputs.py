"""Files of generated music, numbered from 000 on: MIDI, pictures, audio, scores."""

from collections.abc import Mapping
import itertools
import pathlib

import numpy as np

from musiczoo.music import audio, harmony, midi, musicxml
from musiczoo.music.audio import Sound
from musiczoo.music.quantize import quantize
from musiczoo.music.score import Score
from musiczoo.show import sound
from musiczoo.show.plots import pianoroll, spectrogram

_TICKS = 480  # Per quarter note: what other programs expect.
_SUFFIXES = '.mid', '.png', '.wav', '.musicxml'


def with_defaults(
  score: Score, tempo: float | None = None, *, default_tempo: float = 80.0
) -> Score:
  """A Score at 480 ticks a quarter note that has a tempo, a meter and a key.

  Without a meter its bars are of four quarter notes, without a key it is in the
  one that its notes suggest.

  Args:
    tempo: quarter notes a minute; None keeps the tempi of the Score.
    default_tempo: for a Score without any.
  """
  score = quantize(score, _TICKS)
  changes = {}
  if tempo is not None or not len(score.tempi):
    changes['tempi'] = [(0, round(60e6 / (tempo or default_tempo)))]
  if not len(score.meters):
    changes['meters'] = [(0, 4, 4)]
  if not len(score.keys) and (key := harmony.key(score)):
    changes['keys'] = [(0, key.sharps, key.minor)]
  return score._replace(
    **{k: np.array(v, np.int32) for k, v in changes.items()}
  )


def earlier(folder) -> list[list[pathlib.Path]]:
  """The files of each piece that was written to a folder before, from 000 on.

  A piece has a picture beside its music, unlike other files with a number.
  """
  pieces = []
  for i in itertools.count():
    path = pathlib.Path(folder) / f'{i:03d}'
    found = [p for s in _SUFFIXES if (p := path.with_suffix(s)).is_file()]
    suffixes = {p.suffix for p in found}
    if '.png' not in suffixes or suffixes.isdisjoint(('.mid', '.wav')):
      return pieces
    pieces.append(found)


def _remove_earlier(folder):
  for files in earlier(folder):
    for path in files:
      path.unlink()


def write_scores(
  music: list[Score],
  folder,
  *,
  title: str,
  tempo: float | None = None,
  default_tempo: float = 80.0,
  player: sound.Player | None = None,
  notation: bool = False,
) -> list[Score]:
  """Writes 000.mid, 000.png, 001.mid, ... to an existing folder.

  They replace `earlier` pieces there.

  Args:
    tempo, default_tempo: as of `with_defaults`.
    player: renders 000.wav, 001.wav, ... as well; None: no audio.
    notation: whether to write 000.musicxml, 001.musicxml, ... as well.

  Returns:
    The Scores as they were written.
  """
  written = [
    with_defaults(score, tempo, default_tempo=default_tempo) for score in music
  ]
  _remove_earlier(folder)
  for i, score in enumerate(written):
    path = pathlib.Path(folder) / f'{i:03d}'
    midi.write(score, path.with_suffix('.mid'))
    pianoroll.draw(score, path.with_suffix('.png'), title=f'{title} #{i}')
    if player is not None:
      sound.write(score, path.with_suffix('.wav'), player)
    if notation:
      musicxml.write(score, path.with_suffix('.musicxml'), chords=True)
  return written


def write_audio(
  sounds: list[Sound],
  folder,
  *,
  title: str,
  references: Mapping[str, Sound] = {},
) -> None:
  """Writes 000.wav, 000.png, 001.wav, ... to an existing folder.

  They replace `earlier` pieces there.

  Args:
    references: audio by title, drawn above each.
  """
  _remove_earlier(folder)
  for i, generated in enumerate(sounds):
    path = pathlib.Path(folder) / f'{i:03d}'
    audio.write(generated, path.with_suffix('.wav'))
    shown = {**references, f'{title} #{i}': generated}
    spectrogram.draw(shown, path.with_suffix('.png'))
