"""Names of General MIDI instruments -> tracks, and where they usually play."""

from musiczoo.errors import UserError
from musiczoo.music.score import Track

DRUMS = 'drums'
# General MIDI level 1, programs 0 to 127, eight of each family.
NAMES = tuple(
  ' '.join(name.split())
  for name in """
  acoustic grand piano, bright acoustic piano, electric grand piano, honky-tonk
  piano, electric piano 1, electric piano 2, harpsichord, clavinet,
  celesta, glockenspiel, music box, vibraphone, marimba, xylophone, tubular bells,
  dulcimer, drawbar organ, percussive organ, rock organ, church organ, reed organ,
  accordion, harmonica, tango accordion, nylon guitar, steel guitar, jazz guitar,
  clean guitar, muted guitar, overdriven guitar, distortion guitar, guitar
  harmonics, acoustic bass, fingered bass, picked bass, fretless bass, slap bass 1,
  slap bass 2, synth bass 1, synth bass 2, violin, viola, cello, contrabass, tremolo
  strings, pizzicato strings, orchestral harp, timpani, string ensemble 1, string
  ensemble 2, synth strings 1, synth strings 2, choir aahs, voice oohs, synth voice,
  orchestra hit, trumpet, trombone, tuba, muted trumpet, french horn, brass section,
  synth brass 1, synth brass 2, soprano sax, alto sax, tenor sax, baritone sax, oboe,
  english horn, bassoon, clarinet, piccolo, flute, recorder, pan flute, blown bottle,
  shakuhachi, whistle, ocarina, square lead, saw lead, calliope lead, chiff lead,
  charang lead, voice lead, fifths lead, bass lead, new age pad, warm pad, polysynth
  pad, choir pad, bowed pad, metallic pad, halo pad, sweep pad, rain, soundtrack,
  crystal, atmosphere, brightness, goblins, echoes, sci-fi, sitar, banjo, shamisen,
  koto, kalimba, bagpipe, fiddle, shanai, tinkle bell, agogo, steel drums, woodblock,
  taiko drum, melodic tom, synth drum, reverse cymbal, guitar fret noise, breath
  noise, seashore, bird tweet, telephone ring, helicopter, applause, gunshot
  """.split(',')
)
# What people call them for short.
_SHORT = {
  'piano': 0,
  'electric piano': 4,
  'organ': 16,
  'guitar': 25,
  'electric guitar': 27,
  'bass': 33,
  'strings': 48,
  'choir': 52,
  'brass': 61,
  'sax': 65,
  'saxophone': 65,
  'harp': 46,
  'horn': 60,
  'lead': 80,
  'synth': 80,
  'pad': 88,
}
# The usual mean pitch of each family of eight.
_REGISTERS = 60, 74, 62, 56, 38, 62, 62, 60, 65, 74, 70, 62, 64, 62, 60, 60


def parse(text: str) -> tuple[Track, ...]:
  """'drums,bass,piano' -> tracks.

  A name is `drums`, a General MIDI name or a part of one, or a program 0 to 127.

  Raises:
    UserError: there is no such instrument, or none.
  """
  names = [name.strip().lower() for name in text.split(',')]
  if not any(names):
    raise UserError(
      "--instruments: give some, such as 'drums,bass,piano', names or programs "
      'of General MIDI'
    )
  return tuple(_track(name) for name in names if name)


def _track(name):
  if name == DRUMS:
    return Track(0, drums=True)
  if name.isascii() and name.isdecimal() and int(name) < 128:
    return Track(int(name))
  if name in _SHORT:
    return Track(_SHORT[name])
  for program, known in enumerate(NAMES):
    if name in known:
      return Track(program)
  raise UserError(
    f"--instruments: there is no instrument '{name}': give drums, a name of "
    'General MIDI such as bass or flute, or a program 0 to 127'
  )


def register(program: int) -> int:
  """The mean pitch at which an instrument usually plays."""
  return _REGISTERS[program // 8]


def describe(track: Track) -> str:
  """The name of a track's instrument."""
  return DRUMS if track.drums else NAMES[track.program]
