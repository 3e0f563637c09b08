"""A piece in memory: Score, time, harmony; MIDI and audio files."""
