"""ABC in the plain form that music21 reads right.

music21 lets an accidental alter one note only, unless the file claims to be
ABC 2.1; takes a note before `::` for a field, and each change of voice for a
new part; has no measures, so no repeats, without two plain bar lines; and goes
back to the very beginning where the sign at which a repeat begins is left out. All
that is written out here. What is not played is left out: grace notes, chord
symbols, decorations, slurs and words.

The standard: https://abcnotation.com/wiki/abc:standard:v2.1
"""

from collections import Counter
from fractions import Fraction
import re

_FIELD = re.compile(r'\s*([A-Za-z]):(.*)')
_KEPT = 'KLMQX'  # Fields that bear on the notes.
_TEMPO = re.compile(r'[\d/ ]+=\s*[\d.]+|[\d.]+|')  # Without its words.
_CHORD = re.compile(
  r'\(?[A-G][#b]?(?:maj|min|dim|aug|sus|add|[mM\d()+#b°ø-])*(?:/[A-G][#b]?)?\)?'
)
_NOTE = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])([,']*)")
_TOKEN = re.compile(
  rf"""
  "(?P<text>[^"]*)"?
  | !(?:[^!\s|]{{1,24}}!)? | \+[a-z]+\+ | [~.H-Wh-w] | y\d*  # Decorations.
  | \{{(?P<grace>[^}}]*)\}}?
  | \[(?P<field>[A-Za-z]:[^\]]*)\]
  | (?P<tuplet>\(\d(?::\d?){{0,2}})
  | (?P<bar>(?:\[?\||:)(?:\s*(?:\[?\||:)|\])*)
  | (?:\[\s*|(?<=[|]))(?P<ending>\d[-\d,.]*)
  | (?P<note>{_NOTE.pattern})
  | [zx](?P<rest>\d*/*\d*) | [ZX](?P<bars>\d*)
  | (?P<tie>-)
  | (?P<as_is>\[(?=[^|\[\]\n]*\]) | [<>\]\d/\s])
  """,
  re.VERBOSE,
)


def tunes(data: bytes) -> list[bytes]:
  """The tunes of an ABC file, each with the lines before the first."""
  header, tunes = [], []
  for line in data.splitlines(keepends=True):
    if line.startswith(b'X:'):
      tunes.append([])
    (tunes[-1] if tunes else header).append(line)
  return [b''.join(header + tune) for tune in tunes] or [data]


def plain(text: str, repairs: Counter) -> str:
  """One tune in the form that music21 reads right.

  Args:
    text: the tune.
    repairs: counts 'grace', 'chord_symbol', 'tempo' (of no number) and
      'repeats' (with other endings than 1 and 2), added to in place.
  """
  head, voices = _split(text, repairs)
  scope = re.search(r'propagate-accidentals[ =:]+(\w+)', text)
  scope = scope[1] if scope else 'pitch'  # As the standard has it.
  bodies = [_Body(voice, head, scope, repairs).text for voice in voices]
  if len(bodies) > 1:
    bodies = [f'V:{i}\n{body}' for i, body in enumerate(bodies, 1)]
  return ''.join(f'{line}\n' for line in [*head, *bodies])


def _split(text, repairs):
  """The fields of the head that bear on the notes; the music of each voice."""
  text = re.sub(r'\[V:([^\]\n]*)\]', r'\nV:\1\n', text)
  head, voices, voice = [], {}, ''
  in_head, has_number = True, not re.search('^X:', text, re.MULTILINE)
  for line in text.splitlines():
    line = line.partition('%')[0]
    field = _FIELD.match(line)
    name, value = field.groups() if field else ('', '')
    if not in_head and value[:1] in tuple(':|'):
      name = ''  # A note before a bar line.
    has_number |= name == 'X'
    # Before the number of a tune there may be words.
    in_head &= bool(field) or not has_number or not line.strip()
    if in_head:
      head += _field(name, value, repairs)
      in_head = name != 'K'
    elif name == 'V':
      voice = (value.split() or [''])[0]
    else:
      fields = [f'[{each}]' for each in _field(name, value, repairs)]
      music = '\n'.join(fields if name else [line])
      voices[voice] = f'{voices.get(voice, "")}{music}\n'
  return _with_unit(head), [v for v in voices.values() if v.strip()] or ['']


def _with_unit(head):
  """The fields with a unit length where they have neither that nor a meter."""
  names = {line[0] for line in head if line[2:].strip() != 'none'}
  return head if names & {'L', 'M'} else ['L:1/8', *head]


def _field(name, value, repairs):
  """A field as a list of one line; of none if it doesn't bear on the notes."""
  if not name or name not in _KEPT:
    return []
  if name == 'Q' and not _TEMPO.fullmatch(re.sub('"[^"]*"', '', value).strip()):
    repairs['tempo'] += 1
    return []
  return [f'{name}:{value}']


def _bar_length(fields):
  """A bar in units of the length, by the fields 'M' and 'L'."""
  meter, unit = fields.get('M', ''), fields.get('L', '')
  meter = {'C': '4/4', 'C|': '2/2'}.get(meter, meter)
  # Without a meter a bar is a whole note.
  whole = Fraction(meter) if re.fullmatch(r'\d+/\d+', meter) else Fraction(1)
  if not unit:
    unit = '1/8' if whole >= Fraction(3, 4) else '1/16'
  return whole / Fraction(unit)


class _Body:
  """The music of one voice in plain form: `text`."""

  def __init__(self, music: str, head: list[str], scope: str, repairs: Counter):
    self._fields = {line[0]: line[2:].strip() for line in head}
    self._scope, self._repairs = scope, repairs
    self._altered = {}  # Pitch -> the accidental that lasts for the bar.
    # The pitch and accidental of the last note, and of one that is tied on.
    self._last = self._tied = None
    self._measures = ['']  # Without bar lines.
    self._odd_ending = self._in_ending = False
    # Where a repeat without a sign begins, after this token; None if at one.
    self._section = -1
    self._found = []
    for match in _TOKEN.finditer(music):
      self._found.append(self._token(match))
    self.text = self._whole(''.join(self._found))

  def _whole(self, text):
    if self._odd_ending:
      self._repairs['repeats'] = 1
      return ' | '.join([*self._measures, ''])
    measures = [m for m in self._measures if re.search('[A-Ga-gz]', m)]
    if len(measures) == 1 and ':|' in text:
      # music21 has no measures, and no repeats, where there is but one.
      return ' | '.join([*measures, *measures, ''])
    return f'{text} |'

  def _token(self, match):
    kind = match.lastgroup
    if kind is None:
      return ''
    plain = getattr(self, f'_{kind}')(match[kind])
    if kind == 'bar':
      self._measures.append('')
    elif kind != 'ending':
      self._measures[-1] += plain
    return plain

  def _text(self, text):
    self._repairs['chord_symbol'] += bool(_CHORD.fullmatch(text.strip()))
    return ''

  def _grace(self, notes):
    for note in _NOTE.finditer(notes):
      self._repairs['grace'] += 1
      self._accidental(*note.groups())
    return ''

  def _field(self, field):
    lines = _field(*field.split(':', 1), self._repairs)
    self._fields |= {line[0]: line[2:].strip() for line in lines}
    # Of a field alone between a bar line and a note music21 loses sight.
    return ''.join(f'\nN:.\n{line}\n' for line in lines)

  def _as_is(self, text):
    return text

  _tuplet = _as_is

  def _bar(self, sign):
    self._altered.clear()
    is_double = any(mark in sign for mark in ('||', '[|', '|]'))
    # An invisible bar line may stand at one that repeats.
    sign = re.sub(r'[\s\[\]]', '', sign.replace('[|]', ''))
    ends = len(sign) > 1 and sign[0] == ':'
    starts = len(sign) > 1 and (sign[-1] == ':' or sign[:2] == '|:')
    self._begin_section(ends, starts, is_double)
    # A plain one is among them: music21 counts those.
    return ' ' + ':| ' * ends + '| ' + '|: ' * starts

  def _begin_section(self, ends, starts, is_double):
    """Marks where a repeat begins that ends without having begun.

    By the standard that is at the latest double bar line or end of a repeat; the
    second ending belongs to the repeat before it.
    """
    begins = self._section
    if ends and begins is not None and begins >= 0 and not self._in_ending:
      self._found[begins] += '|: '
    if starts:
      self._section = None
    elif ends or is_double and begins is not None:
      self._section = len(self._found)
    if starts or ends or is_double:
      self._in_ending = False

  def _ending(self, number):
    number = number.rstrip('.,-')
    self._in_ending = number[:1] != '1'
    self._odd_ending |= number not in ('1', '2')
    return f' [{number} '

  def _note(self, note):
    accidental, letter, octave = _NOTE.fullmatch(note).groups()
    pitch = letter + octave
    if not accidental and self._tied and self._tied[0] == pitch:
      accidental = self._tied[1]  # Beyond the bar line.
    else:
      accidental = self._accidental(accidental, letter, octave)
    self._last, self._tied = (pitch, accidental), None
    return (accidental or '') + pitch

  def _accidental(self, accidental, letter, octave):
    """That of a note, given the one that stands at it or None."""
    if self._scope == 'not':
      return accidental
    place = letter + octave if self._scope == 'octave' else letter.upper()
    if accidental:
      self._altered[place] = accidental
    return self._altered.get(place)

  def _rest(self, length):
    return f'z{length}'

  def _bars(self, number):
    rest = f'z{_bar_length(self._fields)}'
    return ' | '.join([rest] * int(number or 1))

  def _tie(self, sign):
    self._tied = self._last
    return sign
