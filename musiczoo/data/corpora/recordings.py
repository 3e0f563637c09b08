"""Sound files, a folder or one, as a corpus; unusable files are reported."""

from collections import Counter
import functools
import hashlib
import pathlib
import sys

from musiczoo.data.corpora.folder import listing
from musiczoo.data.corpus import Recording
from musiczoo.data.pieces import Lazy
from musiczoo.data.sandbox import Sandbox
from musiczoo.data.splits import split_of, SPLITS, with_all_splits
from musiczoo.errors import printable, UserError
from musiczoo.music import audio
from musiczoo.music.audio import SUFFIXES

# What a file may cost while it is examined, beside the limits of `audio`.
SECONDS, MEGABYTES = 120, 1024


class Recordings(Lazy):
  """The Recordings of one split, each read from its file when indexed.

  Attributes:
    folder: the corpus.
    name: of the split.
    digest: SHA-256 of what the files hold, in their order.
  """

  def __init__(self, folder: pathlib.Path, name: str, sha256: dict[str, str]):
    """Args: `sha256`, of each file, by name within the folder."""
    self.folder, self.name = folder, name
    together = ''.join(sha256.values())
    self.digest = hashlib.sha256(together.encode()).hexdigest()
    files = list(sha256)
    super().__init__(
      len(files), lambda i: Recording(files[i], audio.read(folder / files[i]))
    )


def load(
  path: pathlib.Path, limits: audio.Limits = audio.LIMITS
) -> dict[str, Recordings]:
  """The sound files in a folder and the folders in it, in order of their names.

  A single file is a corpus of one. Each is decoded in a sandbox first. One that can't be used is left out, with
  its reason in a line on stderr; another line counts the reasons.

  Raises:
    UserError: there is nothing to use.
  """
  root, files = listing(path, SUFFIXES)
  if not files:
    raise UserError(
      f"corpus '{path}' has no sound files ({', '.join(SUFFIXES)}): give a "
      'folder that has'
    )
  audio.needed('soundfile', f"corpus '{path}'")
  examine = functools.partial(audio.examine, limits=limits)
  child = Sandbox(examine, SECONDS, MEGABYTES)
  kept, rejected = {}, {}
  try:
    for file in files:
      found = child.run(root / file)
      code = found if isinstance(found, str) else found.code
      if code is None:
        kept[file] = found.sha256
      else:
        rejected[file] = code
  finally:
    child.close()
  errors = [audio.AudioError(code, file) for file, code in rejected.items()]
  if not kept:
    raise UserError(
      f"corpus '{path}': none of its {len(files)} sound files can be used, the "
      f'first because {errors[0]}'
    )
  for error in errors:
    print(printable(f'left out {error}'), file=sys.stderr)
  if errors:
    reasons = Counter(rejected.values()).most_common()
    line = (
      f"corpus '{path}': {len(errors)} of {len(files)} sound files left out: "
      f'{", ".join(f"{n} {code}" for code, n in reasons)}'
    )
    print(printable(line), file=sys.stderr)
  splits = {s: [f for f in kept if split_of(f) == s] for s in SPLITS}
  return {
    split: Recordings(root, split, {file: kept[file] for file in files})
    for split, files in with_all_splits(str(path), splits, str).items()
  }
