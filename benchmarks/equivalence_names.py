"""Names that changed since revision 0804405, and where arithmetic may differ.

A rule is (families or cases, old, new): `old` is a regular expression of whole parts of
a name, `new` its replacement, and '*' stands for all families. Rules apply in
order, each to what the rules before it have made of the name.
"""

import re

# Paths of parameters, parts joined by '/'.
PARAMS = [
  ('*', r'Taps_(\d+)', r'Conv_\1'),
  ('*', 'head/logits', 'head/output'),
  ('*', 'head/heard', 'head/context_proj'),
  ('*', 'head/sung', 'head/factor_embedding'),
  ('*', 'head/bias', 'head/visible_bias'),
  ('*', 'head/start', 'head/hidden_bias'),
  ('*', 'head/read', 'head/input_weight'),
  ('*', 'head/write', 'head/output_weight'),
  ('*', 'net/enter', 'net/input_proj'),
  ('*', 'net/leave', 'net/output_norm'),
  ('*', r'rises_(\d+)', r'steps_\1'),
  ('*', 'told', 'conditions'),
  ('gan', r'told_(\d+)', r'conditions_\1'),
  ('gan', 'listener', 'encoder'),
  ('gan', 'Down_0', 'ConvEncoder_0'),
  ('structure', 'planner/heard', 'planner/code_embedding'),
  ('structure', 'planner/asked', 'planner/request_embedding'),
  ('structure', 'planner/ahead', 'planner/lookahead'),
  ('structure', 'planner/said', 'planner/factor_embedding'),
  ('structure', 'analyser/alike', 'analyser/similarity'),
  ('structure', 'analyser/mark', 'analyser/bar_embedding'),
  ('autoencoder vae', 'plan', 'decoder'),
  ('autoencoder vae', 'says', 'latent_proj'),
  ('autoencoder vae', 'lines', 'attributes'),
]

# Names of metrics and figures, parts joined by '/'.
METRICS = [
  ('structure', 'hearing', 'annotation_nats'),
  ('structure', r'hearing_per_(\w+)', r'annotation_nats_per_\1'),
  ('structure', r'heard_(\w+)', r'accuracy_\1'),
  ('structure', r'plan_(?!nats)(\w+)', r'plan_nats_\1'),
  ('structure', 'render_told_heard', 'nll_given_codes_per_note'),
  ('structure', 'render_told_shuffled', 'nll_given_shuffled_codes_per_note'),
  ('structure', 'render_told_none', 'nll_given_no_codes_per_note'),
  ('*', r'(\w+)_struck', r'\1_onset'),
  ('gan', r'judged_(\w+)', r'critic_score_\1'),
  (
    'gru_conditioned',
    r'nll_per_note(\w*)',
    r'nll_given_key_density_style_chord_per_note\1',
  ),
  ('gan', 'slope', 'critic_grad_norm'),
  ('gan', 'slope_real', 'critic_grad_norm_real'),
  ('gan', 'rebuilt', 'reconstruction'),
]

# Case: why its arrays may differ, by 1e-6 of an array's largest value.
MAY_DIFFER: dict[str, str] = {}


def rename(name: str, rules: list, family: str, separator: str = '/') -> str:
  """The name of today for one of the old revision."""
  part = re.escape(separator)
  for families, old, new in rules:
    if applies(families, family):
      name = re.sub(rf'(?:(?<=^)|(?<={part}))(?:{old})(?={part}|$)', new, name)
  return name


def applies(families: str, family: str) -> bool:
  return families == '*' or bool({*family.split()} & {*families.split()})


def flat_config(config: dict, prefix: str = '') -> dict:
  """Tables in tables -> values by keys whose parts are joined by '.'.

  An empty table is a value.
  """
  result = {}
  for key, item in config.items():
    if isinstance(item, dict) and item:
      result |= flat_config(item, f'{prefix}{key}.')
    else:
      result[prefix + key] = item
  return result
