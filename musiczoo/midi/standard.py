"""The numbers of the standard: General MIDI and Standard MIDI Files 1.0."""

DRUM_CHANNEL = 9  # Channel 10, counted from 0.
DEFAULT_TEMPO = 500_000  # Microseconds per quarter note: 120 a minute.

# High halves of the status bytes of channel messages.
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
SYSEX, SYSEX_ESCAPE, META = 0xF0, 0xF7, 0xFF

SUSTAIN_PEDAL, PEDAL_DOWN = 64, 64  # A controller, and its least value down.

# Types of meta events.
NAME, PORT, END_OF_TRACK = 0x03, 0x21, 0x2F
TEMPO, METER, KEY = 0x51, 0x58, 0x59
