"""The card of lstm-songs, made of the receipt songs.json in docs/results."""

from collections.abc import Mapping

CARD = """\
# lstm-songs

A model of the family `lstm`: {parameters:,} parameters, {megabytes:.2f} MB as
float16. It generates songs of several instruments, `compound` rows on a grid of twelve
steps to a quarter note. Made by

    python -m experiments.prepare --input=FOLDER --output=out/songs
    python -m experiments.pretrain --name=lstm-songs --workdir=out/lstm-songs --corpus=out/songs

with seed 0. The weights are those of step {step:,}, the last, of a run of
`experiments/configs/tracks.py:lstm_compound`.

    python -m experiments.generate --pretrained=lstm-songs --output_dir=out --num_steps=1536
    python -m experiments.generate --pretrained=lstm-songs --output_dir=out --num_steps=1536 \\
        --instruments=drums,bass,piano

are 32 bars of 4/4. Without `--instruments` each piece has the ensemble of a training song.

## Data

{pieces_train} songs of free games, in all keys: music of Freedoom and of Blasphemer
(BSD 3-clause licences) and of Simutrans (Artistic License). Songs under the GPL were left
out. No song is in the package.

## Figures

Test split of {pieces_test} songs, of this dataset:

{nats}
64 pieces of 32 bars beside the openings of {real_songs} real songs, as `docs/songs.md`
describes; a gap of one is what two halves of the real songs differ by. The mean gap is
{mean_gap:.2f}, and {large_gaps} of {measures} are over two.

{gaps}
{safety}

    python -m benchmarks.figures --only=songs --songs=out/songs

## Copying

Share of the patterns of a track in a bar, transposed or not, that the training songs have,
too: {generated} percent of those of the new songs, {held_out} percent of those of songs held
out. A model that begins from these weights, with `--init_from`, may keep what is copied.

## Limits

Trained on songs of games only: rock, metal, ambient, pop, jazz, blues and techno, without
voices. Harmony is weaker than rhythm: chords change without a goal, melodies do not return.
One run with one seed. Samples were looked at and measured, but not judged by listeners.
"""


def card(figures: Mapping) -> str:
  """The card, of the figures of the receipt."""
  songs = figures['songs']
  rows = [
    f'| `{name}` | {v["real"]:.2f} | {v["generated"]:.2f} | {v["gap"]:.2f} |\n'
    for name, v in songs['figures'].items()
  ]
  nats = [
    f'| `{name}` | {value:.3f} |\n'
    for name, value in figures['nats'].items()
    if name.startswith('nll_per_')
  ]
  safety = figures['safety']
  copies = {
    name: f'{100 * value[0]:.1f}'
    for name, value in figures['bar_copies'].items()
  }
  return CARD.format(
    **{k: figures[k] for k in ('parameters', 'megabytes', 'step')},
    **{k: figures[k] for k in ('pieces_train', 'pieces_test', 'real_songs')},
    nats='| figure | nats |\n|---|---:|\n' + ''.join(nats),
    mean_gap=songs['mean_gap'],
    large_gaps=songs['large_gaps'],
    measures=len(rows),
    gaps='| measure | real | new | gap |\n|---|---:|---:|---:|\n'
    + ''.join(rows),
    safety=f'{safety["hanging_notes"]} notes hang; the longest has '
    f'{safety["longest_note"]:.1f} quarters; at most {safety["most_tracks"]} '
    'tracks play.',
    generated=copies['generated'],
    held_out=copies['held_out'],
  )
