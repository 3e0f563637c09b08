"""Flags of sampling: number, length, seed, controls and conditions."""

from absl import flags

NUM_OUTPUTS = flags.DEFINE_integer(
  'num_outputs', 8, 'Number of pieces.', lower_bound=1
)
NUM_STEPS = flags.DEFINE_integer(
  'num_steps', 256, "Steps of the model's grid to sample.", lower_bound=1
)
SEED = flags.DEFINE_integer(
  'seed',
  0,
  'The same seed gives the same music.',
  lower_bound=0,
  upper_bound=2**32 - 1,
)
# Controls that are left out have the defaults of musiczoo.nn.heads.Controls.
TEMPERATURE = flags.DEFINE_float(
  'temperature',
  None,
  'Below 1 is more cautious, above 1 is more varied; left out, the model is '
  'sampled as it was trained.',
)
TOP_K = flags.DEFINE_integer(
  'top_k', None, 'Sample only the k most likely values; 0 or left out: all.'
)
TOP_P = flags.DEFINE_float(
  'top_p',
  None,
  'Sample only the most likely values of this total probability; left out: '
  'all.',
)
MIN_P = flags.DEFINE_float(
  'min_p',
  None,
  'Sample only values of at least this share of the largest probability; '
  'left out: all.',
)
ARGMAX = flags.DEFINE_bool('argmax', False, 'Take the most likely value.')
CHORDS = flags.DEFINE_string(
  'chords', None, "Chords to condition on, one a bar: 'C G Am F'."
)
KEY = flags.DEFINE_string('key', None, "Key to condition on, such as 'Am'.")
STYLE = flags.DEFINE_string('style', None, 'Style to condition on.')
DENSITY = flags.DEFINE_float(
  'density', None, 'Onsets per quarter note to condition on.'
)


def options(config, pipeline) -> dict:
  """Arguments of `generate.generate` from the flags.

  Raises:
    UserError: the model cannot use one of them.
  """
  from musiczoo.sampling import checks

  model = pipeline.model
  return {
    'num_outputs': NUM_OUTPUTS.value,
    'num_steps': NUM_STEPS.value,
    'seed': SEED.value,
    'controls': checks.check_controls(
      model,
      temperature=0.0 if ARGMAX.value else TEMPERATURE.value,
      top_k=TOP_K.value,
      top_p=TOP_P.value,
      min_p=MIN_P.value,
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
