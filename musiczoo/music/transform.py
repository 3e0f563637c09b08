"""Score -> Score: transposed, cut to a span, with the form or sound of another."""

import collections

import numpy as np

from musiczoo.music.quantize import quantize
from musiczoo.music.score import (
  canonical,
  DURATION,
  map_changes,
  ONSET,
  PITCH,
  pitched,
  Score,
)
from musiczoo.music.tempo import DEFAULT_TEMPO


def transpose(score: Score, semitones: int) -> Score:
  """Moves pitched tracks and key signatures; drums stay.

  Raises:
    ValueError: if a note would leave the MIDI pitches 0..127.
  """
  notes, keys = score.notes.copy(), score.keys.copy()
  notes[pitched(score), PITCH] += semitones
  if np.any((notes[:, PITCH] < 0) | (notes[:, PITCH] > 127)):
    raise ValueError(f'{semitones:+d} semitones leave the pitches 0..127')
  keys[:, 1] = transpose_sharps(keys[:, 1], semitones)
  return score._replace(notes=notes, keys=keys)


def transpose_sharps(sharps: np.ndarray, semitones: int) -> np.ndarray:
  """Moves key signatures: five flats (-5) to six sharps, or left as they are.

  A semitone up is seven fifths up, and the circle of fifths closes after
  twelve. Whole octaves keep the spelling.
  """
  if semitones % 12 == 0:
    return sharps
  return (sharps + 7 * semitones + 5) % 12 - 5


def crop(score: Score, ticks: int) -> Score:
  """The canonical Score of what sounds before a tick."""
  return cut(score, 0, ticks)


def cut(score: Score, begin: int, end: int) -> Score:
  """The canonical Score of what sounds in the ticks from `begin` to `end`.

  `begin` becomes tick 0, and a bar begins there. A note that began before it
  begins there again, except on drums, whose durations mean nothing. Tempo,
  meter and key are those in force; there are none if the span is empty. Phrases
  that end within the span, or with it, keep their ends.
  """
  notes = np.array(score.notes, np.int32)
  onset = np.maximum(notes[:, ONSET], begin)
  stop = np.minimum(notes[:, ONSET] + notes[:, DURATION], end)
  kept = (onset < stop) & (pitched(score) | (onset == notes[:, ONSET]))
  notes[:, ONSET], notes[:, DURATION] = onset - begin, stop - onset

  def within(changes):
    changes = np.array(changes[(changes[:, 0] < end) & (begin < end)], np.int32)
    # Of those that now meet at 0 `canonical` keeps the last, the one in force.
    changes[:, 0] = np.maximum(changes[:, 0] - begin, 0)
    return changes

  phrases = score.phrase_ends
  phrases = phrases[(begin < phrases) & (phrases <= end)] - begin
  return canonical(
    map_changes(score, within)._replace(notes=notes[kept], phrase_ends=phrases)
  )


def with_form(score: Score, source: Score) -> Score:
  """The Score with the meters, keys and ends of phrases of another.

  They move to the nearest tick of the Score; its notes and tempi stay.
  """
  form = quantize(source, score.resolution)
  return score._replace(
    meters=form.meters, keys=form.keys, phrase_ends=form.phrase_ends
  )


def with_performance(score: Score, source: Score) -> Score:
  """The Score with the tempi and instruments of another that it begins with.

  Tempi move to the nearest tick; those that the Score has stay. A track is played
  by the instrument of the other that plays most of its notes, if there is one.
  """
  source = quantize(source, score.resolution)
  tempi = score.tempi if len(score.tempi) else source.tempi
  if not len(tempi):
    tempi = np.array([(0, DEFAULT_TEMPO)], np.int32)
  played_by = _played_by(score, source)
  tracks = tuple(
    track._replace(program=source.tracks[votes.argmax()].program)
    if votes.any()
    else track
    for track, votes in zip(score.tracks, played_by)
  )
  return score._replace(tempi=tempi, tracks=tracks)


def _played_by(score, source):
  """How many notes of each track of a Score each track of another begins, too."""
  tracks_of = collections.defaultdict(set)
  for onset, _, pitch, _, track in source.notes.tolist():
    tracks_of[onset, pitch, source.tracks[track].drums].add(track)
  votes = np.zeros((len(score.tracks), len(source.tracks)), int)
  for onset, _, pitch, _, track in score.notes.tolist():
    for other in tracks_of[onset, pitch, score.tracks[track].drums]:
      votes[track, other] += 1
  return votes
