"""Mutated files give a legal Score or a MidiError, soon."""

import random
import time

import pytest

from musiczoo.music import midi
from musiczoo.music.score import end, equal, Score
from tests.music.midi.files import mutate, wild_file


def check(score: Score, limits: midi.Limits):
  """Asserts that a Score is legal and within the limits."""
  onset, duration, pitch, velocity, track = score.notes.T
  assert (onset >= 0).all() and (duration >= 1).all()
  assert ((pitch >= 0) & (pitch <= 127)).all()
  assert ((velocity >= 1) & (velocity <= 127)).all()
  assert set(track.tolist()) == set(range(len(score.tracks)))
  assert len(score.notes) <= limits.notes
  assert end(score) <= min(limits.ticks, limits.quarters * score.resolution)


@pytest.mark.parametrize('seed', range(8))
def test_mutated_files(seed):
  rng, limits, kept = random.Random(seed), midi.Limits(), 0
  files = [wild_file(rng) for _ in range(20)]
  for _ in range(600):
    data = mutate(rng, rng.choice(files))
    start = time.process_time()
    try:
      score = midi.read(data, limits=limits)
    except midi.MidiError as error:
      assert error.position is None or 0 <= error.position <= len(data)
      continue
    finally:
      assert time.process_time() - start < 1
    check(score, limits)
    kept += len(score.notes) > 0
    if kept % 10 == 0:
      assert equal(midi.read(midi.to_bytes(score)), score)
  assert kept > 30
