"""Flags that give music to a model: primers, masks and latents."""

from absl import flags

from musiczoo.errors import UserError

from . import sampling_flags

PRIMER_MIDI = flags.DEFINE_string(
  'primer_midi', None, 'MIDI, MusicXML or ABC file that each piece begins with.'
)
INFILL_MIDI = flags.DEFINE_string(
  'infill_midi',
  None,
  'MIDI, MusicXML or ABC file of which some bars are sampled anew.',
)
INFILL_BARS = flags.DEFINE_string(
  'infill_bars',
  None,
  "These bars, first and last, counted from 1: '4:8'; or one, '4'.",
)
INFILL_TRACKS = flags.DEFINE_string(
  'infill_tracks',
  None,
  "Only these tracks, by their names or instruments: 'Bass,drums'; of models of "
  'compound rows. Left out: all.',
)
HARMONIZE_MIDI = flags.DEFINE_string(
  'harmonize_midi',
  None,
  'MIDI, MusicXML or ABC file of a melody to add lower voices to.',
)
ACCOMPANY_MIDI = flags.DEFINE_string(
  'accompany_midi',
  None,
  'MIDI, MusicXML or ABC file of one part to add the others to.',
)
ACCOMPANY_PART = flags.DEFINE_string(
  'accompany_part',
  None,
  'This part: a voice, such as Bass, or a group of instruments, such as Drums; of '
  'models of compound rows a track, or all.',
)
INSTRUMENTS = flags.DEFINE_string(
  'instruments',
  None,
  "What plays, and nothing else: 'drums,bass,piano', names or programs of General "
  'MIDI; with --accompany_midi what is added. Of models of compound rows; left '
  'out: chosen by the model.',
)
RECONSTRUCT = flags.DEFINE_string(
  'reconstruct',
  None,
  'MIDI, MusicXML, ABC or audio file to encode and decode, window by window.',
)
INTERPOLATE = flags.DEFINE_string(
  'interpolate', None, 'A.mid,B.mid: pieces between the two, by their latents.'
)
ATTRIBUTE = flags.DEFINE_string(
  'attribute', None, 'What latents are shifted towards, such as density:+1.'
)
# Of these at most one.
_FILES = PRIMER_MIDI, INFILL_MIDI, HARMONIZE_MIDI, ACCOMPANY_MIDI
_FILES += RECONSTRUCT, INTERPOLATE
# Flags that need each other.
_PAIRS = (INFILL_MIDI, INFILL_BARS), (ACCOMPANY_MIDI, ACCOMPANY_PART)
# The control a model needs for a flag; others need a latent space.
_CONTROLS = {
  'primer_midi': 'given',
  'infill_midi': 'known',
  'harmonize_midi': 'parts',
  'accompany_midi': 'parts',
}
# Flags that have no meaning for audio.
_SYMBOLIC = (
  *_CONTROLS,
  *('attribute', 'chords', 'key', 'style', 'density'),
  *('tempo', 'novelty', 'html', 'wav', 'musicxml'),
)


def requested() -> tuple[str | None, list[str]]:
  """The name of the flag that gives music, if any, and its files.

  Raises:
    UserError: flags that exclude each other, or need each other.
  """
  given = [flag for flag in _FILES if flag.value is not None]
  if len(given) > 1:
    raise UserError(
      f'--{given[0].name} and --{given[1].name}: give one of them'
    )
  for one, other in _PAIRS:
    if (one.value is None) != (other.value is None):
      raise UserError(
        f'--{one.name} and --{other.name} belong together: give both'
      )
  if INFILL_TRACKS.value is not None and INFILL_MIDI.value is None:
    raise UserError('--infill_tracks belongs to --infill_midi: give both')
  if INSTRUMENTS.value is not None and given not in ([], [ACCOMPANY_MIDI]):
    raise UserError(
      f'--instruments cannot be used with --{given[0].name}, whose instruments go '
      'on: leave it out'
    )
  if not given:
    return None, []
  (flag,) = given
  if ATTRIBUTE.value is not None and flag is not RECONSTRUCT:
    raise UserError(
      f'--attribute cannot be used with --{flag.name}: leave it out'
    )
  fixed = {'num_steps'} if flag is not PRIMER_MIDI else set()
  fixed |= {'num_outputs'} if flag is RECONSTRUCT else set()
  for other in sorted(fixed):
    if flags.FLAGS[other].present:
      raise UserError(
        f'--{other} cannot be used with --{flag.name}, which determines it: '
        'leave it out'
      )
  if flag is not INTERPOLATE:
    return flag.name, [flag.value]
  if flag.value.count(',') != 1 or sampling_flags.NUM_OUTPUTS.value < 2:
    raise UserError(
      f'--interpolate={flag.value}: give two files, A.mid,B.mid, and '
      '--num_outputs of 2 or more'
    )
  return flag.name, flag.value.split(',')


def check(config, pipeline, flag: str | None) -> None:
  """Refuses flags that the model cannot use.

  Args:
    flag: name of the flag that gives music, of `requested`.

  Raises:
    UserError: names the flag.
  """
  from musiczoo.sampling import checks, latents

  model, spec = pipeline.model, pipeline.spec
  if spec.is_audio:
    for name in _SYMBOLIC:
      if flags.FLAGS[name].present:
        raise UserError(
          f'--{name} cannot be used with a model of audio, which has no '
          'notes: leave it out'
        )
  if INSTRUMENTS.value is not None and spec.kind != 'compound':
    raise UserError(
      f'--instruments={INSTRUMENTS.value}: this model has instruments of its own: '
      'leave it out'
    )
  if flag in _CONTROLS:
    checks.check_ability(model, _CONTROLS[flag], f'--{flag}')
    if flag in ('harmonize_midi', 'accompany_midi'):
      _check_part(config, pipeline, flag)
  elif flag is not None:
    latents.check_latent(model, f'--{flag}')
  if ATTRIBUTE.value is not None:
    latents.check_latent(model, '--attribute')


def _check_part(config, pipeline, flag):
  """Refuses a part that does not exist or that the others do not follow."""
  spec = pipeline.spec
  if flag == 'harmonize_midi' and spec.kind != 'voices':
    raise UserError(
      '--harmonize_midi is for models of voices: give --accompany_midi and '
      '--accompany_part'
    )
  if spec.kind == 'compound':
    return  # Any track, which the music given must have.
  parts = [name for name, _ in spec.parts]
  part = ACCOMPANY_PART.value or parts[0]
  # A model that goes on step by step samples the lower voices given the highest.
  any_part = 'known' in pipeline.model.controls
  trained = config.model.get('given_tracks', range(len(parts)))
  trained = trained if any_part else (0,)
  known = [name for i, name in enumerate(parts) if i in trained]
  if part not in known:
    raise UserError(
      f'--{flag}: this model cannot accompany a given {part}: '
      + (f'choose of {", ".join(known)}' if known else 'it learned no part')
    )
