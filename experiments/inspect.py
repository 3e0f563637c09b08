"""The doctor: a MIDI file in; what it holds, or why it can't be used, out.

  python -m experiments.inspect FILE.mid [--workdir=W]

With a model of the family structure also what it hears in each bar, beside what
the rules say.
"""

from absl import flags

from experiments import launch

FILE = flags.DEFINE_string('file', None, 'MIDI file; --file= may be left out.')
WORKDIR = flags.DEFINE_string(
    'workdir', None, 'Folder of a trained model that says what it hears.'
)


def main():
  launch.require(file=FILE.value)
  from musiczoo import doctor, midi

  try:
    print('\n'.join(doctor.examine(FILE.value)))
  except midi.MidiError as error:
    print('\n'.join(doctor.explain(error)))
    raise
  if WORKDIR.value is not None:
    from musiczoo import build, listening, workdir

    build.cache_compilation()
    _, system, params, _ = workdir.load(WORKDIR.value)
    score = midi.read(FILE.value)
    print('\n'.join(listening.compare(system, params, score)))


if __name__ == '__main__':
  launch.run(main, positional='file')
