"""TrainedModel: a pretrained model or a run of one's own, to sample from."""

from collections.abc import Sequence
import os
import pathlib
from typing import Annotated, Any, cast, NamedTuple

import jax

from musiczoo.build import Pipeline, RunConfig
from musiczoo.errors import check_argument, Range, UserError
from musiczoo.music import instruments as instruments_lib
from musiczoo.music.audio.sound import Sound
from musiczoo.music.score import end, Score
from musiczoo.runs import pretrained
from musiczoo.sampling import (
  checks,
  forms,
  generate,
  latents,
  masks,
  songs,
)
from musiczoo.sampling.given import Given, read
from musiczoo.sampling.primer import encode_primer, Primer
from musiczoo.show import outputs

Music = Score | Sound | str | os.PathLike  # Of a path the music is read.
_Count = Annotated[int, Range(1, 65536)]
_Steps = Annotated[int, Range(1, 10**6)]
_Seed = Annotated[int, Range(0, 2**32 - 1)]
_Candidates = Annotated[int, Range(1, 256)]


class TrainedModel(NamedTuple):
  """A model of the zoo with its parameters.

  The methods that give music take these arguments beside their own: `seed`; the
  same one gives the same music; and the controls `temperature`, `top_k`, `top_p`,
  `min_p` and `forbid`, a list of rules of voice leading, as of the command
  `generate`. They raise UserError where the model cannot do what is asked for.

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

  def __repr__(self) -> str:
    count = sum(a.size for a in jax.tree.leaves(self.params))
    return (
      f'<TrainedModel {self.name}: {self.config.family}, {count:,} parameters, '
      f'step {self.step}>'
    )

  def generate(
    self,
    num_outputs: int = 1,
    num_steps: int | None = None,
    *,
    seed: int = 0,
    primer: Score | str | os.PathLike | None = None,
    requested: dict | None = None,
    time_signature: str | None = None,
    phrases: str | None = None,
    phrase_candidates: int | None = None,
    instruments: str | None = None,
    **controls: Any,
  ) -> list[Score] | list[Sound]:
    """Samples pieces: the same as the command `generate` with these numbers.

    Args:
      num_steps: steps of the model's grid, after the primer; None: as long as
        `phrases`, else 256.
      primer: what each piece begins with, a Score or a file.
      time_signature, phrases, phrase_candidates: as of the command.
      requested: `chords`, `key`, `density` or `style`, for a model that is
        conditioned on them.
      instruments: all that plays, of a model of songs, such as 'drums,bass,piano';
        None: chosen by the model.
      **controls: see the class.

    Raises:
      UserError: the model cannot use one of these.
    """
    _check_numbers(num_outputs, seed)
    if num_steps is not None:
      check_argument('num_steps', num_steps, _Steps)
    if phrase_candidates is not None:
      check_argument('phrase_candidates', phrase_candidates, _Candidates)
    form = checks.check_form(self.pipeline, num_steps, time_signature, phrases)
    encoded = None
    if instruments is not None:
      encoded = self._ensemble(instruments, primer)
    if primer is not None:
      checks.check_ability(self.pipeline.model, 'given', 'primer')
      given = self._score(primer, 'primer')
      encoded = encode_primer(self.pipeline.representation, *given)
      form = {'time_signature': encoded.time_signature} | form
    return self._sampled(
      encoded,
      *(num_outputs, form['num_steps'], seed, controls),
      forms=forms.plan(self.pipeline, num_outputs, seed=seed, **form),
      phrase_candidates=checks.check_candidates(
        self.pipeline, phrase_candidates
      ),
      requested=checks.check_requested(
        self.pipeline.model, self.config.conditions, **requested or {}
      ),
    )

  def _ensemble(self, instruments: str, primer: Any) -> Primer:
    """The instruments that new music begins with."""
    if primer is not None:
      raise UserError('instruments and a primer exclude each other: give one')
    if self.pipeline.spec.kind != 'compound':
      raise UserError(
        f"instruments='{instruments}': this model has instruments of its own"
      )
    return songs.ensemble(
      self.pipeline.spec, instruments_lib.parse(instruments)
    )

  def harmonize(
    self,
    melody: Score | str | os.PathLike,
    num_outputs: int = 1,
    *,
    seed: int = 0,
    **controls: Any,
  ) -> list[Score]:
    """Adds lower voices to a melody, a Score or a file, whose notes stay."""
    checks.check_ability(self.pipeline.model, 'parts', 'harmonize')
    score, origin, _ = self._score(melody, 'melody')
    masked = masks.harmonize(self.pipeline.representation, score, origin)
    return self._completed(masked, num_outputs, seed, controls)

  def accompany(
    self,
    music: Score | str | os.PathLike,
    part: str,
    num_outputs: int = 1,
    *,
    instruments: str | None = None,
    seed: int = 0,
    **controls: Any,
  ) -> list[Score]:
    """Adds other parts to one, such as 'Bass', of a Score or a file.

    Args:
      part: a part of the model's music; of a model of songs a track, or 'all'.
      instruments: what a model of songs adds, such as 'drums,bass'.
    """
    checks.check_ability(self.pipeline.model, 'parts', 'accompany')
    score, origin, _ = self._score(music, 'music')
    added = () if instruments is None else instruments_lib.parse(instruments)
    masked = masks.accompany(
      self.pipeline.representation, score, part, origin, added
    )
    return self._completed(masked, num_outputs, seed, controls)

  def infill(
    self,
    music: Score | str | os.PathLike,
    bars: str,
    num_outputs: int = 1,
    *,
    tracks: str | None = None,
    seed: int = 0,
    **controls: Any,
  ) -> list[Score]:
    """Samples bars of a Score or a file anew, such as '4:8'; the rest stays.

    Args:
      tracks: of a model of songs, only these, such as 'Bass,drums'.
    """
    checks.check_ability(self.pipeline.model, 'known', 'infill')
    score, origin, _ = self._score(music, 'music')
    masked = masks.infill(
      self.pipeline.representation, score, bars, origin, tracks
    )
    return self._completed(masked, num_outputs, seed, controls)

  def reconstruct(
    self, music: Music, *, seed: int = 0, **controls: Any
  ) -> Score | Sound:
    """Encodes and decodes a piece, window by window, by a latent space."""
    latents.check_latent(self.pipeline.model, 'reconstruct')
    _check_numbers(1, seed)
    given = self._given(music, 'music').music
    (made,) = latents.reconstruct(
      *(self.pipeline, self.params, self._encoded(given)),
      score=None if isinstance(given, Sound) else given,
      seed=seed,
      controls=checks.check_controls(self.pipeline, **_parsed(controls)),
    ).scores
    return made

  def interpolate(
    self,
    first: Music,
    last: Music,
    num_outputs: int = 5,
    *,
    seed: int = 0,
    **controls: Any,
  ) -> list[Score] | list[Sound]:
    """Pieces between the first windows of two, by a latent space."""
    latents.check_latent(self.pipeline.model, 'interpolate')
    _check_numbers(num_outputs, seed)
    return latents.interpolate(
      *(self.pipeline, self.params, self._encoded(first), self._encoded(last)),
      num_outputs=num_outputs,
      seed=seed,
      controls=checks.check_controls(self.pipeline, **_parsed(controls)),
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

  def _given(self, music: Any, name: str) -> Given:
    """Music by itself or of a file; `name` is that of the argument."""
    is_audio = self.pipeline.spec.is_audio
    if isinstance(music, str | os.PathLike):
      return read(music, is_audio=is_audio)
    wanted = Sound if is_audio else Score
    if not isinstance(music, wanted):
      raise UserError(
        f'{name} is of type {type(music).__name__}: give a '
        f'{wanted.__name__} or the path of a file'
      )
    return Given(music, name, 0 if is_audio else end(cast(Score, music)))

  def _score(self, music: Any, name: str) -> tuple[Score, str, int]:
    given = self._given(music, name)
    return cast(Score, given.music), given.origin, given.length

  def _encoded(self, music: Music) -> Any:
    given, origin, _ = self._given(music, 'music')
    return latents.encode_piece(self.pipeline.representation, given, origin)

  def _completed(
    self, masked: Primer, num_outputs: int, seed: int, controls: dict
  ) -> list[Score]:
    _check_numbers(num_outputs, seed)
    if masked.free is not None:
      completed = songs.complete(
        self.pipeline,
        self.params,
        masked,
        num_outputs=num_outputs,
        seed=seed,
        controls=checks.check_controls(self.pipeline, **_parsed(controls)),
      )
      return cast(list[Score], completed.scores)
    made = self._sampled(masked, num_outputs, 0, seed, controls)
    return cast(list[Score], made)

  def _sampled(
    self,
    primer: Primer | None,
    num_outputs: int,
    num_steps: int,
    seed: int,
    controls: dict,
    **how: Any,
  ) -> list[Score] | list[Sound]:
    generate.check_memory(self.pipeline.spec, num_outputs, num_steps)
    return generate.generate(
      self.pipeline,
      self.params,
      num_outputs=num_outputs,
      num_steps=num_steps,
      seed=seed,
      controls=checks.check_controls(self.pipeline, **_parsed(controls)),
      primer=primer,
      **how,
    ).scores


def load(name_or_workdir: str | os.PathLike) -> TrainedModel:
  """A pretrained model by its name, or the best checkpoint of a workdir.

  Raises:
    UserError: there is neither.
  """
  if not isinstance(name_or_workdir, str | os.PathLike):
    raise UserError(
      f'a model is named by a str or a path, not by {name_or_workdir!r}: '
      f'{_choices()}'
    )
  name = os.fspath(name_or_workdir)
  if not pathlib.Path(name).is_dir() and name not in pretrained.names():
    raise UserError(f"there is no model or workdir '{name}': {_choices()}")
  return TrainedModel(name, *pretrained.find(name))


def _choices() -> str:
  return f'give a workdir or one of {", ".join(pretrained.names())}'


def _check_numbers(num_outputs: int, seed: int) -> None:
  check_argument('num_outputs', num_outputs, _Count)
  check_argument('seed', seed, _Seed)


def _parsed(controls: dict) -> dict:
  """Controls with names of rules as `checks.check_controls` takes them."""
  forbid: Sequence[str] = controls.get('forbid') or ()
  names = {*checks.USUAL} - {'forbid'}
  for name, value in controls.items():
    if name not in checks.USUAL:
      raise UserError(
        f'{name} is no control: choose of {", ".join(checks.USUAL)}'
      )
    if name in names and value is not None:
      check_argument(name, value, int if name == 'top_k' else float)
  if isinstance(forbid, str):
    raise UserError(f"forbid='{forbid}': give a list of rules")
  return controls | {'forbid': checks.parse_rules(forbid)}
