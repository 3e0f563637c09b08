"""Flags of sampling: number, length, seed, controls and conditions."""

from absl import flags

NUM_OUTPUTS = flags.DEFINE_integer(
  'num_outputs', 8, 'Number of pieces.', lower_bound=1, upper_bound=65536
)
NUM_STEPS = flags.DEFINE_integer(
  'num_steps',
  256,
  "Steps of the model's grid to sample; a primer comes on top.",
  lower_bound=1,
  upper_bound=10**6,
)
TIME_SIGNATURE = flags.DEFINE_string(
  'time_signature',
  None,
  'Meter of the new music, such as 3/4; left out: that of the primer, or 4/4.',
)
PHRASES = flags.DEFINE_string(
  'phrases',
  None,
  "Lengths of the phrases in quarter notes, such as '16,16,16,16'; left out, "
  'those of new music are planned as in chorales.',
)
PHRASE_CANDIDATES = flags.DEFINE_integer(
  'phrase_candidates',
  None,
  'Continuations of each phrase to sample, of which the best is kept, by its end '
  "and its key; left out: the model's own.",
  lower_bound=1,
  upper_bound=256,
)
SEED = flags.DEFINE_integer(
  'seed',
  0,
  'The same seed gives the same music.',
  lower_bound=0,
  upper_bound=2**32 - 1,
)
# Controls that are left out have the defaults of the config's table `sampling`.
TEMPERATURE = flags.DEFINE_float(
  'temperature',
  None,
  'Below 1 is more cautious, above 1 is more varied, 0 takes the most likely '
  "value; left out: the model's own.",
)
TOP_K = flags.DEFINE_integer(
  'top_k', None, 'Sample only the k most likely values; 0 or left out: all.'
)
TOP_P = flags.DEFINE_float(
  'top_p',
  None,
  'Sample only the most likely values of this total probability; left out: '
  "the model's own.",
)
MIN_P = flags.DEFINE_float(
  'min_p',
  None,
  'Sample only values of at least this share of the largest probability; '
  'left out: all.',
)
FORBID = flags.DEFINE_list(
  'forbid',
  [],
  'Rules of voice leading that no choice may break: parallels, crossings, '
  'leaps, overlaps, spacing. Where all pitches are forbidden the last of these '
  'is relaxed first.',
)
ARGMAX = flags.DEFINE_bool('argmax', False, 'Take the most likely value.')
CHORDS = flags.DEFINE_string(
  'chords', None, "Chords to condition on, one a bar: 'C G Am F'."
)
KEY = flags.DEFINE_string('key', None, "Key to condition on, such as 'Am'.")
STYLE = flags.DEFINE_string('style', None, 'Style to condition on.')
DENSITY = flags.DEFINE_float(
  'density', None, 'Onsets per quarter note to condition on, 0 to 32.'
)


def forms(pipeline, time_signature: tuple[int, int]) -> dict:
  """The arguments `num_steps` and `forms` of `generate.generate` from the flags.

  Args:
    time_signature: where none is asked for.

  Raises:
    UserError: the model cannot use one of the flags, or two do not agree.
  """
  from musiczoo.sampling import checks, forms as forms_lib, generate

  asked = checks.check_form(
    pipeline,
    NUM_STEPS.value if flags.FLAGS['num_steps'].present else None,
    TIME_SIGNATURE.value,
    PHRASES.value,
  )
  form = {'time_signature': time_signature} | asked
  generate.check_memory(pipeline.spec, NUM_OUTPUTS.value, form['num_steps'])
  planned = forms_lib.plan(pipeline, NUM_OUTPUTS.value, seed=SEED.value, **form)
  return {'num_steps': form['num_steps'], 'forms': planned}


def options(config, pipeline) -> dict:
  """Arguments of `generate.generate` from the flags.

  Raises:
    UserError: the model cannot use one of them.
  """
  from musiczoo.sampling import checks

  model = pipeline.model
  return {
    'num_outputs': NUM_OUTPUTS.value,
    'seed': SEED.value,
    **forms(pipeline, (4, 4)),
    'phrase_candidates': checks.check_candidates(
      pipeline, PHRASE_CANDIDATES.value
    ),
    'controls': checks.check_controls(
      pipeline,
      temperature=0.0 if ARGMAX.value else TEMPERATURE.value,
      top_k=TOP_K.value,
      top_p=TOP_P.value,
      min_p=MIN_P.value,
      forbid=checks.parse_rules(FORBID.value),
    ),
    'requested': checks.check_requested(
      model,
      config.conditions,
      chords=CHORDS.value,
      key=KEY.value,
      style=STYLE.value,
      density=DENSITY.value,
    ),
  }
