"""The grade: near 1 of the corpus' own pieces, higher of others."""

import json
import math

import numpy as np
import pytest

from musiczoo.evaluation.metrics import grade as grade_lib, grade_features
from musiczoo.evaluation.metrics.parts import parts
from musiczoo.music import transform
from tests.evaluation.metrics.chorales import PHRASES, voices, walk

grade = grade_lib.grade
CORPUS = [transform.transpose(PHRASES, n) for n in range(-2, 3)] + [
  voices(
    '72 71 72 74  76 74 72:8  72 72 71 69  71:4 69:2 71:2 72:8',
    '67 67 67 67  67 67 64:8  64 65 67 65  67 67 67:8',
    '64 62 60 59  60 59 55:8  60 60 62 62  62 65 64:8',
    '48 55 52 55  48 55 48:8  57 53 55 62  55 43 48:8',
    phrase_ends=(32, 64),
  )
]


def test_the_corpus_is_nearer_than_other_music():
  reference = grade_lib.reference(CORPUS)
  own = [grade(score, reference) for score in CORPUS]
  other = [grade(walk(4, seed), reference) for seed in range(4)]
  assert max(own) < min(other)
  # A mean of log2(1 + d), where d is 1 on average for each feature.
  assert 0 < np.mean(own) <= 1


def test_each_fault_makes_the_grade_worse():
  reference = grade_lib.reference(CORPUS)
  lines = [
    '67 72 71 72  74:2 72:2 71 72:8  72 74 76 77  76 74 72:8',
    '64 64 62 64  65 62 64:8  67 67 67 69  67 65:2 65:2 64:8',
    '60 67 67 67  69 67 67:8  64 67 60 60  60 59 55:8',
    '48 48 55 60  53 55 48:8  60 59 60 53  55 43 48:8',
  ]
  whole = grade_lib.feature_distances(voices(*lines), reference)
  # It stops on the dominant; a soprano that leaps; parallel octaves.
  faults = {
    'ending': [line[: line.rindex(' ')] for line in lines],
    'leaps': [lines[0].replace('76 77', '76 60'), *lines[1:]],
    'parallels': [*lines[:3], '48 60 59 60' + lines[3][11:]],
  }
  for name, faulty in faults.items():
    found = grade_lib.feature_distances(voices(*faulty), reference)
    assert found[name] > whole[name], name
  assert set(whole) >= set(faults)


def test_a_feature_of_one_number_has_its_distance():
  a, b = grade_features.one_number(0.3), grade_features.one_number(0.75)
  assert grade_lib.wasserstein(a, b) == pytest.approx(0.45)
  assert grade_features.one_number(7.0)[-1] == 1
  rows = np.eye(3)
  found = [grade_lib.wasserstein(row, rows[0]) for row in rows]
  assert found == pytest.approx([0, 0.5, 1])


def test_features_are_distributions():
  for name, row in grade_features.features(parts(walk(8, 0))).items():
    assert (row >= 0).all() and row.sum() == pytest.approx(1), name


def test_the_reference_is_json():
  reference = grade_lib.reference(CORPUS)
  text = json.dumps(reference)
  assert grade_lib.from_json(json.loads(text)) == reference
  assert len(text) < 10_000


def test_silence_and_one_chord():
  reference = grade_lib.reference(CORPUS)
  assert grade(voices('', '', '', ''), reference) == math.inf
  assert 0 < grade(voices('72', '64', '55', '48'), reference) < math.inf
