"""The order and the labels of the table of numbers."""

from musiczoo.evaluation import voice_comparison
from musiczoo.show.page import numbers
from musiczoo.show.page.rows import rows


def test_music_stands_before_likelihood_and_copying():
  names = [
    'longest copy of all',
    'nats per note',
    'copied, 8 steps',
    'nats per note, all test pieces',
    'polyphony, all windows',
    'ends on tonic share',
    'x',
    'phrases end on cadence share',
    'polyphony',
    'parallel octaves per 100 changes',
    'parallel fifths per 100 changes',
    'x',
  ]
  fifths, octaves = (
    f'parallel {name}, per 100 changes of chord'
    for name in ('fifths', 'octaves')
  )
  assert rows(names) == [
    (
      'Voice leading',
      [
        ('parallel fifths per 100 changes', fifths),
        ('parallel octaves per 100 changes', octaves),
      ],
    ),
    (
      'Cadences',
      [
        (
          'phrases end on cadence share',
          'phrases that end with a cadence, share',
        )
      ],
    ),
    (
      'Beginnings and endings',
      [('ends on tonic share', 'ends on the tonic, share of pieces')],
    ),
    (
      'Pitches',
      [
        ('polyphony, all windows', 'notes at once, all windows'),
        ('polyphony', 'notes at once'),
      ],
    ),
    ('Other numbers', [('x', 'x')]),
    (
      'Likelihood',
      [
        ('nats per note', 'nats per note'),
        ('nats per note, all test pieces', 'nats per note, all test pieces'),
      ],
    ),
    (
      'Copying',
      [
        ('longest copy of all', 'longest copy of all'),
        ('copied, 8 steps', 'copied, 8 steps'),
      ],
    ),
  ]


def test_all_figures_of_a_page_have_labels():
  names = [numbers.label(n) for n in (*voice_comparison.MAIN, *numbers._SHOWN)]
  found = rows(names)
  assert 'Other numbers' not in dict(found)
  labels = [label for _, of in found for _, label in of]
  assert len(set(labels)) == len(names)
