"""A report on a MIDI file: its contents, or why it cannot be read."""

from collections import Counter
from collections.abc import Iterable, Iterator
import os

import numpy as np

from musiczoo.music import (
  grid,
  harmony,
  metre,
  midi,
  score as score_lib,
  transform,
)
from musiczoo.music.midi import guard
from musiczoo.music.midi.standard import FAMILIES
from musiczoo.music.score import DURATION, ONSET, PITCH, Score, TRACK
from musiczoo.music.time import quantize, seconds
from musiczoo.representations import OF_SCORES
from musiczoo.representations.tracks import group_of, GROUPS

TYPES = ('one track', 'tracks at once', 'tracks one after another')

_MAX_ROWS, _MAX_BARS = 16, 256


def examine(path: str | os.PathLike) -> Iterator[str]:
  """Yields the lines of a report on a MIDI file, of 80 columns.

  Raises:
    MidiError: the file can't be read; see `explain`.
  """
  score, repairs = midi.read_report(path)
  chunks = guard.find_chunks(
    guard.load(path, guard.LIMITS), guard.LIMITS, Counter()
  )
  lines = metre.bars(score)
  yield _plain(os.fspath(path), 80)
  yield from _section('file', _file(score, lines, chunks))
  yield from _section('repairs', _repairs(repairs))
  if not len(score.notes):
    return
  yield from _section('tempo, quarter notes a minute', _tempi(score, lines))
  yield from _section('meter', _meters(score, lines))
  yield from _section('key signature', _keys(score, lines))
  yield from _section('tracks', _tracks(score))
  yield from _section('pedal', _pedal(path, score))
  yield from _section('grid', _grids(score))
  yield from _section('representations', _representations(score))
  yield from _section('key and chords', _harmony(score))


def explain(error: midi.MidiError) -> Iterator[str]:
  """Yields lines that explain why a file was rejected.

  They are the bytes at the error, or the limit that is exceeded.
  """
  if error.code in midi.Limits._fields:
    yield (
      f'The limit is {getattr(guard.LIMITS, error.code)}; to prepare a '
      f'dataset with more, give --max_{error.code}=N.'
    )
  elif error.position is not None and error.path is not None:
    with guard.open_file(error.path) as file:
      begin = max(error.position // 16 - 2, 0) * 16
      file.seek(begin)
      data = file.read(error.position // 16 * 16 + 16 - begin)
    for i in range(0, len(data), 16):
      row = data[i : i + 16]
      text = ''.join(chr(b) if 32 <= b < 127 else '.' for b in row)
      yield f'{begin + i:10}  {row.hex(" "):49}{text}'
    yield ' ' * (12 + 3 * (error.position % 16)) + f'^^ byte {error.position}'


def notes_kept(score: Score, kept: Score) -> int:
  """The number of notes whose onset and pitch are in another Score, too."""

  def count(score):
    drums = ~score_lib.pitched(score)
    rows = zip(*score.notes[:, [ONSET, PITCH]].T.tolist(), drums.tolist())
    return Counter(rows)

  return (count(score) & count(kept)).total()


def _section(title, lines: Iterable[str]):
  yield ''
  yield title.upper()
  yield from (f'  {line}' for line in lines)


def _file(score, lines, chunks):
  end = score_lib.end(score)
  yield f'type        {chunks.format}, {TYPES[chunks.format]}'
  yield f'chunks      {len(chunks.spans)} of tracks'
  yield f'resolution  {score.resolution} ticks a quarter note'
  if not end:
    yield 'notes       none: there is nothing to learn from it'
    return
  yield f'notes       {len(score.notes)} in {len(score.tracks)} tracks'
  yield (
    f'length      {len(lines) - 1} bars, '
    f'{end / score.resolution:.1f} quarter notes, '
    f'{_clock(seconds(score, end))} min'
  )


def _repairs(repairs):
  if not repairs:
    yield 'none'
  for code, count in repairs.items():
    yield f'{count:6}  {code:16}{guard.REPAIRED[code]}'


def _tempi(score, lines):
  bpm = 60e6 / score.tempi[:, 1]
  if not len(bpm):
    yield 'none: 120, as the standard has it'
  yield from _changes(score, lines, score.tempi, [f'{b:.1f}' for b in bpm])
  if len(bpm) > _MAX_ROWS:
    yield f'from {bpm.min():.1f} to {bpm.max():.1f}'


def _meters(score, lines):
  if not len(score.meters):
    yield 'none: bars are taken to be 4/4'
  names = [f'{above}/{below}' for _, above, below in score.meters.tolist()]
  yield from _changes(score, lines, score.meters, names)


def _keys(score, lines):
  if not len(score.keys):
    yield 'none'
  names = [_key_name(*key) for key in score.keys[:, 1:].tolist()]
  yield from _changes(score, lines, score.keys, names)


def _changes(score, lines, changes, names):
  """Bar, time and value of changes of one kind."""
  ticks = changes[:, 0]
  bars = np.searchsorted(lines, ticks, side='right')
  rows = (
    f'bar {bar:4}  {_clock(second):>8}  {name}'
    for bar, second, name in zip(bars, seconds(score, ticks), names)
  )
  yield from _most(list(rows), 'changes')


def _tracks(score):
  yield ' #  name                  program                     notes  range'
  groups = group_of(score.tracks)
  rows = []
  for i, track in enumerate(score.tracks):
    pitch = score.notes[score.notes[:, TRACK] == i, PITCH]
    family = 'drums' if track.drums else FAMILIES[track.program // 8]
    low, high = int(pitch.min()), int(pitch.max())
    span = (
      f'{low}-{high}'
      if track.drums
      else (f'{_pitch_name(low)}-{_pitch_name(high)}')
    )
    rows.append(
      f'{i + 1:2}  {_plain(track.name, 20):20}  {track.program:3} '
      f'{family:20} {len(pitch):8}  {span}'
    )
  yield from _most(rows, 'tracks')
  missing = [
    group.name.lower() for i, group in enumerate(GROUPS) if i not in groups
  ]
  if missing:
    yield f'no {", ".join(missing)} among them'


def _pedal(path, score):
  dry = midi.read(path, pedal=False)
  longer = np.count_nonzero(score.notes[:, DURATION] != dry.notes[:, DURATION])
  yield f'holds {longer} of {len(score.notes)} notes' if longer else 'not used'


def _grids(score):
  yield 'steps a quarter note               off grid   moved by      at most'
  off = grid.shares_off(score)
  for steps, name in grid.GRIDS.items():
    mean, most = grid.moved(score, steps)
    yield f'{steps:2}  {name:29}{off[steps]:10.1%}{mean:8.1f} ms{most:10.1f} ms'
  yield f'Best is --config.representation.steps_per_quarter={grid.best(off)}.'
  if grid.is_free(off):
    yield 'Too many are off it: this was played freely, or its beats are not'
    yield 'where the file says. Its bars, and chords by bar, then mean little.'


def _representations(score):
  yield 'name        grid    steps       notes kept'
  for name, build in OF_SCORES.items():
    representation = build()
    x = representation.encode(score)
    quantized = quantize(score, representation.spec.steps_per_quarter)
    kept = notes_kept(quantized, representation.decode(x))
    yield (
      f'{name:12}{representation.spec.steps_per_quarter:4}{len(x):9}'
      f'{kept:10} of {len(score.notes)} {kept / len(score.notes):6.1%}'
    )
  yield 'Lost are notes out of range, of instruments with no place, below those'
  yield 'kept, or joined to one of their pitch. Steps of events are tokens.'


def _harmony(score):
  score = quantize(score, max(grid.GRIDS))
  key = harmony.key(score)
  if key is None:
    yield 'no key: no pitch stands out'
    return
  name = harmony.format_key(key.tonic, key.minor)
  sure = (
    'likely'
    if key.confidence > 0.2
    else ('perhaps' if key.confidence > 0.1 else 'a guess')
  )
  yield f'key {name}, {sure}: {key.confidence:.2f} ahead of the next'
  lines = metre.bars(score)
  listed = lines[: _MAX_BARS + 1]
  chords = harmony.chords(transform.crop(score, int(listed[-1])))
  bars = [[] for _ in listed[1:]]
  place = np.searchsorted(listed, chords[:, 0], side='right') - 1
  for bar, (_, root, quality) in zip(place.tolist(), chords.tolist()):
    name = harmony.format_chord(root, quality)
    if bars[bar][-1:] != [name]:
      bars[bar].append(name)
  cells = [' '.join(names) for names in bars]
  for i in range(0, len(cells), 4):
    row = '| '.join(f'{cell:15}' for cell in cells[i : i + 4])
    yield f'bar {i + 1:4}  {row}'.rstrip()
  if len(lines) > len(listed):
    yield f'and {len(lines) - len(listed)} more bars'


def _most(rows, what):
  yield from rows[:_MAX_ROWS]
  if len(rows) > _MAX_ROWS:
    yield f'and {len(rows) - _MAX_ROWS} more {what}'


def _clock(second):
  minutes, tenths = divmod(round(float(second) * 10), 600)
  return f'{minutes}:{tenths / 10:04.1f}'


def _key_name(sharps, minor):
  # On the circle of fifths from F; a minor key is three fifths further.
  octave, letter = divmod(sharps + 3 * minor + 1, 7)
  return 'FCGDAEB'[letter] + ('b', '', '#')[octave + 1] + 'm' * minor


def _pitch_name(pitch):
  return f'{harmony.format_key(pitch % 12, 0)}{pitch // 12 - 1}'


def _plain(text, width):
  """Printable text, cut to a width."""
  return ''.join(filter(str.isprintable, text))[:width].strip()
