"""Sound files, a folder or one, as a corpus; unusable files are reported."""

from collections import Counter
import functools
import hashlib
import logging
import pathlib

from musiczoo.data.corpora.folder import listing
from musiczoo.data.corpus import Recording
from musiczoo.data.pieces import Lazy
from musiczoo.data.sandbox import Sandbox
from musiczoo.data.splits import ALL, HASH, split_corpus, SPLITS
from musiczoo.errors import UserError
from musiczoo.music import audio
from musiczoo.music.audio import SUFFIXES

log = logging.getLogger(__name__)

# What a file may cost while it is examined, beside the limits of `audio`.
SECONDS, MEGABYTES = 120, 1024


class Recordings(Lazy):
  """The Recordings of one split, each read from its file when indexed.

  Attributes:
    folder: the corpus.
    name: of the split.
    digests: SHA-256 of each file, by name within the folder.
    digest: SHA-256 of what the files hold, in their order.
  """

  def __init__(self, folder: pathlib.Path, name: str, sha256: dict[str, str]):
    """Args: `sha256`, of each file, by name within the folder."""
    self.folder, self.name, self.digests = folder, name, sha256
    together = ''.join(sha256.values())
    self.digest = hashlib.sha256(together.encode()).hexdigest()
    files = list(sha256)
    super().__init__(
      len(files), lambda i: Recording(files[i], audio.read(folder / files[i]))
    )


def load(
  path: pathlib.Path, split: str = HASH, limits: audio.Limits = audio.LIMITS
) -> dict[str, Recordings]:
  """The sound files in a folder and the folders in it, in order of their names.

  A single file is a corpus of one. `split` is of `splits.Rule`. Each is decoded in a sandbox first. One that
  can't be used is left out: its reason is logged, then the number of each.

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
    log.warning('left out %s', error)
  if errors:
    reasons = Counter(rejected.values()).most_common()
    log.warning(
      "corpus '%s': %d of %d sound files left out: %s",
      *(path, len(errors), len(files)),
      ', '.join(f'{n} {code}' for code, n in reasons),
    )
  splits = split_corpus(str(path), kept, split, name_of=str)
  if split == ALL:
    return dict.fromkeys(SPLITS, Recordings(root, ALL, kept))
  return {
    name: Recordings(root, name, {file: kept[file] for file in files})
    for name, files in splits.items()
  }
