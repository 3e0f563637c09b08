"""The pieces and the figure of the golden checkpoints in `tests/golden`."""

import dataclasses
import pathlib

import numpy as np

from musiczoo import build
from musiczoo.evaluation import likelihood
from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.runs import workdir


def write_corpus(folder: pathlib.Path) -> None:
  """Forty scales: enough for a validation piece to be among them."""
  tracks = tuple(Track(52, name=n) for n in 'SATB')
  for i in range(40):
    notes = [
      (480 * step, 480, 72 - 8 * voice + (step + i) % 7, 80, voice)
      for step in range(4)
      for voice in range(4)
    ]
    midi.write(Score(np.array(notes, np.int32), tracks), folder / f'{i}.mid')


def nats(run: pathlib.Path, corpus: pathlib.Path) -> float:
  """Of the validation pieces, by the model saved in a run."""
  config, pipeline, params, _ = workdir.load(run)
  config = dataclasses.replace(config, corpus=str(corpus))
  devices = build.devices(config)
  pieces = build.pieces(config, pipeline, build.corpus(config), 'valid')
  judge = likelihood.make_validation(devices, pipeline, pieces, 8)
  return judge(devices.replicate(params))['nll_per_note']
