"""Random scores walk into MusPy's metrics; a small JSON of both comes out.

The tests compare our metrics to it, so that MusPy need not be installed where
they run. Made by MusPy 0.5.0 with

  python -m benchmarks.golden_muspy tests/golden/metrics.json

A list of cases: notes [N, 5] as in a Score, tracks as [program, drums], ticks
to a quarter note and quarters to a bar; and `figures`, name -> number or null.
"""

import json
import math
import sys

import muspy
import numpy as np

from musiczoo.music.score import canonical, Score, Track

# Quarters to a bar, ticks to a quarter, notes, end in ticks, drums by track.
CASES = (
  (4, 4, 40, 128, (False, False, True)),  # Ends on a bar line.
  (4, 4, 30, 123, (False, True)),
  (4, 24, 60, 24 * 14, (False, False, False)),  # On a beat.
  (4, 24, 60, 24 * 16, (False, True, True)),
  (3, 12, 40, 36 * 5, (False, True)),
  (3, 6, 25, 100, (True, False)),
  (4, 5, 12, 71, (False, True)),
  (4, 480, 24, 9000, (False, True)),
  (2, 4, 20, 64, (True,)),  # Drums alone.
  (4, 4, 6, 96, (False,)),  # Mostly silence.
  (4, 4, 1, 3, (False,)),  # Less than a bar.
)
KEYS = {'c_major': (0, 'major'), 'e_minor': (4, 'minor')}


def music(score: Score) -> muspy.Music:
  tracks = [
    muspy.Track(program=track.program, is_drum=track.drums)
    for track in score.tracks
  ]
  for onset, duration, pitch, velocity, track in score.notes.tolist():
    tracks[track].notes.append(muspy.Note(onset, pitch, duration, velocity))
  return muspy.Music(resolution=score.resolution, tracks=tracks)


def figures(piece: muspy.Music, bar: int) -> dict[str, float]:
  """All of MusPy's metrics; `bar` in ticks."""
  return {
    'pitch_range': muspy.pitch_range(piece),
    'n_pitches_used': muspy.n_pitches_used(piece),
    'n_pitch_classes_used': muspy.n_pitch_classes_used(piece),
    'polyphony': muspy.polyphony(piece),
    'polyphony_rate': muspy.polyphony_rate(piece),
    **{
      f'pitch_in_scale_rate_{name}': muspy.pitch_in_scale_rate(piece, *key)
      for name, key in KEYS.items()
    },
    'scale_consistency': muspy.scale_consistency(piece),
    'pitch_entropy': muspy.pitch_entropy(piece),
    'pitch_class_entropy': muspy.pitch_class_entropy(piece),
    'empty_beat_rate': muspy.empty_beat_rate(piece),
    **{
      f'drum_in_pattern_rate_{meter}': muspy.drum_in_pattern_rate(piece, meter)
      for meter in ('duple', 'triple')
    },
    'drum_pattern_consistency': muspy.drum_pattern_consistency(piece),
    'groove_consistency': muspy.groove_consistency(piece, bar),
    'empty_measure_rate': muspy.empty_measure_rate(piece, bar),
  }


def _score(rng, resolution, num_notes, end, drums):
  """Notes at random, few of them in a scale; the last ends at `end`."""
  onset = rng.integers(0, end, num_notes)
  onset[0] = 0
  duration = rng.integers(1, 3 * resolution, num_notes)
  duration = np.minimum(duration, end - onset)
  duration[-1] = end - onset[-1]
  pitch = (
    rng.integers(48, 72, num_notes) // 2 * 2
    + rng.integers(0, 6, num_notes) // 5
  )
  track = rng.integers(len(drums), size=num_notes)
  velocity = np.full(num_notes, 80)
  notes = np.stack([onset, duration, pitch, velocity, track], axis=1)
  tracks = tuple(Track(drums=d) for d in drums)
  return canonical(Score(notes, tracks, resolution=resolution))


def _case(seed, quarters, resolution, num_notes, end, drums):
  rng = np.random.default_rng(seed)
  score = _score(rng, resolution, num_notes, end, drums)
  found = figures(music(score), quarters * resolution)
  return {
    'notes': score.notes.tolist(),
    'tracks': [[track.program, track.drums] for track in score.tracks],
    'resolution': resolution,
    'quarters': quarters,
    'figures': {
      name: None if math.isnan(value) else float(value)
      for name, value in found.items()
    },
  }


if __name__ == '__main__':
  cases = [_case(seed, *case) for seed, case in enumerate(CASES)]
  with open(sys.argv[1], 'w', encoding='utf-8') as file:
    print('[', ',\n'.join(map(json.dumps, cases)), ']', sep='\n', file=file)
