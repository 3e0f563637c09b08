"""The numbers of the standard: General MIDI and Standard MIDI Files 1.0."""

DRUM_CHANNEL = 9  # Channel 10, counted from 0.

# High halves of the status bytes of channel messages.
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
SYSEX, SYSEX_ESCAPE, META = 0xF0, 0xF7, 0xFF

# Controllers. All notes off and those after it, changes of mode, release all
# keys; all sound off ends notes that pedals hold, too.
BANK, SUSTAIN_PEDAL, SOSTENUTO_PEDAL = 0, 64, 66
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
PEDAL_DOWN = 64  # The least value of a pedal that is down.
DRUM_BANK = 127  # Of Yamaha's XG.

# Families of eight General MIDI programs.
FAMILIES = (
  'piano,chromatic percussion,organ,guitar,bass,strings,ensemble,brass,reed,'
  'pipe,synth lead,synth pad,synth effects,ethnic,percussive,sound effects'
).split(',')

# Types of meta events.
NAME, PORT, END_OF_TRACK = 0x03, 0x21, 0x2F
TEMPO, METER, KEY = 0x51, 0x58, 0x59
