"""Measures the analyser, the planner and the renderer of a structure model.

  python -m benchmarks.structure --model=structure-chorales [--pieces=48] [--music21]

analysed: agreement of keys and chords of the test pieces between the analyser, the
rules it is trained on and, with --music21, music21 (keys by its default profile,
chords of half bars as in benchmarks/analysis.py).
planned: nats per code of a bigram of each column of the predicted codes, over bars,
and for chords over half bars; those of the planner are in `evaluate`.
generated: the share of the notes' time in the requested chord, in samples with and
without requests; in the chords that rules find, in samples and in test pieces; and
the measured density for each requested one. A model without codes that is
conditioned on chords and densities has only the last part.
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
from musiczoo.music import annotations, chord_names, harmony, metre
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
      'analysed': _analysed(pipeline, params, corpus['test'], args.music21),
      'planned': _planned(config, pipeline, params, corpus),
    }
  result['generated'] = _generated(pipeline, params, corpus, args.pieces)
  print(json.dumps(result, indent=2))


def _analysed(pipeline, params, pieces, with_music21):
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
    predicted, ruled = annotation_report.annotate(pipeline, params, piece.score)
    key = np.bincount(predicted[:, annotations.KEY]).argmax()
    count('key_analyser_rules', key == ruled[0, annotations.KEY])
    place = ruled[:, annotations.POSITION]
    halves = np.isin(place, (1, 9)) & (
      predicted[:, annotations.POSITION] == place
    )
    for name, columns in (
      ('root', [annotations.ROOT]),
      ('root_and_quality', [annotations.ROOT, annotations.QUALITY]),
    ):
      same = (predicted[:, columns] == ruled[:, columns]).all(1)
      count(f'{name}_analyser_rules', same[halves])
    if with_music21:
      stream = music21.converter.parse(
        folder / f'{piece.name}.mxl', forceSource=True
      )
      other = stream.analyze('key')
      other = 1 + other.tonic.pitchClass + 12 * (other.mode == 'minor')
      count('key_analyser_music21', key == other)
      count('key_rules_music21', ruled[0, annotations.KEY] == other)
      notes = stream.chordify().flatten().notes
      for who, table in (('analyser', predicted), ('rules', ruled)):
        found = _compare(piece.score, notes, _chords(piece.score, table))
        for name in ('root', 'root_and_quality'):
          before = counts.get(f'{name}_{who}_music21', (0, 0))
          counts[f'{name}_{who}_music21'] = (
            before[0] + found[name.replace('_', ' ')],
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
  annotate = jax.jit(pipeline.model.annotate)
  lines = {}
  for split in ('train', 'test'):
    pieces = build.pieces(config, pipeline, corpus, split)
    for batch in eval_batches(pieces, 16):
      real = batch.pop('piece') >= 0
      table = np.asarray(annotate(params, batch))[real]
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
    'bigram_per_code': round(total, 4),
  }


def _plan(chords, bars):
  """One chord a bar, again and again: [bars, 3] step, root and quality."""
  parsed = [chord_names.parse_chord(c) for c in chords.split()]
  return np.array([(16 * i, *parsed[i % len(parsed)]) for i in range(bars)])


def _generated(pipeline, params, corpus, num):
  def sample(seed, **requested):
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
    for score in sample(seed, chords=chords):
      tones.append(_tones(score, _plan(chords, -(-end(score) // 16)), 16))
  free = sample(100)
  real = [p.score for p in corpus['test']]
  measured, asked = [], []
  for seed, density in enumerate(DENSITIES):
    for score in sample(200 + seed, density=density):
      measured.append(len(score.notes) * score.resolution / STEPS)
      asked.append(density)
  share = lambda scores: round(
    float(np.mean([_tones(s, harmony.chords(s), None) for s in scores])), 3
  )
  chance = np.mean([_tones(s, _plan(c, 8), 16) for c in CHORDS for s in free])
  return {
    'chord_tones_requested': round(float(np.mean(tones)), 3),
    'chord_tones_not_requested': round(float(chance), 3),
    'chord_tones_found_samples': share(free),
    'chord_tones_found_test': share(real),
    'density_correlation': round(float(np.corrcoef(asked, measured)[0, 1]), 3),
    'density_measured_by_requested': {
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
    tones = (
      root + np.array(list(chord_names.QUALITIES.values())[quality])
    ) % 12
    inside += time[np.isin(score.notes[:, PITCH] % 12, tones)].sum()
    whole += time.sum()
  return inside / max(whole, 1)


if __name__ == '__main__':
  main()
