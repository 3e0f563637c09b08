"""Small files of MusicXML, as bytes."""


def note(name: str, duration: int, before: str = '', after: str = '') -> str:
  """A note such as 'C4'; its duration is in `divisions`."""
  step, octave = name
  return (
    f'<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch>'
    f'<duration>{duration}</duration>{after}</note>'
  )


def grace(name: str) -> str:
  return note(name, 0, '<grace/>').replace('<duration>0</duration>', '')


def attributes(beats: int = 4, fifths: int = 0, more: str = '') -> str:
  """Quarter notes, a key and a meter of quarters."""
  return (
    f'<attributes><divisions>1</divisions><key><fifths>{fifths}</fifths></key>'
    f'<time><beats>{beats}</beats><beat-type>4</beat-type></time>{more}'
    '</attributes>'
  )


def repeat(direction: str) -> str:
  """A repeat sign: 'forward' on the left or 'backward' on the right."""
  side = 'left' if direction == 'forward' else 'right'
  sign = f'<repeat direction="{direction}"/>'
  return f'<barline location="{side}">{sign}</barline>'


def score(*parts: list[str], heads: tuple[str, ...] = ()) -> bytes:
  """A file of parts, each a list of the contents of its measures.

  `heads`: what stands in the list of parts for each.
  """
  heads = heads or ('<part-name>Part</part-name>',) * len(parts)
  names = ''.join(
    f'<score-part id="P{i}">{head}</score-part>' for i, head in enumerate(heads)
  )
  bodies = ''.join(
    f'<part id="P{i}">'
    + ''.join(
      f'<measure number="{n}">{measure}</measure>'
      for n, measure in enumerate(part, 1)
    )
    + '</part>'
    for i, part in enumerate(parts)
  )
  return (
    '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">'
    f'<part-list>{names}</part-list>{bodies}</score-partwise>'
  ).encode()
