"""Measures of songs of several tracks: texture, harmony, rhythm and repetition.

They are of the opening of a song, of `openings.opening`.
"""

from collections.abc import Callable, Sequence
import math

import numpy as np

from musiczoo.evaluation.metrics import keys
from musiczoo.evaluation.metrics.bar_patterns import bar_patterns
from musiczoo.evaluation.metrics.openings import BAR, BARS, STEPS
from musiczoo.evaluation.metrics.shares import share, spans
from musiczoo.music import score as score_lib
from musiczoo.music.quantize import divide
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK
from musiczoo.representations.sparse_roll import SparseRoll, union

_SIXTEENTH = STEPS // 4
_PHRASE = 4  # Bars over which a key is found.
_LEAST = 8  # Notes by which a key can be found.
# The pitch classes of a key: of minor the natural and the harmonic seventh.
_SCALES = np.zeros((2, 12), bool)
_SCALES[0, [0, 2, 4, 5, 7, 9, 11]] = True
_SCALES[1, [0, 2, 3, 5, 7, 8, 10, 11]] = True


def measure_songs(
  scores: Sequence[Score], bars: int = BARS
) -> dict[str, np.ndarray]:
  """Each of `SONG_MEASURES` of each opening.

  Args:
    scores: of `opening`, with notes.
    bars: how many they have.

  Returns:
    name -> float64 [scores], nan where the measure is undefined.
  """
  return {
    name: np.array([measure(score, bars) for score in scores], float)
    for name, measure in SONG_MEASURES.items()
  }


def notes_per_bar(score: Score, bars: int = BARS) -> float:
  """The mean number of notes that begin in a bar, drums too."""
  return len(score.notes) / bars


def empty_bar_share(score: Score, bars: int = BARS) -> float:
  """The share of bars in which no note begins."""
  return 1 - len(np.unique(_bar(score))) / bars


def num_tracks(score: Score, bars: int = BARS) -> float:
  """The number of tracks that have notes."""
  del bars
  return float(len(np.unique(score.notes[:, TRACK])))


def tracks_per_bar(score: Score, bars: int = BARS) -> float:
  """The mean number of tracks that begin a note in a bar; 0 of an empty one."""
  rows = np.stack([_bar(score), score.notes[:, TRACK]])
  return np.unique(rows, axis=1).shape[1] / bars


def polyphony(score: Score, bars: int = BARS) -> float:
  """The mean number of pitched notes that sound, over all time."""
  return _durations(_pitched(score), bars).sum() / (bars * BAR)


def track_polyphony(score: Score, bars: int = BARS) -> float:
  """The mean number of notes that sound in a pitched track, while any does.

  The mean over tracks, whatever their number of notes; nan without pitched notes.
  """
  notes = _pitched(score)
  duration, track = _durations(notes, bars), notes[:, TRACK]
  tracks = len(score.tracks)
  onset = notes[:, ONSET]
  begin, end, of = union(onset, onset + duration, track, tracks).spans.T
  sounding = np.bincount(of, end - begin, minlength=tracks)
  time = np.bincount(track, duration, minlength=tracks)
  kept = sounding > 0
  return share(np.sum(time[kept] / sounding[kept]), np.count_nonzero(kept))


def median_note_length(score: Score, bars: int = BARS) -> float:
  """The median length of pitched notes in quarter notes; nan without."""
  del bars
  duration = _pitched(score)[:, DURATION]
  return float(np.median(duration)) / STEPS if len(duration) else math.nan


def pitch_class_entropy(score: Score, bars: int = BARS) -> float:
  """The mean entropy of the pitch classes of four bars in bits.

  Of each four bars with at least eight pitched notes; nan if there are none.
  """
  count = _chroma(score, bars)
  p = count / count.sum(axis=1, keepdims=True)
  bits = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=1)
  return share(bits.sum(), len(bits))


def in_key_share(score: Score, bars: int = BARS) -> float:
  """The share of pitched notes in the key of their four bars.

  The mean over the spans of `pitch_class_entropy`. Keys are those of
  `keys.keys`; where all pitch classes are as frequent, all are in the key.
  """
  count = _chroma(score, bars)
  tonic, minor = keys.keys(count).T
  pitch_class = np.arange(12) - tonic[:, None]
  inside = _SCALES[minor[:, None], pitch_class % 12]
  inside |= (count == count[:, :1]).all(axis=1, keepdims=True)
  shares = (count * inside).sum(axis=1) / count.sum(axis=1)
  return share(shares.sum(), len(shares))


def groove_similarity(score: Score, bars: int = BARS) -> float:
  """The share of the 16 sixteenths of a bar at which neighbouring bars agree.

  They agree where a note begins in both or in neither (Wu and Yang 2020). The
  mean over neighbours that both have notes; nan if there are none.
  """
  return _groove(score.notes[:, ONSET], bars)


def drum_groove_similarity(score: Score, bars: int = BARS) -> float:
  """As `groove_similarity`, of the drums alone."""
  return _groove(_drums(score)[:, ONSET], bars)


def drums_on_sixteenths_share(score: Score, bars: int = BARS) -> float:
  """The share of drum notes that begin on a sixteenth; nan without drums."""
  del bars
  return _on_sixteenths(_drums(score))


def onsets_on_sixteenths_share(score: Score, bars: int = BARS) -> float:
  """The share of all notes that begin on a sixteenth."""
  del bars
  return _on_sixteenths(score.notes)


def repeated_bar_share(score: Score, bars: int = BARS) -> float:
  """The share of bars of a track that equal an earlier bar of it.

  In onsets and pitches, over the bars in which the track begins notes.
  """
  found = bar_patterns(score, _lines(bars))
  rows = np.stack([found.track, found.number])
  total = len(found.notes)
  return share(total - np.unique(rows, axis=1).shape[1], total)


def bar_like_previous_share(score: Score, bars: int = BARS) -> float:
  """The share of bars of a track that equal the bar before, as above."""
  found = bar_patterns(score, _lines(bars))
  step = np.stack([found.track, found.bar, found.number])
  again = (np.diff(step, axis=1) == [[0], [1], [0]]).all(axis=0)
  return share(np.count_nonzero(again), len(found.notes))


def minor_second_share(score: Score, bars: int = BARS) -> float:
  """The share of sounding pairs of pitches that are a semitone apart.

  Or a major seventh, or octaves more. At every other pitched onset, over those
  at which several pitches sound; nan if there are none.
  """
  notes = _pitched(score)
  notes[:, DURATION] = _durations(notes, bars)
  sounding = np.asarray(SparseRoll(spans(notes), (bars * BAR, 128)))
  sounding = sounding[np.unique(notes[:, ONSET])[::2]]
  # Octaves as rows, of which the last lacks four pitches.
  octaves = np.pad(sounding, [(0, 0), (0, 4)]).reshape(-1, 11, 12)
  count = octaves.sum(axis=1, dtype=np.int64)
  total = count.sum(axis=1)
  count, total = count[total > 1], total[total > 1]
  close = (count * np.roll(count, 1, axis=1)).sum(axis=1)
  return share(np.sum(close / (total * (total - 1) / 2)), len(total))


def second_half_ratio(score: Score, bars: int = BARS) -> float:
  """How many notes begin in the second half for each note of the first."""
  late = np.count_nonzero(2 * score.notes[:, ONSET] >= bars * BAR)
  return late / max(1, len(score.notes) - late)


# By name: functions of an opening and its number of bars, nan where undefined.
SONG_MEASURES: dict[str, Callable[[Score, int], float]] = {
  measure.__name__: measure
  for measure in (
    notes_per_bar,
    empty_bar_share,
    num_tracks,
    tracks_per_bar,
    polyphony,
    track_polyphony,
    median_note_length,
    pitch_class_entropy,
    in_key_share,
    groove_similarity,
    drum_groove_similarity,
    drums_on_sixteenths_share,
    onsets_on_sixteenths_share,
    repeated_bar_share,
    bar_like_previous_share,
    minor_second_share,
    second_half_ratio,
  )
}


def _lines(bars):
  return BAR * np.arange(bars + 1)


def _bar(score):
  return score.notes[:, ONSET] // BAR


def _pitched(score):
  return score.notes[score_lib.pitched(score)]


def _drums(score):
  return score.notes[~score_lib.pitched(score)]


def _durations(notes, bars):
  """How long notes sound before the last bar line: int [N]."""
  return np.minimum(notes[:, DURATION], bars * BAR - notes[:, ONSET])


def _chroma(score, bars):
  """The pitched notes of each four whole bars by pitch class: int [spans, 12].

  Without spans of few notes.
  """
  notes = _pitched(score)
  span = notes[:, ONSET] // (_PHRASE * BAR)
  cells = 12 * (bars // _PHRASE)
  cell = 12 * span + notes[:, PITCH] % 12
  count = np.bincount(cell[cell < cells], minlength=cells).reshape(-1, 12)
  return count[count.sum(axis=1) >= _LEAST]


def _groove(onset, bars):
  begins = np.zeros((bars, 16), bool)
  place = divide(onset % BAR, _SIXTEENTH)
  begins[onset // BAR, np.minimum(place, 15)] = True
  sounds = begins.any(axis=1)
  agree = (begins[1:] == begins[:-1]).mean(axis=1)[sounds[1:] & sounds[:-1]]
  return share(agree.sum(), len(agree))


def _on_sixteenths(notes):
  inside = notes[:, ONSET] % _SIXTEENTH == 0
  return share(np.count_nonzero(inside), len(inside))
