"""Bars of real songs written anew: what was given stays, what is new is compared.

  python -m benchmarks.song_infill --workdir=out/songs --songs=DATASET --num=200 \
      [--json=FILE]

Openings of 16 bars of 4/4 of the songs held out get a hole of four bars, by turns of
all tracks and of one. Counted are given notes that changed, by a tick or more. The
holes are compared with what was there by the measures of songs (docs/songs.md), in
units of what two halves of the real holes differ by.
"""

import pathlib
import shlex
import sys

from absl import flags

from experiments import launch, model_flags

SONGS = flags.DEFINE_string('songs', None, 'A prepared dataset, or a folder.')
NUM = flags.DEFINE_integer('num', 200, 'Infills.', lower_bound=4)
JSON = flags.DEFINE_string('json', None, 'A file to write all figures to.')
BARS, HOLE = 16, 4


def main():
  model_flags.check()
  import numpy as np

  from musiczoo import build
  from musiczoo.data import corpora
  from musiczoo.errors import UserError
  from musiczoo.evaluation import song_comparison, song_safety
  from musiczoo.evaluation.metrics.openings import BAR
  from musiczoo.music import instruments, transform
  from musiczoo.sampling import songs as song_lib

  build.cache_compilation()
  _, pipeline, params, _ = model_flags.load()
  splits = corpora.load(SONGS.value)
  held_out = [p.score for split in ('valid', 'test') for p in splits[split]]
  songs = song_comparison.real_openings(held_out, BARS)
  rng = np.random.default_rng(0)
  real, new, changed = [], [], 0
  for number in range(NUM.value):
    song = songs[number % len(songs)]
    bar = int(rng.integers(BARS - HOLE - 1)) + 1
    name, tracks = None, range(len(song.tracks))
    if number % 2:
      name = instruments.describe(song.tracks[rng.integers(len(tracks))])
      tracks = song_lib.find_tracks(song, name, 'song')
    made = _infill(pipeline, params, song, bar, name, number)
    hole = bar * BAR, (bar + HOLE) * BAR
    open_tracks = {song.tracks[i] for i in tracks}
    changed += song_safety.changed_notes(song, made, hole, open_tracks)
    for kept, score in ((real, song), (new, made)):
      kept.append(transform.cut(score, *hole))
  pairs = [p for p in zip(real, new) if all(len(s.notes) for s in p)]
  if len(pairs) < 2:
    raise UserError(f'{len(pairs)} holes with notes: give a larger --num')
  gaps = song_comparison.compare(*zip(*pairs), bars=HOLE)['songs']
  print(f'{changed} given notes changed in {NUM.value} infills')
  for name, (was, now, gap) in gaps.figures.items():
    print(f'  {name:36}{was:9.3f}{now:9.3f}{gap:9.2f}')
  large = f'{gaps.num_large} over {song_comparison.LARGE}'
  print(f'  mean gap {gaps.mean:.2f}; {large}')
  if JSON.value:
    _write(changed, pairs, gaps)


def _infill(pipeline, params, song, bar, name, seed):
  """The song with a hole of the tracks of a name, or of all; bars from 0."""
  from musiczoo.nn.heads import Controls
  from musiczoo.sampling import songs

  sampling = pipeline.sampling
  controls = Controls(temperature=sampling.temperature, top_p=sampling.top_p)
  bars = f'{bar + 1}:{bar + HOLE}'
  primer = songs.infill(pipeline.representation, song, bars, name, 'song')
  return songs.complete(
    pipeline, params, primer, num_outputs=1, seed=seed, controls=controls
  ).scores[0]


def _write(changed, pairs, gaps):
  from musiczoo.music import json_files

  figures = {
    'infills': NUM.value,
    'compared': len(pairs),
    'changed_notes': changed,
  } | gaps.to_dict()
  command = shlex.join(
    ['python', '-m', 'benchmarks.song_infill', *sys.argv[1:]]
  )
  text = json_files.text({'command': command, 'figures': figures})
  launch.write_text(pathlib.Path(JSON.value), text)


if __name__ == '__main__':
  launch.run(main, required=(model_flags.EITHER, SONGS))
