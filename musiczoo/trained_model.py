"""TrainedModel: a pretrained model or a run of one's own, to sample from."""

import os
import pathlib
from typing import Any, cast, NamedTuple

from musiczoo.build import Pipeline, RunConfig
from musiczoo.music.audio.sound import Sound
from musiczoo.music.score import Score
from musiczoo.runs import pretrained
from musiczoo.sampling import checks, forms, generate
from musiczoo.sampling.primer import encode_primer
from musiczoo.show import outputs


class TrainedModel(NamedTuple):
  """A model of the zoo with its parameters.

  Attributes:
    name: of the pretrained model, or its workdir.
    config: the config that builds it.
    pipeline: its representation and pure functions.
    params: NumPy arrays.
    step: of training.
  """

  name: str
  config: RunConfig
  pipeline: Pipeline
  params: dict
  step: int

  def generate(
    self,
    num_outputs: int = 1,
    num_steps: int | None = None,
    *,
    seed: int = 0,
    primer: Score | None = None,
    requested: dict | None = None,
    time_signature: str | None = None,
    phrases: str | None = None,
    phrase_candidates: int | None = None,
    **controls: float,
  ) -> list[Score] | list[Sound]:
    """Samples pieces: the same as the command `generate` with these numbers.

    Args:
      num_steps: steps of the model's grid, after the primer; None: as long as
        `phrases`, else 256.
      primer: what each piece begins with.
      time_signature, phrases, phrase_candidates: as of the command.
      requested: `chords`, `key`, `density` or `style`, for a model that is
        conditioned on them.
      **controls: `temperature`, `top_k`, `top_p`, `min_p`.

    Raises:
      UserError: the model cannot use one of these.
    """
    model, representation = self.pipeline.model, self.pipeline.representation
    encoded = None
    if primer is not None:
      checks.check_ability(model, 'given', 'primer')
      encoded = encode_primer(representation, primer, 'primer')
    form = checks.check_form(self.pipeline, num_steps, time_signature, phrases)
    if encoded is not None:
      form = {'time_signature': encoded.time_signature} | form
    return generate.generate(
      self.pipeline,
      self.params,
      num_outputs=num_outputs,
      num_steps=form['num_steps'],
      seed=seed,
      forms=forms.plan(self.pipeline, num_outputs, seed=seed, **form),
      phrase_candidates=checks.check_candidates(
        self.pipeline, phrase_candidates
      ),
      controls=checks.check_controls(self.pipeline, **controls),
      primer=encoded,
      requested=checks.check_requested(
        model, self.config.conditions, **requested or {}
      ),
    ).scores

  def write(
    self, folder: str | os.PathLike, num_outputs: int = 1, **how: Any
  ) -> list[pathlib.Path]:
    """Writes pieces to a folder as 000.mid, 000.png, ...; returns the .mid.

    Args:
      **how: as of `generate`.
    """
    folder = pathlib.Path(folder)
    scores = cast(list[Score], self.generate(num_outputs, **how))
    folder.mkdir(parents=True, exist_ok=True)
    outputs.write_scores(scores, folder, title=self.name)
    return [folder / f'{i:03d}.mid' for i in range(len(scores))]


def load(name_or_workdir: str | os.PathLike) -> TrainedModel:
  """A pretrained model by its name, or the best checkpoint of a workdir.

  Raises:
    UserError: there is neither.
  """
  name = str(name_or_workdir)
  return TrainedModel(name, *pretrained.find(name))
