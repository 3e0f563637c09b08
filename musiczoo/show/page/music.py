"""A Score as the JSON data of the page."""

import base64

import numpy as np

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
    `pitches`: [tick, names of the pitch classes from C on] of each key;
    `midi`: the bytes of the .mid file in base 64.
  """
  lines = metre.bars(score)[: _MAX_BARS + 1]
  coarse = quantize(score, _GRID)
  signatures = _signatures(score, coarse, lines)
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
    'chords': _chords(coarse, score.resolution, signatures),
    'key': _key(coarse, signatures),
    'pitches': [
      [tick, ' '.join(_name(pitch, of) for pitch in range(12))]
      for tick, of in signatures
    ],
    'midi': base64.b64encode(midi.to_bytes(score)).decode(),
  }


def _beats(score):
  """[tick, ticks of a beat] of each meter, 4/4 where there is none."""
  found = {0: float(score.resolution)}
  for tick, numerator, denominator in score.meters.tolist():
    parts = 3 if rhythm.meter(numerator, denominator).compound else 1
    found[tick] = parts * 4 * score.resolution / denominator
  return [[tick, beat] for tick, beat in found.items()]


def _signatures(score, coarse, lines):
  """[(tick, Signature)], the first at 0: of the Score, else the estimated one.

  As in notation, a key holds from the beginning of the bar in which it begins.
  """
  found = {}
  for tick, *key in score.keys.tolist():
    bar = metre.bar_of(lines, np.array([tick]))[0]
    found[int(lines[bar]) if found else 0] = spelling.Signature(*key)
  return list(found.items()) or [(0, spelling.estimated(coarse))]


def _key(score, signatures):
  """The name of the first key; None of music that has none."""
  if not len(score.keys) and harmony.key(score) is None:
    return None
  sharps, minor = signature = signatures[0][1]
  return _name(7 * (sharps + 3 * minor) % 12, signature) + 'm' * minor


def _chords(score, resolution, signatures):
  """[tick, name] at each bar and change of chord; '' is no chord."""
  lines = metre.bars(score)
  last, begins = int(lines[: _MAX_BARS + 1][-1]), set(lines.tolist())
  found, symbols = [], list(QUALITIES)
  starts = np.array([tick for tick, _ in signatures])
  chords = harmony.chords(transform.crop(score, last))
  for tick, root, quality in chords.tolist():
    at, name = tick * resolution // score.resolution, ''
    if quality != NO_CHORD:
      _, signature = signatures[metre.bar_of(starts, np.array([at]))[0]]
      name = _name(root, signature) + symbols[quality]
    if tick in begins or found[-1][1] != name:
      found.append([at, name])
  return found


def _name(pitch_class, signature):
  """The name of a pitch class as the key spells it, such as 'Db'."""
  step, alter, _ = spelling.spell(60 + pitch_class, signature)
  return step + '#' * alter + 'b' * -alter
