"""The notes of a part of music21, ties merged, and the instruments of it."""

from collections.abc import Iterable
from fractions import Fraction

from music21.chord import ChordBase
from music21.dynamics import Dynamic
from music21.instrument import Instrument, UnpitchedPercussion
from music21.note import NotRest, Unpitched

from musiczoo.music.midi.standard import DRUM_CHANNEL
from musiczoo.music.score import Track

RESOLUTION = 10080  # 64ths of a half note, triplets, fifths and sevenths fit.
_UNKNOWN_DRUM = 60  # Where music21 does not keep which drum it is.


def ticks(quarters: Fraction) -> int:
  return round(quarters * RESOLUTION)


class PartReader:
  """Reads what is in a part, in order, to rows of `Score.notes`.

  Attributes:
    notes: onset, duration (in ticks), pitch, velocity and track of each.
    tracks: one for each instrument of the part.
  """

  def __init__(self, name: str, first: int):
    """`first` is the number of its first track."""
    self.notes: list[list[int]] = []
    self.tracks: list[Track] = []
    self._name, self._first = name, first
    self._instrument = self._dynamic = None
    self._tied = {}  # Pitch -> the row of the note that is tied on.

  def read(self, events: Iterable[tuple[Fraction, object]]) -> None:
    """Reads (onset, element) in order; times in quarter notes."""
    for onset, element in events:
      if isinstance(element, Instrument):
        self._instrument = element
      elif isinstance(element, Dynamic):
        self._dynamic = element
      elif isinstance(element, NotRest):
        end = ticks(onset + Fraction(element.quarterLength))
        chord = isinstance(element, ChordBase)
        for note in element.notes if chord else [element]:
          marks = element.articulations
          self._add(note, ticks(onset), end, self._velocity(note, marks))

  def _add(self, note, onset, end, velocity):
    drum = isinstance(note, Unpitched)
    pitch = self._drum_pitch(note) if drum else note.pitch.midi
    tie = note.tie.type if note.tie else ''
    row = self._tied.pop(pitch, None) if tie in ('stop', 'continue') else None
    if row is not None and row[0] + row[1] == onset:
      row[1] = end - row[0]
    else:
      row = [onset, end - onset, pitch, velocity, self._track(drum)]
      self.notes.append(row)
    if tie in ('start', 'continue'):
      self._tied[pitch] = row

  def _velocity(self, note, marks):
    # A scale of 0 to 1 that takes dynamics and accents into account.
    loudness = note.volume.getRealized(
      useDynamicContext=self._dynamic or False, useArticulations=marks
    )
    return max(round(127 * loudness), 1)

  def _drum_pitch(self, note):
    for instrument in (note.storedInstrument, self._instrument):
      pitch = getattr(instrument, 'percMapPitch', None)
      if pitch is not None:
        return pitch
    return _UNKNOWN_DRUM

  def _track(self, drum):
    instrument = self._instrument
    drum |= isinstance(instrument, UnpitchedPercussion)
    drum |= getattr(instrument, 'midiChannel', None) == DRUM_CHANNEL
    program = 0 if drum else getattr(instrument, 'midiProgram', None) or 0
    track = Track(program, drum, self._name)
    if track not in self.tracks:
      self.tracks.append(track)
    return self._first + self.tracks.index(track)
