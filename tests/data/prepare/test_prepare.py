"""From files to a dataset: everything counted, the same bytes in any way."""

import json
import os
import tarfile
import time

import numpy as np
import pytest

from musiczoo.data import corpora, dataset as dataset_lib, prepare
from musiczoo.data.prepare import engines
from musiczoo.errors import UserError
from musiczoo.music import midi
from musiczoo.music.score import Score, Track
from musiczoo.music.transform import transpose


def song(number):
  rng = np.random.default_rng(number)
  pitch = rng.integers(48, 72, 12)
  notes = [(240 * i, 240, int(p), 80, 0) for i, p in enumerate(pitch)]
  return Score(np.array(notes, np.int32), (Track(number % 128),))


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """Thirty songs in three styles, and what else is found in folders."""
  folder = tmp_path_factory.mktemp('in') / 'music'
  for number in range(30):
    path = folder / f'style{number % 3}' / f'{number:02}.mid'
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(song(number), path)
  midi.write(song(4), folder / 'zz_copy.mid')
  midi.write(transpose(song(7), -3), folder / 'zz_lower.mid')
  data = midi.to_bytes(song(31))
  (folder / 'wrapped.mid').write_bytes(b'RIFF' + data)
  (folder / 'cut.mid').write_bytes(data[:-6])
  (folder / 'readme.txt').write_text('no music')
  return folder


@pytest.fixture(scope='module')
def dataset(folder, tmp_path_factory):
  output = tmp_path_factory.mktemp('out') / 'dataset'
  return output, prepare.prepare(folder, output)


def lines(output):
  text = (output / 'manifest.jsonl').read_text()
  return {line['name']: line for line in map(json.loads, text.splitlines())}


def test_every_file_is_accounted_for(dataset):
  output, report = dataset
  assert json.loads((output / 'report.json').read_text()) == report
  assert report['files'] == 34 == len(lines(output))
  assert (report['kept'], report['repaired'], report['rejected']) == (32, 1, 1)
  assert (report['duplicates'], report['transposed']) == (2, 1)
  assert report['ignored'] == 1
  assert report['reasons'] == {'truncated': 1, 'wrapped': 1}
  assert report['pieces'] == sum(report['splits'].values()) == 31
  assert report['styles'] == {'': 1, 'style0': 10, 'style1': 10, 'style2': 10}
  assert report['notes'] == 31 * 12


def test_copies_are_named_and_not_stored(dataset):
  manifest = lines(dataset[0])
  copy, lower = manifest['zz_copy.mid'], manifest['zz_lower.mid']
  assert (copy['duplicate_of'], copy['semitones']) == ('style1/04.mid', 0)
  assert (lower['duplicate_of'], lower['semitones']) == ('style1/07.mid', -3)
  assert 'piece' not in copy and 'piece' not in lower


def test_a_corpus_of_its_own_splits(dataset):
  output, report = dataset
  corpus = corpora.load(str(output))
  assert {s: len(p) for s, p in corpus.items()} == report['splits']
  manifest = lines(output)
  for split, pieces in corpus.items():
    assert len(pieces)
    for piece in pieces:
      assert manifest[piece.name]['split'] == split
      number = 31 if piece.name[0] == 'w' else int(piece.name[-6:-4])
      assert np.array_equal(piece.score.notes, song(number).notes)
      assert piece.score.tracks == (Track(number % 128),)


def test_the_same_bytes_from_any_number_of_workers(folder, dataset, tmp_path):
  prepare.prepare(folder, tmp_path / 'd', workers=3)
  for path in sorted(dataset[0].iterdir()):
    assert path.read_bytes() == (tmp_path / 'd' / path.name).read_bytes()


def test_the_same_bytes_from_an_archive(folder, dataset, tmp_path):
  with tarfile.open(tmp_path / 'music.tar.gz', 'w:gz') as archive:
    for path in sorted(folder.rglob('*'), key=str):
      if path.is_file():
        archive.add(path, path.relative_to(folder).as_posix())
  prepare.prepare(tmp_path / 'music.tar.gz', tmp_path / 'd')
  for path in sorted(dataset[0].iterdir()):
    assert path.read_bytes() == (tmp_path / 'd' / path.name).read_bytes()


def test_more_files_move_no_piece(folder, dataset, tmp_path):
  more = tmp_path / 'more'
  for number in range(40):
    path = more / f'other{number:02}.mid'
    path.parent.mkdir(exist_ok=True)
    # Half of it known, in another key and under another name.
    midi.write(transpose(song(number), number % 5), path)
  prepare.prepare(more, tmp_path / 'd')
  before = {
    line['fingerprint']: line['split']
    for line in lines(dataset[0]).values()
    if 'split' in line
  }
  after = {
    line['fingerprint']: line['split']
    for line in lines(tmp_path / 'd').values()
    if 'split' in line
  }
  assert len(before.keys() & after.keys()) == 31
  assert all(after[key] == split for key, split in before.items())


def test_shares_are_chosen_and_all_is_for_training(folder, dataset, tmp_path):
  report = prepare.prepare(folder, tmp_path / 'd', split='40/30/30')
  before, after = lines(dataset[0]), lines(tmp_path / 'd')
  assert report['splits']['train'] < dataset[1]['splits']['train']
  for name, line in after.items():
    if line.get('split') == 'train':
      assert before[name]['split'] == 'train'
  for wrong in ('all', '40/30'):
    with pytest.raises(UserError, match=f'--split={wrong}: give hash'):
      prepare.prepare(folder, tmp_path / 'e', split=wrong)


def test_a_second_run_is_the_same_or_refused(folder, dataset, tmp_path):
  output, report = dataset
  assert prepare.prepare(folder, output) == report
  (tmp_path / 'in').mkdir()
  midi.write(song(50), tmp_path / 'in' / 'a.mid')
  before = {p.name: p.read_bytes() for p in output.iterdir()}
  with pytest.raises(UserError, match='holds something else'):
    prepare.prepare(tmp_path / 'in', output)
  assert {p.name: p.read_bytes() for p in output.iterdir()} == before
  with pytest.raises(UserError, match='holds something else'):
    prepare.prepare(folder, tmp_path / 'in')


def test_pieces_that_fit_no_grid_are_named_and_kept_as_they_are(tmp_path):
  rng = np.random.default_rng(0)
  steady, late = np.arange(40) * 120, np.arange(40) * 120
  late[::4] += 12  # Of 480 to a quarter note: 12.5 ms at 120 a minute.
  onsets = {
    'late': late,
    'steady': steady,
    **{f'free{i}': np.sort(rng.integers(0, 9999, 40)) for i in range(5)},
  }
  for name, onset in onsets.items():
    notes = [(t, 50, 60 + i % 7, 80, 0) for i, t in enumerate(onset)]
    path = tmp_path / 'in' / f'{name}.mid'
    path.parent.mkdir(exist_ok=True)
    midi.write(Score(np.array(notes, np.int32)), path)
  report = prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  assert report['files'] == report['kept'] == report['pieces'] == 7
  assert report['grids'] == {'4': 2}
  assert report['moved_ms'] == pytest.approx(3.1 / 2, abs=0.06)
  assert report['free'] == 5
  assert report['first_free'] == ['free0.mid', 'free1.mid', 'free2.mid']
  manifest = lines(tmp_path / 'd')
  for name in onsets:
    found = manifest[f'{name}.mid']['grid']
    assert found['free'] == name.startswith('free')
    assert (found['off'] > 0.25) == found['free']
  assert manifest['late.mid']['grid'] == {
    'steps_per_quarter': 4,
    'off': 0.0,
    'moved_ms': 3.1,
    'most_ms': 12.5,
    'free': False,
    'kept': {
      **{'2': 0.5, '3': 0.25, '4': 1.0},
      **{'6': 0.25, '8': 0.75, '12': 0.75, '24': 0.75},
    },
  }
  for pieces in corpora.load(str(tmp_path / 'd')).values():
    for piece in pieces:
      np.testing.assert_array_equal(
        np.sort(piece.score.notes[:, 0]), onsets[piece.name[:-4]]
      )


def put(path, onsets, resolution=480):
  path.parent.mkdir(parents=True, exist_ok=True)
  # Of a melody of its own, or it would be a duplicate.
  rng = np.random.default_rng(list(path.stem.encode()))
  notes = [(int(t), 20, int(rng.integers(50, 70)), 80, 0) for t in onsets]
  midi.write(Score(np.array(notes, np.int32), resolution=resolution), path)


@pytest.mark.parametrize(
  'straight, triplets, best, kept',
  [
    (12, 0, 4, (1.0, 1.0, 1.0)),
    # Triplets of half of the pieces survive, and so do those of a few that
    # are more than a twentieth of all onsets.
    (6, 6, 12, (0.667, 1.0, 1.0)),
    (10, 2, 12, (0.889, 1.0, 1.0)),
    (19, 1, 4, (0.967, 1.0, 1.0)),
  ],
)
def test_the_grid_is_the_coarsest_that_keeps_the_onsets(
  tmp_path, straight, triplets, best, kept
):
  for i in range(straight):
    late = 50 * (i == 3)  # By which a recording may begin late.
    put(tmp_path / 'in' / f's{i}.mid', (np.arange(60) + i) * 120 + late)
  for i in range(triplets):
    put(tmp_path / 'in' / f't{i}.mid', (np.arange(60) + i) * 160)
  rng = np.random.default_rng(0)  # One that fits no grid counts in no case.
  put(tmp_path / 'in' / 'free.mid', np.sort(rng.integers(0, 9999, 60)))
  report = prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  assert report['steps_per_quarter'] == best
  assert tuple(report['onsets_kept'][g] for g in ('4', '12', '24')) == kept
  seal = json.loads((tmp_path / 'd' / 'dataset.json').read_text())
  for name in ('steps_per_quarter', 'onsets_kept'):
    assert seal[name] == report[name]
  found = dataset_lib.grids(tmp_path / 'd')
  assert found.steps_per_quarter == best
  assert found.onsets_kept[4] == kept[0]


def test_where_no_grid_is_good_the_best_of_them_is_named(tmp_path):
  put(tmp_path / 'in' / 'a.mid', np.arange(50) * 96)  # Quintuplets.
  straight = np.arange(40) * 120
  put(tmp_path / 'in' / 'b.mid', np.sort([*straight, *range(30, 9000, 930)]))
  report = prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  kept = report['onsets_kept']
  assert max(kept[g] for g in ('4', '12', '24')) < 0.95
  assert kept[str(report['steps_per_quarter'])] == max(
    kept[g] for g in ('4', '12', '24')
  )


def test_a_dataset_of_free_pieces_has_no_grid(tmp_path):
  rng = np.random.default_rng(0)
  put(tmp_path / 'in' / 'free.mid', np.sort(rng.integers(0, 9999, 60)))
  report = prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  assert report['steps_per_quarter'] is None
  assert dataset_lib.grids(tmp_path / 'd') is None


@pytest.mark.parametrize(
  'damage',
  [
    {'steps_per_quarter': 'four'},
    {'steps_per_quarter': 5},
    {'steps_per_quarter': True},
    {'onsets_kept': [1.0]},
    {'onsets_kept': {'four': 1.0}},
    {'onsets_kept': {'4': {}}},
    {'onsets_kept': None},
  ],
)
def test_damaged_grids_are_an_error_of_one_line(tmp_path, damage):
  put(tmp_path / 'in' / 'a.mid', np.arange(60) * 120)
  prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  seal = tmp_path / 'd' / 'dataset.json'
  seal.write_text(json.dumps(json.loads(seal.read_text()) | damage))
  with pytest.raises(UserError, match='dataset.json is damaged'):
    dataset_lib.grids(tmp_path / 'd')


def test_tracks_are_drums_by_words_of_their_names(tmp_path):
  score = song(0)
  tracks = Track(5, name='Rock DRUMS'), Track(5, name='Piano')
  notes = np.concatenate([score.notes, score.notes + [0, 0, 9, 0, 1]])
  (tmp_path / 'in').mkdir()
  midi.write(Score(notes, tracks), tmp_path / 'in' / 'a.mid')
  for drums, expected in [((), [False] * 2), (('drum',), [True, False])]:
    output = tmp_path / f'd{len(drums)}'
    prepare.prepare(tmp_path / 'in', output, drums=drums)
    piece = corpora.load(str(output))['train'][0]
    assert [track.drums for track in piece.score.tracks] == expected


def test_bars_of_one_beat_are_counted(tmp_path):
  (tmp_path / 'in').mkdir()
  meters = {
    'one': [[0, 1, 4]],
    'pick_up': [[0, 1, 4], [480, 4, 4]],
    'none': np.zeros((0, 3)),
  }
  for number, (name, rows) in enumerate(meters.items()):
    score = song(number)._replace(meters=np.array(rows, np.int32))
    midi.write(score, tmp_path / 'in' / f'{name}.mid')
  assert prepare.prepare(tmp_path / 'in', tmp_path / 'd')['one_beat'] == 1
  found = {n: line['one_beat'] for n, line in lines(tmp_path / 'd').items()}
  assert found == {'none.mid': False, 'one.mid': True, 'pick_up.mid': False}


def test_nothing_usable_leaves_nothing(tmp_path):
  (tmp_path / 'in').mkdir()
  (tmp_path / 'in' / 'readme.txt').write_text('no music')
  with pytest.raises(UserError, match='none of its 1 files is music'):
    prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  (tmp_path / 'in' / 'a.mid').write_bytes(b'noise')
  with pytest.raises(UserError, match=r'\[not_midi\]'):
    prepare.prepare(tmp_path / 'in', tmp_path / 'd')
  assert [path.name for path in tmp_path.iterdir()] == ['in']


def test_an_interrupt_leaves_nothing(folder, tmp_path):
  def watch(results, total):
    del total
    yield next(results)
    raise KeyboardInterrupt

  with pytest.raises(KeyboardInterrupt):
    prepare.prepare(folder, tmp_path / 'd', workers=2, watch=watch)
  assert not list(tmp_path.iterdir())


def troubled(source, limits):
  """`ingest`, but for files of some names."""
  if '05' in source.name:
    os._exit(1)
  if '11' in source.name:
    time.sleep(60)
  return ingest_file(source, limits)


ingest_file = engines.ingest


def test_a_file_that_kills_or_hangs_costs_itself_only(
  folder, tmp_path, monkeypatch
):
  monkeypatch.setattr(engines, 'ingest', troubled)
  report = prepare.prepare(
    folder, tmp_path / 'd', workers=2, file_limits=prepare.FileLimits(seconds=3)
  )
  assert report['rejected'] == 3
  assert report['reasons']['crashed'] == report['reasons']['timeout'] == 1
  manifest = lines(tmp_path / 'd')
  assert manifest['style2/05.mid']['reasons'] == {'crashed': 1}
  assert manifest['style2/11.mid']['reasons'] == {'timeout': 1}
  assert report['pieces'] == 29


def test_sources_are_drawn_only_a_little_ahead():
  drawn = []

  def endless():
    for number in range(10**9):
      drawn.append(number)
      yield engines.Source(f'{number}.mid', data=b'')

  results = engines.local(endless(), prepare.FileLimits(), 2)
  for _ in range(20):
    next(results)
  results.close()
  assert len(drawn) <= 20 + 2 * engines.AHEAD + 1
