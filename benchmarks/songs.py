"""Songs of several tracks beside real ones: measures, safety and copies.

  python -m benchmarks.songs --real=SONGS --generated=out/a,out/b [--json=FILE]

prints for each folder of generated MIDI files how its first 32 bars differ from
those of real songs, in units of what two halves of the real songs differ by: by
the measures of songs and by the metrics of MusPy and MuseGAN. Then what no song
should have, and how many patterns of a track in a bar are found in the training
split of the real songs, beside the same share of the songs held out. SONGS is a
folder of MIDI files or a dataset of `prepare`. Of a model of few songs --real is
more music like it, and --train those songs. With --tiny it writes small songs of
its own and compares those.
"""

import pathlib
import shlex
import sys
import tempfile

from absl import flags

from experiments import launch

REAL = flags.DEFINE_string(
  'real', None, 'A folder of MIDI files, or a prepared dataset.'
)
GENERATED = flags.DEFINE_list('generated', None, 'Folders of MIDI files.')
TRAIN = flags.DEFINE_string(
  'train',
  None,
  'What the model was trained on, if not on the training split of --real: copies '
  'are of it, and the songs held out are others.',
)
INSTRUMENTS = flags.DEFINE_list(
  'instruments',
  None,
  'What was asked for: General MIDI programs from 0, and drums; else any '
  'instrument of the real songs.',
)
SEED = flags.DEFINE_integer('seed', 0, 'Of the halves of the real songs.')
JSON = flags.DEFINE_string('json', None, 'A file to write all figures to.')
TINY = flags.DEFINE_bool('tiny', False, 'Compare small songs made for it.')


def main():
  from musiczoo.errors import UserError

  given = REAL.value, GENERATED.value
  if any(given) if TINY.value else not all(given):
    raise UserError('give --real=SONGS and --generated=FOLDERS, or --tiny')
  if TINY.value:
    with tempfile.TemporaryDirectory() as folder:
      root = pathlib.Path(folder)
      _write_songs(root / 'real', 12)
      _write_songs(root / 'generated', 4)
      figures = _figures(str(root / 'real'), [str(root / 'generated')])
  else:
    figures = _figures(*given)
  if JSON.value:
    from musiczoo.music import json_files

    command = shlex.join(['python', '-m', 'benchmarks.songs', *sys.argv[1:]])
    text = json_files.text({'command': command, 'figures': figures})
    launch.write_text(pathlib.Path(JSON.value), text)


def _figures(real, generated):
  """Prints the tables of each folder; returns their figures."""
  from musiczoo.data import corpora
  from musiczoo.errors import UserError
  from musiczoo.evaluation import song_comparison, song_safety

  names = [pathlib.Path(folder).name for folder in generated]
  if len(set(names)) < len(names):
    raise UserError(
      f'--generated={",".join(generated)}: two folders have one name: rename one'
    )
  if not pathlib.Path(real).is_dir():
    raise UserError(
      f'--real={real} is no folder: give one of MIDI files or a dataset'
    )
  splits = corpora.load(real)
  # Of few pieces some are in several splits.
  scores = {p.name: p.score for of in splits.values() for p in of}
  openings = song_comparison.real_openings(scores.values())
  asked = set().union(*map(song_safety.instruments, scores.values()))
  limits = song_safety.longest_real(openings), _asked(asked)
  print(
    f'{len(openings)} of {len(scores)} real songs begin with 32 bars of 4/4; '
    f'their notes last up to {limits[0]:.1f} quarters '
    f'({song_safety.QUANTILE:.1%})'
  )
  known, held_out = _known(splits)
  found = {
    name: _compare(pathlib.Path(folder), known, held_out, openings, limits)
    for name, folder in zip(names, generated)
  }
  return {'songs': len(openings), 'longest_note': limits[0]} | found


def _known(splits):
  """The scores of training and of pieces held out."""
  from musiczoo.data import corpora

  known = splits['train']
  if TRAIN.value is not None:
    known = [p for of in corpora.load(TRAIN.value).values() for p in of]
  notes = {piece.score.notes.tobytes() for piece in known}
  others = (p.score for s in ('valid', 'test') for p in splits[s])
  held_out = [score for score in others if score.notes.tobytes() not in notes]
  return [piece.score for piece in known], held_out


def _asked(real):
  """The instruments of --instruments, else those of the real songs."""
  from musiczoo.errors import UserError
  from musiczoo.evaluation import song_safety

  for name in INSTRUMENTS.value or ():
    is_program = name.isascii() and name.isdigit() and int(name) < 128
    if not is_program and name != song_safety.DRUMS:
      raise UserError(
        f'--instruments={name}: give programs 0 to 127 or {song_safety.DRUMS}'
      )
  return real if INSTRUMENTS.value is None else set(INSTRUMENTS.value)


def _compare(folder, known, held_out, openings, limits):
  """Prints the tables of one folder; returns their figures."""
  from musiczoo.data.corpora import folder as folders
  from musiczoo.evaluation import novelty, song_comparison, song_safety
  from musiczoo.evaluation.metrics.openings import opening

  pieces = folders.load(folder)
  scores = [piece.score for piece in pieces]
  print(f'\n{folder}: {len(pieces)} pieces')
  compared = song_comparison.compare(
    openings, [opening(score) for score in scores], seed=SEED.value
  )
  for title, gaps in compared.items():
    _print_gaps(title, gaps)
  root = folder.parent if folder.is_file() else folder
  safety = song_safety.safety([root / p.name for p in pieces], scores, *limits)
  for name, value in safety._asdict().items():
    print(f'  {name:38}{value if value else 0!s:>9}')
  copies = novelty.bar_copies(known, generated=scores, held_out=held_out)
  for name, (share, low, high) in copies.items():
    label = f'{name}: bar patterns in train'
    print(f'  {label:38}{share:9.3f}  [{low:.3f}, {high:.3f}]')
  return {
    'pieces': len(pieces),
    'safety': safety._asdict(),
    'bar_copies': copies,
  } | {title: gaps.to_dict() for title, gaps in compared.items()}


def _print_gaps(title, gaps):
  from musiczoo.evaluation.song_comparison import LARGE

  print(f'  {title:38}{"real":>9}{"new":>9}{"gap":>9}')
  for name, (real, new, gap) in gaps.figures.items():
    mark = '  *' if gap > LARGE else ''
    print(f'    {name:36}{real:9.3f}{new:9.3f}{gap:9.2f}{mark}')
  print(
    f'    mean gap {gaps.mean:.2f}; {gaps.num_large} of {len(gaps.defined)} '
    f'over {LARGE}\n'
  )


def _write_songs(folder, songs):
  """Writes songs of a piano, a bass and drums that repeat bars at random."""
  import numpy as np

  from musiczoo.music import midi
  from musiczoo.music.score import canonical, Score, to_notes, Track

  tracks = Track(0), Track(33), Track(0, drums=True)
  rng = np.random.default_rng(songs)
  folder.mkdir()
  for number in range(songs):
    # Of each track two bars of eight eighths, in any order.
    bars = rng.integers([48, 36, 36], [72, 48, 42], (2, 8, 3))
    pitch = bars[rng.integers(2, size=32)].reshape(-1, 3)
    onset = np.repeat(6 * np.arange(len(pitch)), 3)
    notes = to_notes(onset, 6, pitch.ravel(), 80, np.arange(pitch.size) % 3)
    score = canonical(Score(notes, tracks, resolution=12))
    midi.write(score, folder / f'{number:03}.mid')


if __name__ == '__main__':
  launch.run(main)
