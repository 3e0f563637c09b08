"""The forms of the pieces that are sampled: metre, pick-up and phrases."""

from musiczoo.build import Pipeline
from musiczoo.music.form import Form, plan_phrases


def plan(
  pipeline: Pipeline,
  num_outputs: int,
  num_steps: int,
  seed: int,
  time_signature: tuple[int, int] = (4, 4),
  phrase_ends: tuple[int, ...] = (),
) -> list[Form]:
  """The form of each piece.

  Args:
    num_steps: of the grid.
    seed: of the plan, where phrases are not given.
    time_signature: numerator and denominator.
    phrase_ends: steps at which phrases end; none: for a model that is
      conditioned on phrases they are planned for each piece.
  """
  grid = pipeline.spec.steps_per_quarter
  form = Form(num_steps, grid, time_signature, 0, phrase_ends)
  is_planned = num_steps and 'phrases' in pipeline.conditions.columns
  if phrase_ends or not is_planned:
    return [form] * num_outputs
  return [plan_phrases(form, seed, piece) for piece in range(num_outputs)]
