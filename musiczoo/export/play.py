"""Writes music with the model in this folder, as MIDI files.

  python play.py --output_dir=music --num_outputs=2 --num_steps=64 --seed=0

Needs numpy, mido, jax and flatbuffers, but not musiczoo. The same seed gives the
same notes as musiczoo's `generate`. The table `player` of config.json has the
facts of this model: the layout of its arrays, and the flags it takes.
"""

import argparse
import hashlib
import json
import pathlib
import sys

try:
  import mido
  import numpy as np
except ImportError as e:
  print(f'error: {e}', file=sys.stderr)
  sys.exit(2)

TICKS = 480  # Per quarter note.
TEMPO = 750_000  # Microseconds per quarter note, where the music has none.
VELOCITY = 80
MAX_EVENTS = 64  # Tokens per step of the grid.
# Flags: default, least, most.
RUN = {
  'num_outputs': (8, 1, 65536),
  'num_steps': (256, 1, 65536),
  'seed': (0, 0, 2**32 - 1),
}
CONTROLS = {
  'temperature': (1.0, 0.0, 100.0),
  'top_k': (0, 0, 65536),
  'top_p': (1.0, 1e-9, 1.0),
  'min_p': (0.0, 0.0, 1.0),
}
REQUESTS = {'chords': str, 'key': str, 'density': float, 'style': str}
# Where each kind of event token begins.
END, NOTE_OFF, NOTE_ON, SET_VELOCITY, PROGRAM, DRUMS = 0, 1, 129, 257, 385, 513
NEXT, SET_TEMPO, DIGIT, SHIFT = 641, 642, 645, 773


def stop(message):
  """Ends the program with an error in one line."""
  print(f'error: {message}', file=sys.stderr)
  sys.exit(2)


def check(folder):
  """The folder's config; stops unless all files are as they were exported."""
  sums = (folder / 'SHA256SUMS').read_text('utf-8', errors='replace')

  def line(name):
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    if f'{digest}  {name}\n' not in sums:
      stop(f'{name} or SHA256SUMS is damaged: copy the folder once more')
    return f'{digest}  {name}\n'

  line('config.json')
  config = json.loads((folder / 'config.json').read_text('utf-8'))
  if ''.join(map(line, config['files'])) != sums:
    stop('SHA256SUMS is damaged: copy the folder once more')
  return config


def make_sample(folder, num, seed):
  """Returns (steps, controls) -> x [num, steps, ...]; (seed, i) gives piece i."""
  import jax
  from jax import export

  call = (folder / 'sample.jaxexport').read_bytes()
  call = export.deserialize(bytearray(call)).call
  # safetensors: the size of a header, the header as JSON, the arrays.
  data, weights = (folder / 'model.safetensors').read_bytes(), {}
  begin = 8 + int.from_bytes(data[:8], 'little')
  for name, entry in json.loads(data[8:begin]).items():
    first, last = (begin + offset for offset in entry['data_offsets'])
    array = np.frombuffer(data[first:last], '<f4')
    weights[name] = array.reshape(entry['shape'])
  fold_in = jax.vmap(jax.random.fold_in, (None, 0))
  keys = fold_in(jax.random.key(seed), np.arange(num, dtype=np.uint32))
  keys = jax.random.key_data(keys)
  return lambda steps, controls: np.asarray(
    call(weights, keys, np.zeros(steps, np.uint8), controls)
  )


def make_form(player, seed, piece, length):
  """Steps of the first bar that come before a piece, and where its phrases end.

  They are drawn as in musiczoo: in bars of 4/4, by how often a phrase of so
  many quarter notes follows one of another length.
  """
  if not player['following']:
    return 0, ()
  quarter = player['steps_per_quarter']
  rng = np.random.default_rng([seed, piece])
  pickup = int(rng.random() < player['pickup_share'])
  following = {k: dict(row) for k, row in player['following'][pickup]}
  end, before, ends = 0, 0, []
  while length - end > player['longest_last'] * quarter:
    most = (length - end) // quarter - player['shortest_phrase']
    row = following.get(before, following[8])
    row = {k: count for k, count in row.items() if k <= most}
    total = np.cumsum(list(row.values()))
    place = np.searchsorted(total, rng.random() * total[-1], side='right')
    before = list(row)[place]
    end += before * quarter
    ends.append(end)
  return (4 - pickup) % 4 * quarter, (*ends, length)


def plan(
  player, steps, length, form, chords=None, key=None, density=None, style=None
):
  """The conditions of `length` steps in 4/4, padded with the last.

  Args:
    form: of `make_form`.

  Returns:
    int32 [steps, columns]; 0 means unknown.
  """
  table = np.zeros((steps, len(player['columns'])), np.int32)
  column = {name: table[:, i] for i, (name, _) in enumerate(player['columns'])}
  bar_steps = 4 * player['steps_per_quarter']
  now = np.minimum(np.arange(steps), length - 1)
  step, ends = form[0] + now, form[1]
  most = {name: number - 1 for name, number in player['columns']}
  column['position'][:] = np.minimum(step % bar_steps + 1, most['position'])
  column['meter'][:] = 8  # Eighth notes of a bar.
  column['bar'][:] = 1 + (step // bar_steps - (form[0] > 0)) % most['bar']
  for name, left in ('length', length - 1 - now), ('elapsed', now):
    quarters = left // player['steps_per_quarter']
    column[name][:] = np.minimum(1 + quarters, most[name])
  if len(ends):
    end = np.array(ends)[np.searchsorted(ends, now, side='right')]
    column['phrases'][:] = np.minimum(1 + end - now, most['phrases'])
  if key is not None:
    tonic, minor = parse(key, ['', 'm'])
    column['key'][:] = 1 + tonic + 12 * minor
  if chords is not None:
    # N.C., no chord, is the first quality, of any root.
    symbols = chords.replace('N.C.', 'CN.C.').split()
    if not symbols:
      stop("--chords: give symbols, such as 'C G Am F'")
    parsed = np.array([parse(s, player['qualities']) for s in symbols])
    root, quality = parsed[step // bar_steps % len(parsed)].T
    column['root'][:] = np.where(quality, root + 1, 0)
    column['quality'][:] = quality + 1
  if density is not None:
    most = 2 * player['densities'][-1]
    if not 0 <= density <= most:
      stop(f'--density={density:g}: give onsets a quarter note, 0 to {most}')
    place = np.searchsorted(player['densities'], density, side='right')
    column['density'][:] = 1 + place
  if style is not None:
    column['style'][:] = 1 + player['styles'].index(style)
  return table


def parse(text, kinds):
  """'Bbm' -> (10, the place of 'm' among the kinds)."""
  note, kind = 'C D EF G A B'.find(text[:1]), text[1:].lstrip('#b')
  alter = text[1 : len(text) - len(kind)]
  if not text[:1].isalpha() or note < 0 or kind not in kinds or alter[1:]:
    stop(f"'{text}': give C, F# or Bb, alone or with one of {kinds}")
  return (note + alter.count('#') - alter.count('b')) % 12, kinds.index(kind)


def decode(player, x, length):
  """x of one piece -> its notes before step `length`, tracks and tempi.

  Returns:
    notes: int [N, 5], onset and duration in steps, pitch, velocity, track.
    tracks: (program, is drums, name) of each.
    tempi: {step: microseconds per quarter note}.
  """
  if player['decoder'] == 'events':
    return from_events(x, length)
  x, low = x[:length], player['low']
  if player['decoder'] == 'cells':  # 2 * symbol + onset bit.
    x = x.reshape(len(x), -1)
    is_onset = (x % 2 == 1) & player['onset_bits']
    on, duration, track, symbol = find_notes(x // 2, is_onset)
    pitch = symbol + low - 1
  else:  # Bits of planes of pitches.
    planes = x.reshape(len(x), player['planes'], -1) > 0
    lines = planes[:, player['sounding_planes']].reshape(len(x), -1)
    onsets = player['onset_planes']
    is_onset = planes[:, onsets].reshape(lines.shape) if onsets else ~lines
    on, duration, line, _ = find_notes(lines.astype(int), is_onset)
    track, key = np.divmod(line, planes.shape[2])
    pitch = key + low
  columns = np.broadcast_arrays(on, duration, pitch, VELOCITY, track)
  return np.stack(columns, axis=1), player['tracks'], {}


def find_notes(symbol, is_onset):
  """Onset, duration, line and symbol of each note of monophonic lines [T, L].

  A note begins where the symbol changes, or where `is_onset`; symbol 0 is a rest.
  """
  before = np.pad(symbol, [(1, 0), (0, 0)])[:-1]
  begins = (symbol != before) | is_onset & (symbol > 0)
  line, on = np.nonzero(begins.T)
  is_last = np.append(line[1:] != line[:-1], True)
  end = np.where(is_last, len(symbol), np.append(on[1:], 0))
  found = np.stack([on, end - on, line, symbol[on, line]])
  return found[:, found[3] > 0]


def from_events(x, length):
  """Tokens -> notes, tracks and tempi, as of `decode`."""
  tracks, tracks_of, sounding, notes, tempi = [], {}, {}, [], {}
  kind, nth, track, now, velocity = PROGRAM, 0, None, 0, VELOCITY
  change, digits = None, []
  for token in x[: np.append(x, END).argmin()].tolist():
    if DIGIT <= token < SHIFT:
      digits.append(token - DIGIT)
      if change == SET_TEMPO and len(digits) == 4:
        tempo = sum(d << 7 * i for i, d in enumerate(digits[::-1]))
        if 0 < tempo < 1 << 24 and now < length:
          tempi[now] = tempo
      continue
    change, digits = token, []
    if PROGRAM <= token < NEXT:  # The first track of a program or kit,
      kind, nth, track = token, 0, None
    elif token == NEXT and track is not None:  # or the next one.
      nth, track = nth + 1, None
    selects = NOTE_ON <= token < SET_VELOCITY or PROGRAM <= token < NEXT or nth
    if track is None and selects:
      same = tracks_of.setdefault(kind, [])
      if nth == len(same):
        same.append(len(tracks))
        tracks.append(((kind - PROGRAM) % 128, kind >= DRUMS, ''))
      track = same[nth]
    if token < NOTE_ON:
      held = sounding.get((track, token - NOTE_OFF))
      if held and held[0][0] < now:
        on, loudness = held.pop(0)
        notes.append((on, now, token - NOTE_OFF, loudness, track))
    elif token < SET_VELOCITY:
      held = sounding.setdefault((track, token - NOTE_ON), [])
      held.append((now, velocity))
    elif SET_VELOCITY < token < PROGRAM:
      velocity = token - SET_VELOCITY
    now += max(token - SHIFT + 1, 0)
  for (track, pitch), held in sounding.items():
    notes += [(on, max(now, on + 1), pitch, v, track) for on, v in held]
  notes = np.array(notes, int).reshape(-1, 5)
  notes[:, 1] = np.minimum(notes[:, 1], length) - notes[:, 0]
  return notes[notes[:, 1] > 0], tracks, tempi


def to_ticks(step, steps_per_quarter):
  """The tick nearest to a step of the grid, halves up."""
  return (2 * TICKS * step + steps_per_quarter) // (2 * steps_per_quarter)


def find_key(player, notes, tracks):
  """Sharps and whether it is minor, as the notes suggest; None if none do."""
  ticks = lambda step: to_ticks(step, player['steps_per_quarter'])
  on, lasts, pitch, _, track = notes.T
  time = (ticks(on + lasts) - ticks(on)) * [not tracks[i][1] for i in track]
  time = np.bincount(pitch % 12, time, 12)
  time = time - time.mean()
  if not time.any():
    return None
  found = np.array(player['key_profiles']) @ time / np.linalg.norm(time)
  minor, tonic = divmod(int(np.argsort(found)[-1]), 12)
  return (7 * tonic - 3 * minor + 5) % 12 - 5, minor


def write_midi(path, steps_per_quarter, notes, tracks, tempi, meters, key=None):
  """Writes a MIDI file; each track has a port and channel of its own."""
  ticks = lambda step: to_ticks(step, steps_per_quarter)
  tempi = sorted(tempi.items()) or [(0, TEMPO)]
  changes = [
    (ticks(s), mido.MetaMessage('set_tempo', tempo=t)) for s, t in tempi
  ]
  for step, (above, below) in meters.items():
    meter = {'numerator': above, 'denominator': below}
    changes.append((ticks(step), mido.MetaMessage('time_signature', **meter)))
  if key is not None:
    signature = mido.UnknownMetaMessage(0x59, (key[0] & 0xFF, key[1]))
    changes.append((0, signature))
  chunks = [sorted(changes, key=lambda change: change[0])]
  drums = iter([(port, 9) for port in range(128)])
  others = iter([(p, c) for p in range(128) for c in range(16) if c != 9])
  used = np.unique(notes[:, 4]).tolist()
  outputs = {i: next(drums if tracks[i][1] else others) for i in used}
  for i, (port, channel) in outputs.items():
    program, _, name = tracks[i]
    events = [(0, mido.MetaMessage('track_name', name=name))] * bool(name)
    if max(outputs.values())[0]:
      events.append((0, mido.MetaMessage('midi_port', port=port)))
    of = {'channel': channel}
    events.append((0, mido.Message('program_change', program=program, **of)))
    edges = []
    for on, steps, pitch, velocity, _ in sorted(
      notes[notes[:, 4] == i].tolist()
    ):
      edges.append((ticks(on), 'note_on', pitch, velocity))
      edges.append((ticks(on + steps), 'note_off', pitch, 0))
    for tick, kind, note, velocity in sorted(edges, key=lambda edge: edge[:3]):
      message = mido.Message(kind, note=note, velocity=velocity, **of)
      events.append((tick, message))
    chunks.append(events)
  file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset='utf-8')
  for events in chunks:
    times = np.diff([tick for tick, _ in events], prepend=0).tolist()
    timed = [event.copy(time=t) for t, (_, event) in zip(times, events)]
    file.tracks.append(mido.MidiTrack(timed))
  file.save(path)


def pieces(player, sample, flags):
  """Samples and decodes: [(notes, tracks, tempi, meters, key)]."""
  num, length = flags['num_outputs'], flags['num_steps']
  requested = {name: flags[name] for name in player['requested']}
  forms = [make_form(player, flags['seed'], i, length) for i in range(num)]
  is_events = player['decoder'] == 'events'
  steps = 4 * length if is_events else length
  while True:
    size = max(steps, player['window'])
    controls = {name: flags[name] for name in player['controls']}
    if (shape := player['given_shape']) is not None:
      controls['given'] = np.zeros((num, size, *shape), np.int32)
      controls['known'] = np.zeros((size, *shape), bool)
    if player['columns']:
      controls['cond'] = np.stack(
        [plan(player, size, length, form, **requested) for form in forms]
      )
    xs = sample(size, controls)
    found = [decode(player, x, length) for x in xs]
    ends = [notes[:, :2].sum(axis=1).max(initial=0) for notes, _, _ in found]
    # More tokens begin with the same ones: twice as many, until they suffice.
    if (
      not is_events
      or steps >= MAX_EVENTS * length
      or all(END in x or end >= length for x, end in zip(xs, ends))
    ):
      return [
        (*piece, meters(player, form, length), find_key(player, *piece[:2]))
        for piece, form in zip(found, forms)
      ]
    steps *= 2


def meters(player, form, length):
  """Changes of meter, {step: (numerator, denominator)}; 4/4 if not planned."""
  if not player['has_meter']:
    return {0: (4, 4)}
  pickup = 4 * player['steps_per_quarter'] - form[0]
  if not form[0] or pickup >= length:
    return {0: (4, 4)}
  return {0: (1, 4), pickup: (4, 4)}


def parse_flags(player):
  """The command line: {name: value}, of the flags that this model takes."""
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.error = stop
  parser.add_argument('--output_dir', type=pathlib.Path, required=True)
  numbers = RUN | {name: CONTROLS[name] for name in player['controls']}
  for name, (default, _, _) in numbers.items():
    default = player['defaults'].get(name, default)
    parser.add_argument(f'--{name}', type=type(default), default=default)
  for name in player['requested']:
    choices = player['styles'] if name == 'style' else None
    parser.add_argument(f'--{name}', type=REQUESTS[name], choices=choices)
  flags = vars(parser.parse_args())
  for name, (_, least, most) in numbers.items():
    if not least <= flags[name] <= most:
      stop(f'--{name}={flags[name]}: give {least} to {most}')
  return flags


def main():
  """Checks the folder, samples and writes."""
  folder = pathlib.Path(__file__).resolve().parent
  player = check(folder)['player']
  flags = parse_flags(player)
  output = flags['output_dir']
  output.mkdir(parents=True, exist_ok=True)
  sample = make_sample(folder, flags['num_outputs'], flags['seed'])
  for i, piece in enumerate(pieces(player, sample, flags)):
    path = output / f'{i:03d}.mid'
    write_midi(path, player['steps_per_quarter'], *piece)


if __name__ == '__main__':
  try:
    main()
  except (ImportError, OSError) as e:
    stop(e)
