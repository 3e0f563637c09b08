"""Why a MIDI file cannot be read: the bytes at the error, or the limit."""

from collections.abc import Iterator

from musiczoo.music import midi
from musiczoo.music.midi import guard


def explain(error: midi.MidiError) -> Iterator[str]:
  """Yields lines that explain why a file was rejected.

  They are the bytes at the error, or the limit that is exceeded.
  """
  if error.code in midi.Limits._fields:
    yield (
      f'The limit is {getattr(guard.LIMITS, error.code)}; to prepare a '
      f'dataset with more, give --max_{error.code}=N.'
    )
  elif error.position is not None and error.path is not None:
    with guard.open_file(error.path) as file:
      begin = max(error.position // 16 - 2, 0) * 16
      file.seek(begin)
      data = file.read(error.position // 16 * 16 + 16 - begin)
    for i in range(0, len(data), 16):
      row = data[i : i + 16]
      text = ''.join(chr(b) if 32 <= b < 127 else '.' for b in row)
      yield f'{begin + i:10}  {row.hex(" "):49}{text}'
    yield ' ' * (12 + 3 * (error.position % 16)) + f'^^ byte {error.position}'
