"""Voice-leading, form, chords and grade of several sets of pieces, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np

from musiczoo.data import encoding
from musiczoo.data.corpus import Piece
from musiczoo.evaluation.metrics import chord_divergence, voice_leading
from musiczoo.evaluation.metrics.bootstrap import ratio_summary
from musiczoo.evaluation.metrics.grade import grade, reference
from musiczoo.music.score import Score
from musiczoo.music.transform import with_form
from musiczoo.representations.representation import Representation

MAX_PIECES = 512  # Of a split, so that large corpora take seconds, too.
# The figures by which a musician would judge, in the order of tables.
MAIN = (
  'grade',
  'chord_changes_per_bar',
  'notes_per_quarter',
  'parallel_fifths_per_100_changes',
  'parallel_octaves_per_100_changes',
  'hard_violations_per_100_changes',
  'doubled_leading_tones_per_100_changes',
  'leaps_over_octave_per_1000_moves',
  'beats_no_triad_or_seventh_share',
  'notes_in_key_of_four_bars_share',
  'begins_on_root_triad_share',
  'begins_on_tonic_share',
  'ends_on_tonic_share',
  'ends_on_cadence_share',
  'half_note_cadence_late_share',
  'phrases_end_on_cadence_share',
  'long_chords_per_four_bars',
  'soprano_bars_like_earlier_share',
  'onsets_on_sixteenths_share',
  'pieces_losing_beat_share',
  'chord_bigram_divergence_bits',
  'final_cadence_divergence_bits',
)
# A value with its 95 % bootstrap interval over the pieces.
Figure = tuple[float, float, float]


def real_scores(
  pieces: Sequence[Piece], representation: Representation
) -> list[Score]:
  """Pieces of a split as a model represents them, with its meters, keys and ends of
  phrases.

  Of more than `MAX_PIECES` as many, evenly spread.
  """
  index = np.linspace(0, len(pieces) - 1, min(MAX_PIECES, len(pieces)))
  chosen = [pieces[i] for i in index.astype(int).tolist()]
  return [
    with_form(
      representation.decode(encoding.encode(piece, representation)), piece.score
    )
    for piece in chosen
  ]


def compare(
  music: Mapping[str, Sequence[Score]], train: Sequence[Score] = ()
) -> dict[str, dict[str, Figure]]:
  """Each figure of each set of pieces.

  Args:
    music: Scores in voices, by the name of their set.
    train: Scores by which pieces are graded, and from which divergences are
      measured; none leaves these figures out.

  Returns:
    figure -> set -> value, low, high; sets without the figure are left out, and
    figures without sets.

  Raises:
    ValueError: the tracks of a Score are no voices.
  """
  known = reference(train)
  progressions = chord_divergence.histograms(train) if len(train) else {}
  found = {}
  for name, scores in music.items():
    figures = voice_leading.rates(voice_leading.voice_leading(scores))
    if len(train):
      figures = {'grade': _grades(scores, known)} | figures
      own = chord_divergence.histograms(scores)
      figures |= chord_divergence.divergences(own, progressions)
    for figure, value in figures.items():
      if np.isfinite(value[0]):
        found.setdefault(figure, {})[name] = value
  return found


def table(figures: Mapping[str, Mapping[str, Figure]]) -> str:
  """Lines of text: a figure each, a column for each set of pieces."""
  names = list({name: None for of in figures.values() for name in of})
  lines = [['', *names]] + [
    [figure, *(with_interval(of.get(name)) for name in names)]
    for figure, of in figures.items()
  ]
  widths = [max(map(len, column)) for column in zip(*lines)]
  return '\n'.join(
    '  '.join(cell.rjust(width) for cell, width in zip(line, widths))
    for line in lines
  )


def with_interval(value: Sequence[float] | None) -> str:
  """(0.14, 0.05, 0.3) -> '0.14 [0.05, 0.3]'; None -> ''."""
  if value is None:
    return ''
  middle, low, high = (f'{number:.3g}' for number in value)
  return f'{middle} [{low}, {high}]'


def _grades(scores, known):
  """The mean grade; pieces without notes have none."""
  grades = np.array([grade(score, known) for score in scores])
  graded = np.isfinite(grades)
  counts = {'grade': np.where(graded, grades, 0)}
  return ratio_summary(counts, {'grade': graded.astype(float)})['grade']
