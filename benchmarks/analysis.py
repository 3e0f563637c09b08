"""Compares keys and chords of the chorales with music21 and with analyses by people.

  python -m benchmarks.analysis [--num=364]

Keys are compared with those that music21 finds by each of its profiles, and with
the close: the last bass note is the tonic, and the signature gives the mode.
Chords of half bars are compared with those that music21 names and, where there
are analyses by people in the music21 package, with those. Of several chords in a
half bar the longest counts.
"""

import argparse
from collections import Counter, defaultdict
import json
import pathlib
import re
import sys
import warnings

import numpy as np
from tqdm import tqdm

from musiczoo.data import corpora
from musiczoo.music import chord_names, harmony, metre
from musiczoo.music.score import DURATION, end, ONSET, PITCH, Score

_PROFILES = (
  'AardenEssen',  # What music21 takes if it is asked for the key.
  'KrumhanslSchmuckler',
  'SimpleWeights',
  'BellmanBudge',
  'TemperleyKostkaPayne',
)
_QUALITIES = {
  'major triad': '',
  'minor triad': 'm',
  'diminished triad': 'dim',
  'augmented triad': 'aug',
  'dominant seventh chord': '7',
  'major seventh chord': 'maj7',
  'minor seventh chord': 'm7',
  'half-diminished seventh chord': 'm7b5',
  'diminished seventh chord': 'dim7',
}
_SYMBOLS = list(chord_names.QUALITIES)
# The signature's tonic (0) and others on which a piece may close -> minor.
_MODES = {0: 0, 5: 0, 7: 0, 2: 1, 9: 1}


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--num', type=int, default=364, help='chorales')
  args = parser.parse_args()
  warnings.simplefilter('ignore')  # Of files that can't be mended here.
  import music21

  folder = pathlib.Path(music21.__file__).parent / 'corpus' / 'bach'
  splits = corpora.load('chorales').values()
  scores = {piece.name: piece.score for split in splits for piece in split}
  rng = np.random.default_rng(0)
  names = rng.permutation(sorted(scores))[: args.num].tolist()

  agree, right, sure = defaultdict(list), defaultdict(list), defaultdict(list)
  chords = Counter()
  for name in tqdm(names, disable=not sys.stderr.isatty()):
    stream = music21.converter.parse(folder / f'{name}.mxl', forceSource=True)
    key, close = harmony.key(scores[name]), _close(scores[name])
    for profile in _PROFILES:
      other = stream.analyze(profile)
      other = (other.tonic.pitchClass, int(other.mode == 'minor'))
      agree[profile].append(other == key[:2])
      if close:
        right[profile].append(other == close)
    if close:
      right['ours'].append(key[:2] == close)
      band = np.searchsorted([0.1, 0.2], key.confidence)
      sure[('below 0.1', '0.1 to 0.2', 'above 0.2')[band]].append(
        key[:2] == close
      )
    chords += _compare(scores[name], stream.chordify().flatten().notes)

  people, pieces = Counter(), 0
  for file in sorted((folder / 'choraleAnalyses').glob('*.rntxt')):
    name = 'bwv' + re.search(r'BWV: *(\S+)', file.read_text())[1]
    if name in scores:
      analysis = music21.converter.parse(file).flatten()
      analysis = analysis.getElementsByClass('RomanNumeral')
      # Some are in another key or leave out a repeat.
      if _fit(scores[name], analysis) > 0.85:
        people += _compare(scores[name], analysis)
        pieces += 1
  print(
    json.dumps(
      {
        'chorales': len(names),
        'key as music21 finds it by': {k: _share(v) for k, v in agree.items()},
        'key as the close has it': {k: _share(v) for k, v in right.items()},
        'the same by confidence': {k: _share(v) for k, v in sure.items()},
        'chords of music21': _shares(chords),
        f'chords by people, {pieces} chorales': _shares(people),
      },
      indent=2,
    )
  )


def _close(score: Score) -> tuple[int, int] | None:
  """Tonic and mode by the last bass note and signature, if they make sense."""
  last = score.notes[:, ONSET] + score.notes[:, DURATION] == end(score)
  tonic = int(score.notes[last, PITCH].min()) % 12
  minor = _MODES.get((tonic - 7 * int(score.keys[-1, 1])) % 12)
  return None if minor is None else (tonic, minor)


def _compare(score: Score, others, found=None) -> Counter:
  """In how many half bars root, triad and all are as in music21's chords.

  Args:
    found: chords as `analysis.chords` gives them; None: those it does.
  """
  found = harmony.chords(score) if found is None else found
  counts = Counter()
  lines = metre.half_bars(score) / score.resolution
  for (_, root, quality), begin, stop in zip(found, lines, lines[1:]):
    time = Counter()
    for other in others:
      symbol = _QUALITIES.get(other.commonName)
      overlap = min(stop, other.offset + other.quarterLength) - max(
        begin, other.offset
      )
      if symbol is not None and overlap > 0:
        time[other.root().pitchClass, _SYMBOLS.index(symbol)] += overlap
    longest = [c for c, t in time.items() if t == max(time.values())]
    if longest:
      counts['half bars'] += 1
      counts['root'] += any(root == r for r, _ in longest)
      counts['triad'] += any(
        (root, _triad(quality)) == (r, _triad(q)) for r, q in longest
      )
      counts['root and quality'] += (root, quality) in longest
  return counts


def _triad(quality):
  return list(chord_names.QUALITIES.values())[quality][:3]


def _fit(score: Score, chords) -> float:
  """The share of all notes' time that is in the chord of its moment."""
  onset = score.notes[:, ONSET] / score.resolution
  stop = onset + score.notes[:, DURATION] / score.resolution
  inside = 0.0
  for chord in chords:
    is_in = np.isin(score.notes[:, PITCH] % 12, chord.pitchClasses)
    till = np.minimum(stop, float(chord.offset + chord.quarterLength))
    inside += np.maximum(till - np.maximum(onset, float(chord.offset)), 0)[
      is_in
    ].sum()
  return inside / (stop - onset).sum()


def _share(hits):
  return {'share': round(float(np.mean(hits)), 3), 'of': len(hits)}


def _shares(counts):
  total = counts['half bars']
  return {
    k: n if k == 'half bars' else round(n / total, 3) for k, n in counts.items()
  }


if __name__ == '__main__':
  main()
