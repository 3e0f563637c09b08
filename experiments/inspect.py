"""The doctor: a MIDI file in; what it holds, or why it can't be used, out.

  python -m experiments.inspect FILE.mid
"""

from absl import flags

from experiments import launch

FILE = flags.DEFINE_string('file', None, 'MIDI file; --file= may be left out.')


def main():
  launch.require(file=FILE.value)
  from musiczoo import doctor, midi

  try:
    print('\n'.join(doctor.examine(FILE.value)))
  except midi.MidiError as error:
    print('\n'.join(doctor.explain(error)))
    raise


if __name__ == '__main__':
  launch.run(main, positional='file')
