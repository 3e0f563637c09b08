"""A Score as the JSON data of the page."""

import base64

from musiczoo.music import harmony, metre, midi, transform
from musiczoo.music.chord_names import NO_CHORD, QUALITIES
from musiczoo.music.midi.standard import FAMILIES
from musiczoo.music.musicxml import rhythm, spelling
from musiczoo.music.quantize import quantize
from musiczoo.music.score import end, Score
from musiczoo.show.sound import timbres

_MAX_BARS = 4096  # That are drawn and labelled.
_GRID = 12  # Steps a quarter note for the analysis of chords.


def music(score: Score) -> dict:
  """A Score as JSON data.

  Returns:
    `notes`: onset, duration, pitch, velocity, track, onset, ... in ticks;
    `tracks`, `tempi`, `resolution`, `end`; `bars`: ticks of their lines;
    `meters`: [tick, ticks of a beat];
    `chords`: [tick, name] at each bar and change; `key`: its name or None;
    `midi`: the bytes of the .mid file in base 64.
  """
  lines = metre.bars(score)[: _MAX_BARS + 1]
  coarse = quantize(score, _GRID)
  key = harmony.key(coarse)
  return {
    'resolution': int(score.resolution),
    'end': end(score),
    'tracks': [
      {
        'name': track.name,
        'family': 'drums' if track.drums else FAMILIES[track.program // 8],
        'program': int(track.program),
        'drums': bool(track.drums),
        'place': round(place, 3),
      }
      for track, place in zip(score.tracks, timbres.places(len(score.tracks)))
    ],
    'notes': score.notes.ravel().tolist(),
    'tempi': score.tempi.tolist(),
    'bars': lines.tolist(),
    'meters': _beats(score),
    'chords': _chords(coarse, score.resolution),
    'key': key
    and _name(key.tonic, spelling.estimated(coarse)) + 'm' * key.minor,
    'midi': base64.b64encode(midi.to_bytes(score)).decode(),
  }


def _beats(score):
  """[tick, ticks of a beat] of each meter, 4/4 where there is none."""
  found = {0: float(score.resolution)}
  for tick, numerator, denominator in score.meters.tolist():
    parts = 3 if rhythm.meter(numerator, denominator).compound else 1
    found[tick] = parts * 4 * score.resolution / denominator
  return [[tick, beat] for tick, beat in found.items()]


def _chords(score, resolution):
  """[tick, name] at each bar and change of chord; '' is no chord."""
  lines = metre.bars(score)
  last, begins = int(lines[: _MAX_BARS + 1][-1]), set(lines.tolist())
  found, symbols = [], list(QUALITIES)
  signature = spelling.estimated(score)
  chords = harmony.chords(transform.crop(score, last))
  for tick, root, quality in chords.tolist():
    name = ''
    if quality != NO_CHORD:
      name = _name(root, signature) + symbols[quality]
    if tick in begins or found[-1][1] != name:
      found.append([tick * resolution // score.resolution, name])
  return found


def _name(pitch_class, signature):
  """The name of a pitch class as the key spells it, such as 'C#'."""
  step, alter, _ = spelling.spell(60 + pitch_class, signature)
  return step + '#' * alter + 'b' * -alter
