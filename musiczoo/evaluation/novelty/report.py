"""The novelty report: what of new Scores is copied from a corpus."""

from musiczoo.data import encoding
from musiczoo.data.corpus import Corpus
from musiczoo.errors import UserError
from musiczoo.evaluation import novelty
from musiczoo.music.score import Score
from musiczoo.representations.pianoroll import pianoroll


def report(
  corpus: Corpus, steps_per_quarter: int, **music: list[Score]
) -> dict[str, dict]:
  """Compares music with the training split, as piano-rolls.

  Args:
    corpus: with a training and a test split.
    steps_per_quarter: the grid of the piano-rolls.
    **music: lists of new Scores, by a name for each.

  Returns:
    `novelty.find_copies` of each, and of 'test', the corpus' own test split, for
    comparison; sources are given by name.

  Raises:
    UserError: the corpus has no training or no test pieces.
  """
  for split in ('train', 'test'):
    if not len(corpus[split]):
      raise UserError(f'the corpus has no {split} pieces to compare with')
  representation = pianoroll(steps_per_quarter=steps_per_quarter)

  def rolls(split):
    """Yields one at a time: a dataset may be larger than memory."""
    return (encoding.encode(piece, representation) for piece in corpus[split])

  reports = novelty.find_copies(
    rolls('train'),
    **{
      name: map(representation.encode, scores) for name, scores in music.items()
    },
    test=rolls('test'),
  )
  for found in reports.values():
    for key in ('longest_verbatim', 'longest_transposed'):
      if found[key]:
        source = corpus['train'][found[key]['source']].name
        found[key] |= {'source': source}
  return reports


def summary(new: dict, real: dict, steps_per_quarter: int) -> str:
  """Two lines: the shares beside those of real music, and the longest copy."""
  shares = ', '.join(
    f'{k} steps {new[f"transposed_{k}"]:.1%} ({real[f"transposed_{k}"]:.1%})'
    for k in novelty.WINDOWS
  )
  text = f'copied, in any key (in brackets: of the real test pieces): {shares}'
  if span := new['longest_transposed']:
    text += f'\nlongest copy: {describe(span, steps_per_quarter)}, in piece '
    text += str(span['piece'])
  return text


def describe(span: dict, steps_per_quarter: int) -> str:
  """The length, source and transposition of a copy, as text."""
  return (
    f'{span["frames"] / steps_per_quarter:g} quarter notes of '
    f'{span["source"]}, {span["semitones"]:+d} semitones'
  )
