"""The choice of a synthesizer: FluidSynth, or the built-in one."""

from collections.abc import Callable
import itertools
import os
import pathlib
from typing import NamedTuple

import numpy as np

from musiczoo.errors import UserError
from musiczoo.music.score import Score
from musiczoo.show.sound import fluid, synth

VARIABLE = 'MUSICZOO_SOUNDFONT'
NONE = 'none'  # Instead of a soundfont: the built-in synthesizer.
# Where systems keep soundfonts; the first file of the first folder is used.
FOLDERS = (
  '/usr/share/sounds/sf2',
  '/usr/share/sounds/sf3',
  '/usr/share/soundfonts',
  '/usr/local/share/soundfonts',
  '/opt/homebrew/share/soundfonts',
)
_SUFFIXES = ('.sf2', '.sf3')


class Player(NamedTuple):
  """A synthesizer.

  Attributes:
    name: for messages.
    render: Score -> float32 [samples, 2] at 44,100 Hz.
  """

  name: str
  render: Callable[[Score], np.ndarray]


def find(soundfont: str | None = None) -> Player:
  """FluidSynth with a soundfont if both are installed, else the built-in synth.

  Args:
    soundfont: a file, or 'none' for the built-in synthesizer; None: that of the
      environment variable MUSICZOO_SOUNDFONT, else one that the system has.

  Raises:
    UserError: the soundfont given is not one, or cannot be played.
  """
  named = soundfont or os.environ.get(VARIABLE)
  if named == NONE:
    return Player("musiczoo's own synth", synth.render)
  missing = fluid.missing()
  path = pathlib.Path(named) if named else installed()
  if named:
    _check(path)
    if missing:
      raise UserError(f'{named}: {missing}; or give {NONE} for our own synth')
  if missing or path is None:
    why = missing or f'no soundfont in {", ".join(FOLDERS)}'
    return Player(f"musiczoo's own synth ({why})", synth.render)
  return Player(
    f'FluidSynth with {path}', lambda score: fluid.render(score, path)
  )


def installed() -> pathlib.Path | None:
  """A soundfont of the system, if there is one."""
  folders = [folder for folder in map(pathlib.Path, FOLDERS) if folder.is_dir()]
  paths = itertools.chain.from_iterable(sorted(f.iterdir()) for f in folders)
  return next((p for p in paths if p.suffix in _SUFFIXES and p.is_file()), None)


def _check(path):
  way_out = f'give the .sf2 file of a soundfont, or {NONE}'
  try:
    with open(path, 'rb') as file:
      head = file.read(12)
      size = file.seek(0, os.SEEK_END)
  except OSError as e:
    raise UserError(f'{path}: {e.strerror}: {way_out}') from e
  if (head[:4], head[8:]) != (b'RIFF', b'sfbk'):
    raise UserError(f'{path} is no soundfont: {way_out}')
  promised = int.from_bytes(head[4:8], 'little') + 8
  if size < promised:
    raise UserError(
      f'{path} ends after {size} of {promised} bytes: get the soundfont again, '
      f'or give {NONE}'
    )
