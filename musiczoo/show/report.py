"""A report on the contents of a MIDI file."""

from collections import Counter
from collections.abc import Iterator
import itertools
import os

import numpy as np

from musiczoo.music import (
  chord_names,
  grid_fit,
  harmony,
  metre,
  midi,
  transform,
)
from musiczoo.music.midi import guard
from musiczoo.music.midi.standard import FAMILIES
from musiczoo.music.quantize import quantize
from musiczoo.music.score import (
  DURATION,
  end,
  ONSET,
  PITCH,
  pitched,
  Score,
  TRACK,
)
from musiczoo.music.tempo import length_seconds, seconds
from musiczoo.representations import OF_SCORES
from musiczoo.representations.tracks import group_of, GROUPS

TYPES = ('one track', 'tracks at once', 'tracks one after another')

_MAX_ROWS, _MAX_BARS = 16, 256


def examine(path: str | os.PathLike) -> Iterator[str]:
  """Yields the lines of a report on a MIDI file, of 80 columns.

  Raises:
    MidiError: the file can't be read; see `rejection.explain`.
  """
  score, repairs = midi.read_report(path)
  chunks = guard.find_chunks(
    guard.load(path, guard.LIMITS), guard.LIMITS, Counter()
  )
  lines = metre.bars(score)
  yield _plain(os.fspath(path), 80)
  sections = {'file': _file(score, lines, chunks), 'repairs': _repairs(repairs)}
  if len(score.notes):
    sections |= {
      'tempo, quarter notes a minute': _tempi(score, lines),
      'meter': _meters(score, lines),
      'key signature': _keys(score, lines),
      'tracks': _tracks(score),
      'pedal': _pedal(path, score),
      'grid': _grids(score),
      'representations': _representations(score),
      'key and chords': _harmony(score),
    }
  for title, rows in sections.items():
    yield from ('', title.upper(), *(f'  {row}' for row in rows))


def notes_kept(score: Score, kept: Score) -> int:
  """The number of notes whose onset and pitch are in another Score, too."""

  def count(score):
    drums = ~pitched(score)
    rows = zip(*score.notes[:, [ONSET, PITCH]].T.tolist(), drums.tolist())
    return Counter(rows)

  return (count(score) & count(kept)).total()


def _file(score, lines, chunks):
  yield f'type        {chunks.format}, {TYPES[chunks.format]}'
  yield f'chunks      {len(chunks.spans)} of tracks'
  yield f'resolution  {score.resolution} ticks a quarter note'
  if not len(score.notes):
    yield 'notes       none: there is nothing to learn from it'
    return
  quarters = end(score) / score.resolution
  yield f'notes       {len(score.notes)} in {len(score.tracks)} tracks'
  yield (
    f'length      {len(lines) - 1} bars, {quarters:.1f} quarter notes, '
    f'{_clock(length_seconds(score))} min'
  )


def _repairs(repairs):
  if not repairs:
    yield 'none'
  for code, count in repairs.items():
    yield f'{count:6}  {code:16}{guard.REPAIRED[code]}'


def _tempi(score, lines):
  bpm = 60e6 / score.tempi[:, 1]
  names, none = [f'{b:.1f}' for b in bpm], 'none: 120, as the standard has it'
  yield from _changes(score, lines, score.tempi, names, none)
  if len(bpm) > _MAX_ROWS:
    yield f'from {bpm.min():.1f} to {bpm.max():.1f}'


def _meters(score, lines):
  names = [f'{above}/{below}' for _, above, below in score.meters.tolist()]
  none = 'none: bars are taken to be 4/4'
  yield from _changes(score, lines, score.meters, names, none)
  if metre.has_bars_of_one_beat(score):
    yield 'Bars of one beat are rarely meant: models of bars and chords need the'
    yield 'true meter, which this file does not give.'


def _keys(score, lines):
  names = [_key_name(*key) for key in score.keys[:, 1:].tolist()]
  return _changes(score, lines, score.keys, names, 'none')


def _changes(score, lines, changes, names, none):
  """Bar, time and value of changes of one kind; the text of `none` for none."""
  ticks = changes[:, 0]
  bars = np.searchsorted(lines, ticks, side='right')
  rows = [
    f'bar {bar:4}  {_clock(second):>8}  {name}'
    for bar, second, name in zip(bars, seconds(score, ticks), names)
  ]
  return _most(rows or [none], 'changes')


def _tracks(score):
  yield ' #  name                  program                     notes  range'
  groups = group_of(score.tracks)
  rows = []
  for i, track in enumerate(score.tracks):
    pitch = score.notes[score.notes[:, TRACK] == i, PITCH]
    family = 'drums' if track.drums else FAMILIES[track.program // 8]
    name = str if track.drums else _pitch_name
    span = '-'.join(name(int(p)) for p in (pitch.min(), pitch.max()))
    rows.append(
      f'{i + 1:2}  {_plain(track.name, 20):20}  {track.program:3} '
      f'{family:20} {len(pitch):8}  {span}'
    )
  yield from _most(rows, 'tracks')
  if missing := set(range(len(GROUPS))) - set(groups.tolist()):
    names = ', '.join(GROUPS[i].name.lower() for i in sorted(missing))
    yield f'no {names} among them'


def _pedal(path, score):
  dry = midi.read(path, pedal=False)
  longer = np.count_nonzero(score.notes[:, DURATION] != dry.notes[:, DURATION])
  yield f'holds {longer} of {len(score.notes)} notes' if longer else 'not used'


def _grids(score):
  yield 'steps a quarter note               off grid   moved by      at most'
  offset = grid_fit.offset(score)
  off = grid_fit.shares_off(score, offset)
  if offset:
    late = 'late' if offset > 0 else 'early'
    ticks = round(abs(offset) * score.resolution)
    yield f'All onsets are {ticks} ticks {late}: how many are off a grid'
    yield 'is counted without that.'
  for steps, name in grid_fit.GRIDS.items():
    mean, most = grid_fit.moved(score, steps)
    yield f'{steps:2}  {name:29}{off[steps]:10.1%}{mean:8.1f} ms{most:10.1f} ms'
  yield f'Best is --config.representation.steps_per_quarter={grid_fit.best(off)}.'
  if grid_fit.is_free(off):
    yield 'Too many are off it: this was played freely, or its beats are not'
    yield 'those of the file. Its bars, and chords by bar, then mean little.'


def _representations(score):
  yield 'name        grid    steps       notes kept'
  for name, build in OF_SCORES.items():
    representation = build()
    steps = representation.spec.steps_per_quarter
    x = representation.encode(score)
    kept = notes_kept(quantize(score, steps), representation.decode(x))
    yield (
      f'{name:12}{steps:4}{len(x):9}{kept:10} of {len(score.notes)} '
      f'{kept / len(score.notes):6.1%}'
    )
  yield 'Lost are notes out of range, of instruments with no place, below those'
  yield 'kept, or joined to one of their pitch. Steps of events are tokens.'


def _harmony(score):
  score = quantize(score, max(grid_fit.GRIDS))
  key = harmony.key(score)
  if key is None:
    yield 'no key: no pitch stands out'
    return
  name = chord_names.format_key(key.tonic, key.minor)
  degrees = 'a guess', 'perhaps', 'likely'
  degree = degrees[(key.confidence > 0.1) + (key.confidence > 0.2)]
  yield f'key {name}, {degree}: {key.confidence:.2f} ahead of the next'
  lines = metre.bars(score)
  listed = lines[: _MAX_BARS + 1]
  chords = harmony.chords(transform.crop(score, int(listed[-1])))
  bars = [[] for _ in listed[1:]]
  place = np.searchsorted(listed, chords[:, 0], side='right') - 1
  for bar, (_, *chord) in zip(place.tolist(), chords.tolist()):
    bars[bar].append(chord_names.format_chord(*chord))
  cells = [' '.join(c for c, _ in itertools.groupby(names)) for names in bars]
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
  return f'{chord_names.format_key(pitch % 12, 0)}{pitch // 12 - 1}'


def _plain(text, width):
  """Printable text, cut to a width."""
  return ''.join(filter(str.isprintable, text))[:width].strip()
