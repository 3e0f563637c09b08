"""Notes of MusicXML as music21 reads them."""

import warnings

PER_QUARTER = 48


def parse(text: str):
  """The music21 stream of a MusicXML text."""
  import music21

  with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    return music21.converter.parseData(text, format='musicxml')


def notes(stream) -> list[list[tuple]]:
  """Onset, duration and pitch of each part's notes, in order, ties merged.

  Times are 48ths of a quarter note. Drums have pitch 0: music21 does not keep
  which instrument plays them.
  """
  found = []
  for part in stream.parts:
    # Of a part in two staves music21 makes two.
    lower = str(part.id).endswith('-Staff2')
    notes = [*(found.pop() if lower else []), *_merged(part)]
    found.append(sorted(notes))
  return found


def _merged(part):
  held = {}
  for start, voice, end, pitch, tie, drum in sorted(_written(part)):
    begun, lane = start, (voice, pitch)
    if tie in ('stop', 'continue'):
      begun, until = held[lane].pop()
      assert until == start
    if tie in ('start', 'continue'):
      held.setdefault(lane, []).append((begun, end))
    else:
      yield begun, end - begun, 0 if drum else pitch
  assert not any(held.values())


def _written(part):
  """Start, voice, end, pitch, tie, whether it is a drum, of written notes."""
  measures = list(part.getElementsByClass('Measure'))
  # The first voice of a staff is in each of its measures; where it is alone,
  # music21 puts its notes into the measure itself.
  numbers = [int(v.id) for measure in measures for v in measure.voices]
  first = min(numbers, default=1)
  for measure in measures:
    for voice in list(measure.voices) or [measure]:
      name = int(voice.id) if measure.voices else first
      for element in voice.notes:
        if type(element).__name__ == 'ChordSymbol':
          continue
        start = _ticks(measure.offset + element.offset)
        end = _ticks(measure.offset + element.offset + element.quarterLength)
        for note in getattr(element, 'notes', [element]):
          drum = type(note).__name__ == 'Unpitched'
          pitch = note.displayPitch() if drum else note.pitch
          tie = note.tie.type if note.tie else ''
          yield start, name, end, pitch.midi, tie, drum


def _ticks(quarters):
  ticks = round(quarters * PER_QUARTER)
  assert abs(ticks - quarters * PER_QUARTER) < 1e-3
  return ticks
