"""New Scores and the corpus -> what of them is copied, and from where."""

from musiczoo.data.corpora import Corpus
from musiczoo.errors import UserError
from musiczoo.evaluation import novelty
from musiczoo.music.score import Score
from musiczoo.representations.pianoroll import pianoroll


def copying(
    corpus: Corpus, steps_per_quarter: int, **music: list[Score]
) -> dict[str, dict]:
  """Compares music with the training split, as piano-rolls on a grid.

  Args:
    corpus: whose training split may have been copied.
    steps_per_quarter: the grid.
    **music: lists of new Scores, by a name for each.

  Returns:
    What `novelty.reports` says of each, and of 'test', the corpus' own test
    split, to weigh them by; sources by name.

  Raises:
    UserError: the corpus has no training or no test pieces.
  """
  for split in ('train', 'test'):
    if not len(corpus.splits[split]):
      raise UserError(f'the corpus has no {split} pieces to compare with')
  encode = pianoroll(steps_per_quarter=steps_per_quarter).encode

  def rolls(split):
    """One after another: a dataset may be larger than memory."""
    for piece in corpus.splits[split]:
      yield piece.score if corpus.kind == 'rolls' else encode(piece.score)

  reports = novelty.reports(
      rolls('train'),
      **{name: map(encode, scores) for name, scores in music.items()},
      test=rolls('test'),
  )
  for report in reports.values():
    for sense in ('longest_verbatim', 'longest_transposed'):
      if report[sense]:
        source = corpus.splits['train'][report[sense]['source']].name
        report[sense] |= {'source': source}
  return reports


def in_words(new: dict, real: dict, steps_per_quarter: int) -> str:
  """Two lines: how much is copied beside real music, and the longest span."""
  shares = ', '.join(
      f'{k} steps {new[f"transposed_{k}"]:.1%} ({real[f"transposed_{k}"]:.1%})'
      for k in novelty.WINDOWS
  )
  lines = [f'copied, in any key (in brackets: of the real test pieces): {shares}']
  span = new['longest_transposed']
  if span:
    lines.append(
        f'longest copy: {span["frames"] / steps_per_quarter:g} quarter notes '
        f'of {span["source"]}, {span["semitones"]:+d} semitones, in piece '
        f'{span["piece"]}'
    )
  return '\n'.join(lines)
