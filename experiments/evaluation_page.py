"""The page of `evaluate`: samples beside pieces of the split."""

import numpy as np

from . import model_flags, pages


def write(trained, corpus, split, samples, figures) -> None:
  """Writes --html: samples, if there are any, and pieces of the split.

  Args:
    trained: the `pages.Trained` model.
    corpus: of the split.
    split: its name.
    samples: Scores.
    figures: of `evaluate`, by name.
  """
  from musiczoo.show import outputs, page

  pipeline = trained.pipeline
  grid = pipeline.spec.steps_per_quarter
  num_steps = pages.segment_steps(grid, pipeline.model.window)
  columns = _columns(figures)
  groups = []
  if samples:
    some = [
      outputs.with_defaults(score) for score in samples[: pages.MAX_PIECES]
    ]
    name, group = f'Samples: {len(some)} of {len(samples)}', columns['samples']
    groups += [
      pages.generated_group(name, some, trained, num_steps, group=group)
    ]
  group = columns['split']
  groups += [pages.real_group(corpus, split, trained, num_steps, group=group)]
  if columns['gap']:
    groups.append(page.Group('Gap, 0 to 1', [], columns['gap']))
  title = f'musiczoo: {model_flags.name()}, step {figures["step"]}'
  notes = pages.notes(trained, num_steps)
  pages.write(pages.HTML.value, title, groups, notes)


def _columns(figures):
  """Figures of the samples, of the split and of their gap, by label."""
  from musiczoo.evaluation.voice_comparison import with_interval
  from musiczoo.show.page.numbers import label, main_figures

  columns = {'samples': {}, 'split': {}, 'gap': {}}
  figures = dict(figures)
  voices = main_figures(figures.pop('voice_leading', {}))
  for name, of in voices.items():
    for column, value in of.items():
      columns[column][name] = with_interval(value)
  for name, value in figures.items():
    if isinstance(value, dict):
      for column, found in value.items():
        number = found[0] if isinstance(found, tuple) else found
        if np.isfinite(number):
          columns[column][f'{label(name)}, all windows'] = number
    elif isinstance(value, float):
      column = 'samples' if name.startswith('samples_') else 'split'
      columns[column][f'{label(name)}, all pieces'] = value
  return columns
