"""A piece stays in its split for ever."""

from collections import Counter

import pytest

from musiczoo.data import corpora
from musiczoo.data.corpus import Piece
from musiczoo.data.splits import (
  Rule,
  shares,
  split_corpus,
  split_of,
  split_pieces,
  with_all_splits,
)
from musiczoo.errors import UserError


def test_splits_are_for_ever():
  # If this fails, models were trained on what is now the test split: don't
  # change these, change the code back.
  names = ('bwv10.7', 'bwv108.6', 'a/b.mid')
  assert [split_of(name) for name in names] == ['train', 'valid', 'test']


def test_a_file_name_that_is_no_text_has_a_split():
  assert split_of(b'\xff.mid'.decode(errors='surrogateescape'))


def test_eight_parts_one_and_one():
  counts = Counter(split_of(f'piece {i}') for i in range(10_000))
  assert counts['valid'] == pytest.approx(1000, abs=100)
  assert counts['test'] == pytest.approx(1000, abs=100)
  assert counts['train'] == pytest.approx(8000, abs=100)


def test_other_pieces_move_none():
  pieces = [Piece(f'piece {i}', None) for i in range(100)]
  few, all_ = split_pieces(pieces[::3]), split_pieces(pieces)
  for split in few:
    assert few[split] == [piece for piece in all_[split] if piece in few[split]]
    assert set(few[split]) <= set(all_[split])


@pytest.mark.parametrize('number', range(1, 21))
def test_few_pieces_are_in_all_splits(number, caplog):
  pure = split_pieces(Piece(f'piece {i}', None) for i in range(number))
  filled = with_all_splits('songs', pure)
  found = [piece.name for pieces in filled.values() for piece in pieces]
  assert all(filled.values())
  assert len(found) == max(number, 3)
  assert set(found) == {f'piece {i}' for i in range(number)}
  # A piece that moves comes from a split that has others.
  moved = {
    p.name for s, pieces in filled.items() for p in pieces if p not in pure[s]
  }
  said = caplog.text
  assert len(caplog.records) == (not all(pure.values()))
  if number > 2:
    assert len(moved) == sum(not pieces for pieces in pure.values())
    assert all(f'{name} moves from' in said for name in moved)


def test_pieces_stay_where_no_split_is_empty():
  pure = split_pieces(Piece(f'piece {i}', None) for i in range(100))
  assert with_all_splits('songs', pure) is pure


def test_twins_stay_together():
  names = [f'piece {i}' for i in range(50)]
  near_duplicates = {f'{name} again': name for name in names}
  splits = split_pieces(
    [Piece(name, None) for name in [*names, *near_duplicates]], near_duplicates
  )
  for pieces in splits.values():
    found = {piece.name for piece in pieces}
    assert found == {
      n
      for n in [*names, *near_duplicates]
      if near_duplicates.get(n, n) in found
    }


@pytest.mark.parametrize('name', ['chorale', '/no/such/folder', __file__])
def test_what_is_no_corpus_is_said(name):
  with pytest.raises(UserError) as error:
    corpora.load(name)
  message = str(error.value)
  assert name in message and 'folder of MIDI' in message
  assert '\n' not in message


def test_shares_are_by_the_hash_alone():
  names = [f'piece {i}' for i in range(10_000)]
  given = shares('60/25/15')
  found = {name: split_of(name, given) for name in names}
  counts = Counter(found.values())
  assert counts['train'] == pytest.approx(6000, abs=150)
  assert counts['valid'] == pytest.approx(2500, abs=150)
  # What a smaller share has for training a larger one has, too.
  assert all(
    split_of(name) == 'train' for name in names if found[name] == 'train'
  )
  assert all(
    split_of(name, shares('80/10/10')) == split_of(name) for name in names
  )
  assert shares('hash') == (80, 10, 10)


def test_all_is_no_split_and_warns(caplog):
  pieces = [Piece(f'piece {i}', None) for i in range(4)]
  splits = split_corpus('songs', pieces, 'all')
  assert list(splits.values()) == [pieces] * 3
  (record,) = caplog.records
  assert "'songs': split=all" in record.getMessage()
  assert 'not of unseen music' in record.getMessage()


def test_shares_that_leave_a_split_empty_are_filled(caplog):
  pieces = [Piece(f'piece {i}', None) for i in range(8)]
  splits = split_corpus('songs', pieces, '98/1/1')
  assert sorted(map(len, splits.values())) == [1, 1, 6]
  assert 'moves from train to' in caplog.text


@pytest.mark.parametrize(
  'rule',
  [
    '',
    'Hash',
    '80/20',
    '80/10/11',
    '100/0/0',
    '-1/1/100',
    '80 /10/10',
    '٨٠/10/10',
  ],
)
def test_other_rules_are_none(rule):
  assert rule not in Rule()


def test_rules():
  assert all(rule in Rule() for rule in ('hash', 'all', '1/1/98', '34/33/33'))
  assert 'all' not in Rule('hash') and '70/15/15' in Rule('hash')
