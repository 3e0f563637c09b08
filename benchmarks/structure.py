"""A trained structure model walks in; how far its parts do their work walks out.

  python -m benchmarks.structure --model=structure-chorales [--pieces=48] [--music21]

Heard: keys and chords of the test pieces by the analyser, as our rules have them
and, with --music21, as music21 finds them (keys by its own default profile, the
chords of half bars as in benchmarks/analysis.py). Planned: nats per code of the
codes that are heard, beside a bigram of each column over bars, chords over half
bars. Written: what share of the notes' time is in the chord that was asked for,
in samples, in samples of which nothing was asked but whose chords are then looked
for by the same rules, and in the test pieces; and how the density that was asked
for is met. A model that hears no codes but was told chords and densities is asked the
last of these only.
"""

import argparse
import json
import pathlib
import warnings

import jax
import numpy as np

from musiczoo import build
from musiczoo.data.eval_batches import eval_batches
from musiczoo.evaluation import baselines
from musiczoo.models.model import AnnotatingModel
from musiczoo.music import annotations, harmony, metre
from musiczoo.music.score import DURATION, end, ONSET, PITCH, Score
from musiczoo.runs import pretrained
from musiczoo.sampling import generate
from musiczoo.show import annotation_report

CHORDS = (
  'C G Am F',
  'Am Dm E Am',
  'G D Em C',
  'F Bb C F',
  'Dm A Bb C',
  'D A Bm G',
)
DENSITIES = (1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 9.0)
STEPS = 128


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument(
    '--model', required=True, help='Workdir, or name of a pretrained model.'
  )
  parser.add_argument('--pieces', type=int, default=48, help='of each kind')
  parser.add_argument('--music21', action='store_true', help='takes minutes')
  args = parser.parse_args()
  build.cache_compilation()
  config, pipeline, params, _ = pretrained.find(args.model)
  corpus = build.corpus(config)
  result = {}
  if isinstance(pipeline.model, AnnotatingModel):
    result |= {
      'heard': _heard(pipeline, params, corpus['test'], args.music21),
      'planned': _planned(config, pipeline, params, corpus),
    }
  result['written'] = _written(pipeline, params, corpus, args.pieces)
  print(json.dumps(result, indent=2))


def _heard(pipeline, params, pieces, with_music21):
  if with_music21:
    import music21

    from benchmarks.analysis import _compare

    warnings.simplefilter('ignore')  # Of files that can't be mended here.
    folder = pathlib.Path(music21.__file__).parent / 'corpus' / 'bach'
  counts = {}

  def count(name, hits):
    hits = np.atleast_1d(hits)
    before = counts.get(name, (0, 0))
    counts[name] = before[0] + int(hits.sum()), before[1] + len(hits)

  for piece in pieces:
    heard, ruled = annotation_report.annotate(pipeline, params, piece.score)
    key = np.bincount(heard[:, annotations.KEY]).argmax()
    count('key as the rules', key == ruled[0, annotations.KEY])
    place = ruled[:, annotations.POSITION]
    halves = np.isin(place, (1, 9)) & (heard[:, annotations.POSITION] == place)
    for name, columns in (
      ('root', [annotations.ROOT]),
      ('root and quality', [annotations.ROOT, annotations.QUALITY]),
    ):
      same = (heard[:, columns] == ruled[:, columns]).all(1)
      count(f'{name} as the rules', same[halves])
    if with_music21:
      stream = music21.converter.parse(
        folder / f'{piece.name}.mxl', forceSource=True
      )
      other = stream.analyze('key')
      other = 1 + other.tonic.pitchClass + 12 * (other.mode == 'minor')
      count('key as music21', key == other)
      count('key of the rules as music21', ruled[0, annotations.KEY] == other)
      notes = stream.chordify().flatten().notes
      for who, table in (('', heard), (' of the rules', ruled)):
        found = _compare(piece.score, notes, _chords(piece.score, table))
        for name in ('root', 'root and quality'):
          before = counts.get(f'{name}{who} as music21', (0, 0))
          counts[f'{name}{who} as music21'] = (
            before[0] + found[name],
            before[1] + found['half bars'],
          )
  return {
    k: {'share': round(a / b, 3), 'of': b} for k, (a, b) in counts.items()
  }


def _chords(score: Score, table):
  """The chord of each half bar as a table of steps has it, as `analysis.chords`."""
  lines = metre.half_bars(score)[:-1]
  step = np.minimum(lines * 4 // score.resolution, len(table) - 1)
  root = np.maximum(table[step, annotations.ROOT] - 1, 0)
  quality = np.maximum(table[step, annotations.QUALITY] - 1, 0)
  return np.stack([lines, root, quality], axis=1)


def _planned(config, pipeline, params, corpus):
  """Nats of a bigram per code; the planner's are in `evaluate`."""
  hear = jax.jit(pipeline.model.annotate)
  lines = {}
  for split in ('train', 'test'):
    pieces = build.pieces(config, pipeline, corpus, split)
    for batch in eval_batches(pieces, 16):
      real = batch.pop('piece') >= 0
      table = np.asarray(hear(params, batch))[real]
      for row, mask in zip(table, batch['mask'][real]):
        row = row[: int(mask.sum())]
        place = row[:, annotations.POSITION]
        first = np.arange(len(row)) == 0
        for name, columns, begins in (
          (
            'bar',
            [
              annotations.KEY,
              annotations.SECTION,
              annotations.DENSITY,
              annotations.RHYTHM,
            ],
            first | (place == 1),
          ),
          (
            'half',
            [annotations.QUALITY, annotations.ROOT],
            first | np.isin(place, (1, 9)),
          ),
        ):
          lines.setdefault((name, split), []).append(row[begins][:, columns])
  # As if they were voices, whose symbols stand beside a bit.
  nats = {
    name: baselines.bigram(
      [2 * a for a in lines[name, 'train']],
      [2 * a for a in lines[name, 'test']],
    )
    for name in ('bar', 'half')
  }
  total = (4 * nats['bar'] + 4 * nats['half']) / 8
  return {
    'bigram': {k: round(v, 4) for k, v in nats.items()},
    'bigram per code': round(total, 4),
  }


def _written(pipeline, params, corpus, num):
  def write(seed, **requested):
    return generate.generate(
      pipeline,
      params,
      num_outputs=num,
      num_steps=STEPS,
      seed=seed,
      requested=requested,
    ).scores

  tones = []
  for seed, chords in enumerate(CHORDS):
    parsed = [harmony.parse_chord(c) for c in chords.split()]
    for score in write(seed, chords=chords):
      bars = -(-end(score) // 16)
      plan = [(16 * i, *parsed[i % len(parsed)]) for i in range(bars)]
      tones.append(_tones(score, np.array(plan), 16))
  free = write(100)
  real = [p.score for p in corpus['test']]
  measured, asked = [], []
  for seed, density in enumerate(DENSITIES):
    for score in write(200 + seed, density=density):
      measured.append(len(score.notes) * score.resolution / STEPS)
      asked.append(density)
  share = lambda scores: round(
    float(np.mean([_tones(s, harmony.chords(s), None) for s in scores])), 3
  )
  chance = np.mean(
    [
      _tones(
        s, np.array([(16 * i, *parsed[i % len(parsed)]) for i in range(8)]), 16
      )
      for s in free
    ]
  )
  return {
    'tones of the asked chord': round(float(np.mean(tones)), 3),
    'the same in samples of which it was not asked': round(float(chance), 3),
    'tones of the found chord, samples': share(free),
    'tones of the found chord, test pieces': share(real),
    'density asked and measured, correlation': round(
      float(np.corrcoef(asked, measured)[0, 1]), 3
    ),
    'density measured by asked': {
      d: round(
        float(np.mean([m for m, a in zip(measured, asked) if a == d])), 2
      )
      for d in DENSITIES
    },
  }


def _tones(score: Score, chords, length) -> float:
  """The share of all notes' time that is in the chord of its moment.

  Args:
    chords: [spans, 3] of tick, root and quality.
    length: of the last of them, or None: to the end.
  """
  onset = score.notes[:, ONSET]
  stop = onset + score.notes[:, DURATION]
  ends = np.append(
    chords[1:, 0], end(score) if length is None else chords[-1, 0] + length
  )
  inside = whole = 0.0
  for (begin, root, quality), until in zip(chords, ends):
    time = np.minimum(stop, until) - np.maximum(onset, begin)
    time = np.maximum(time, 0)
    tones = (root + np.array(list(harmony.QUALITIES.values())[quality])) % 12
    inside += time[np.isin(score.notes[:, PITCH] % 12, tones)].sum()
    whole += time.sum()
  return inside / max(whole, 1)


if __name__ == '__main__':
  main()
