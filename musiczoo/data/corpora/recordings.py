"""A folder of sound files as a corpus; unusable files are reported."""

from collections import Counter
from collections.abc import Sequence
import functools
import hashlib
import pathlib
import sys

from musiczoo.data.corpora.corpus import deal, Piece
from musiczoo.data.corpora.folder import names
from musiczoo.data.sandbox import Sandbox
from musiczoo.errors import UserError
from musiczoo.music import audio
from musiczoo.music.audio import SUFFIXES

# What a file may cost while it is examined, beside the limits of `audio`.
SECONDS, MEGABYTES = 120, 1024


class Recordings(Sequence):
  """The Pieces of one split, each read from its file when it is asked for.

  Attributes:
    folder: the corpus.
    name: of the split.
    digest: SHA-256 of what the files hold, in their order.
  """

  def __init__(
    self, folder: pathlib.Path, name: str, files: Sequence[tuple[str, str]]
  ):
    """Args: files, name within the folder and SHA-256 of each."""
    self.folder, self.name = folder, name
    self._files = [file for file, _ in files]
    together = ''.join(digest for _, digest in files)
    self.digest = hashlib.sha256(together.encode()).hexdigest()

  def __len__(self):
    return len(self._files)

  def __getitem__(self, index: int) -> Piece:
    file = self._files[index]
    return Piece(file, audio.read(self.folder / file))


def load(
  path: pathlib.Path, limits: audio.Limits = audio.LIMITS
) -> dict[str, Recordings]:
  """The sound files in a folder and the folders in it, in order of their names.

  Each is decoded in a sandbox first. One that can't be used is
  left out, with a line on stderr with the reason; another line counts the reasons.

  Raises:
    UserError: there is nothing to use.
  """
  files = names(path, SUFFIXES)
  if not files:
    raise UserError(
      f"corpus '{path}' has no sound files ({', '.join(SUFFIXES)}): give a "
      'folder that has'
    )
  audio.needed('soundfile', f"corpus '{path}'")
  examine = functools.partial(audio.examine, limits=limits)
  child = Sandbox(examine, SECONDS, MEGABYTES)
  try:
    found = [(file, child.run(path / file)) for file in files]
  finally:
    child.close()
  found = [
    (file, audio.Examined(one) if isinstance(one, str) else one)
    for file, one in found
  ]
  kept = [Piece(file, one.sha256) for file, one in found if one.code is None]
  rejected = {file: one.code for file, one in found if one.code is not None}
  if not kept:
    first = audio.AudioError(*next(iter(rejected.items()))[::-1])
    raise UserError(
      f"corpus '{path}': none of its {len(files)} sound files can be used, "
      f'the first since {first}'
    )
  for file, code in rejected.items():
    print(f'left out {audio.AudioError(code, file)}', file=sys.stderr)
  if rejected:
    reasons = Counter(rejected.values()).most_common()
    print(
      f"corpus '{path}': {len(rejected)} of {len(files)} sound files left "
      f'out: {", ".join(f"{n} {code}" for code, n in reasons)}',
      file=sys.stderr,
    )
  return {
    split: Recordings(path, split, [(p.name, p.score) for p in pieces])
    for split, pieces in deal(kept).items()
  }
