"""Flags that give a model music: what they ask for, checked, then written."""

from absl import flags

from musiczoo.errors import UserError

PRIMER_MIDI = flags.DEFINE_string(
    'primer_midi', None, 'MIDI file that each piece begins with.'
)
INFILL_MIDI = flags.DEFINE_string(
    'infill_midi', None, 'MIDI file some bars of which are written anew.'
)
INFILL_BARS = flags.DEFINE_string(
    'infill_bars', None, "Those bars, first and last, from 1 on: '4:8'."
)
HARMONIZE_MIDI = flags.DEFINE_string(
    'harmonize_midi', None, 'MIDI file of a melody to write lower voices for.'
)
ACCOMPANY_MIDI = flags.DEFINE_string(
    'accompany_midi', None, 'MIDI file one part of which the others are written to.'
)
ACCOMPANY_PART = flags.DEFINE_string(
    'accompany_part', None, 'That part: a voice, such as Bass, or a group of '
    'instruments, such as Drums.',
)
RECONSTRUCT = flags.DEFINE_string(
    'reconstruct', None,
    'MIDI file, or a sound, to code, window by window, and write again.',
)
INTERPOLATE = flags.DEFINE_string(
    'interpolate', None, 'A.mid,B.mid: from the one to the other, in codes.'
)
ATTRIBUTE = flags.DEFINE_string(
    'attribute', None, 'What codes are to have more of, such as density:+1.'
)
# Of these one at the most.
_FILES = (
    PRIMER_MIDI, INFILL_MIDI, HARMONIZE_MIDI, ACCOMPANY_MIDI, RECONSTRUCT,
    INTERPOLATE,
)
# Flags that mean nothing without one another.
_TOGETHER = (INFILL_MIDI, INFILL_BARS), (ACCOMPANY_MIDI, ACCOMPANY_PART)
# What a model must be able to do for a flag; else it needs codes.
_CONTROLS = {
    PRIMER_MIDI.name: 'given', INFILL_MIDI.name: 'known',
    HARMONIZE_MIDI.name: 'known', ACCOMPANY_MIDI.name: 'known',
}
# What only music of notes has.
_OF_NOTES = (
    PRIMER_MIDI.name, INFILL_MIDI.name, HARMONIZE_MIDI.name,
    ACCOMPANY_MIDI.name, ATTRIBUTE.name,
    'chords', 'key', 'style', 'density', 'tempo', 'novelty', 'html', 'wav',
)


def asked() -> tuple[str | None, list[str]]:
  """The flag that gives music, if there is one, and its files.

  Raises:
    UserError: flags that make no sense together.
  """
  given = [flag for flag in _FILES if flag.value is not None]
  if len(given) > 1:
    raise UserError(f'--{given[0].name} and --{given[1].name}: give one of them')
  for one, other in _TOGETHER:
    if (one.value is None) != (other.value is None):
      raise UserError(
          f'--{one.name} and --{other.name} belong together: give both'
      )
  if not given:
    return None, []
  (flag,) = given
  if ATTRIBUTE.value is not None and flag is not RECONSTRUCT:
    raise UserError(
        f'--attribute means nothing with --{flag.name}: leave it out'
    )
  own = {'num_steps'} if flag is not PRIMER_MIDI else set()
  own |= {'num_outputs'} if flag is RECONSTRUCT else set()
  for other in sorted(own):
    if flags.FLAGS[other].present:
      raise UserError(
          f'--{other} means nothing with --{flag.name}, which says so itself: '
          'leave it out'
      )
  if flag is not INTERPOLATE:
    return flag.name, [flag.value]
  if flag.value.count(',') != 1 or flags.FLAGS.num_outputs < 2:
    raise UserError(
        f'--interpolate={flag.value}: give two files, A.mid,B.mid, and '
        '--num_outputs of 2 or more'
    )
  return flag.name, flag.value.split(',')


def check(config, pipeline, flag: str | None) -> None:
  """Refuses what the model of this config can't do."""
  from musiczoo.sampling import generate, latents

  model = pipeline.model
  if pipeline.representation.spec.kind == 'frames':
    for name in _OF_NOTES:
      if flags.FLAGS[name].present:
        raise UserError(
            f'--{name} means nothing to a model of sound, which knows no notes: '
            'leave it out'
        )
  if flag in _CONTROLS:
    generate.check_can(model, _CONTROLS[flag], f'--{flag}')
    if flag in (HARMONIZE_MIDI.name, ACCOMPANY_MIDI.name):
      _check_part(config, pipeline.representation, flag)
  elif flag is not None:
    latents.check(model, f'--{flag}')
  if ATTRIBUTE.value is not None:
    latents.check(model, f'--{ATTRIBUTE.name}')


def write(config, pipeline, params, flag, songs, *, requested, **how):
  """Writes what is asked for, as `generate.Generated`.

  Args:
    flag, songs: as `asked`; the songs as (Score or Sound, name of its file).
    wishes: of `generate.check_wishes`.
    **how: `num_outputs`, `num_steps`, `seed` and `controls`.
  """
  from musiczoo import build
  from musiczoo.models.model import LatentModel
  from musiczoo.sampling import attributes, generate, latents

  representation = pipeline.representation
  if (
      representation.spec.kind == 'frames'
      and isinstance(pipeline.model, LatentModel)
      and not flags.FLAGS['temperature'].present
  ):
    # What a code doesn't tell of a frame is noise, and is left out.
    how['controls'] = how['controls']._replace(temperature=0.0)
  if ATTRIBUTE.value is not None:
    name, amount = attributes.parse(ATTRIBUTE.value)
    corpus = build.corpus(config)
    train = build.pieces(config, corpus, 'train', representation)
    more = attributes.direction(pipeline, params, train, name)
    how['controls'] = how['controls']._replace(shift=amount * more)
  if flag in ('reconstruct', 'interpolate'):
    del how['num_steps']
    heard = [latents.heard(representation, *song) for song in songs]
    if flag == 'interpolate':
      return latents.interpolate(pipeline, params, *heard, **how)
    del how['num_outputs']
    return latents.reconstruct(pipeline, params, *heard, **how)
  if flag == 'primer_midi':
    how['primer'] = generate.encode_primer(representation, *songs[0])
  elif flag is not None:
    how['num_steps'] = 0  # The song's own.
    how['primer'], how['known'] = _holes(representation, flag, *songs[0])
  return generate.generate(pipeline, params, requested=requested, **how)


def _holes(representation, flag, song, origin):
  from musiczoo.sampling import masks

  if flag == 'infill_midi':
    return masks.bars(representation, song, INFILL_BARS.value, origin)
  return masks.beside(representation, song, _part(representation), origin)


def _part(representation):
  """The part that is given: of a melody to harmonize, the highest voice."""
  return ACCOMPANY_PART.value or representation.spec.parts[0][0]


def _check_part(config, representation, flag):
  """Refuses a part that there is not, or that the model never wrote others to."""
  if flag == HARMONIZE_MIDI.name and representation.spec.kind != 'voices':
    raise UserError(
        '--harmonize_midi is for models of voices: give --accompany_midi and '
        '--accompany_part'
    )
  parts = [name for name, _ in representation.spec.parts]
  learned = config['model'].get('given_tracks', range(len(parts)))
  known = [name for i, name in enumerate(parts) if i in learned]
  if _part(representation) not in known:
    raise UserError(
        f"--{flag}: this model can't write to a given {_part(representation)}: "
        + (f'choose of {", ".join(known)}' if known else 'it learned no part')
    )
