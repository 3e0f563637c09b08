"""A model that was trained, for Python: it writes Scores, or files of them."""

import pathlib
from typing import NamedTuple

from musiczoo.build import Pipeline
from musiczoo.music.score import Score
from musiczoo.runs import pretrained
from musiczoo.sampling import generate


class TrainedModel(NamedTuple):
  """A model of the zoo with its parameters.

  Attributes:
    name: of the pretrained model, or its workdir.
    config: that builds it.
    system: its representation and pure functions.
    params: NumPy arrays.
    step: of training.
  """

  name: str
  config: dict
  pipeline: Pipeline
  params: dict
  step: int

  def generate(
      self,
      num_outputs: int = 1,
      num_steps: int = 256,
      *,
      seed: int = 0,
      primer: Score | None = None,
      requested: dict | None = None,
      **controls,
  ) -> list[Score]:
    """Writes pieces: the same as the command `generate` of the same numbers.

    Args:
      num_steps: steps of the model's grid, after the primer's.
      primer: what each piece begins with.
      wishes: `chords`, `key`, `density` or `style`, where the model was told.
      **controls: `temperature`, `top_k`, `top_p`, `min_p`.

    Raises:
      UserError: something means nothing to this model.
    """
    usual = {'temperature': 1.0, 'top_k': 0, 'top_p': 1.0, 'min_p': 0.0}
    if primer is not None:
      generate.check_can(self.pipeline.model, 'given', 'primer')
      primer = generate.encode_primer(
          self.pipeline.representation, primer, 'primer'
      )
    return generate.generate(
        self.pipeline,
        self.params,
        num_outputs=num_outputs,
        num_steps=num_steps,
        seed=seed,
        controls=generate.check_controls(self.pipeline.model, **usual | controls),
        primer=primer,
        requested=generate.check_requested(self.config, **requested or {}),
    ).scores

  def write(self, folder, num_outputs: int = 1, **how) -> list[pathlib.Path]:
    """Writes pieces to a folder as 000.mid, 000.png, ...; returns the .mid.

    Args:
      **how: as of `generate`.
    """
    folder = pathlib.Path(folder)
    scores = self.generate(num_outputs, **how)
    folder.mkdir(parents=True, exist_ok=True)
    generate.write(scores, folder, title=self.name)
    return [folder / f'{i:03d}.mid' for i in range(len(scores))]


def load(place) -> TrainedModel:
  """A pretrained model by its name, or the best of a workdir.

  Raises:
    UserError: there is neither.
  """
  return TrainedModel(str(place), *pretrained.find(str(place)))
