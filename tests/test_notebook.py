"""The notebook of the docs runs from top to bottom."""

import json
import pathlib
import sys
import types

import pytest

NOTEBOOK = pathlib.Path(__file__).parent.parent / 'docs' / 'tour.ipynb'


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch):
  pytest.importorskip('music21')
  shown = []
  display = types.ModuleType('IPython.display')
  display.display, display.Audio, display.Image = shown.append, str, str
  package = types.ModuleType('IPython')
  package.version_info = 9, 0  # Matplotlib asks for it.
  monkeypatch.setitem(sys.modules, 'IPython', package)
  monkeypatch.setitem(sys.modules, 'IPython.display', display)
  monkeypatch.chdir(tmp_path)
  cells = json.loads(NOTEBOOK.read_text())['cells']
  code = [''.join(c['source']) for c in cells if c['cell_type'] == 'code']
  names = {}
  for number, cell in enumerate(code):
    exec(compile(cell, f'cell {number}', 'exec'), names)
  assert len(code) == 10
  assert [pathlib.Path(path).name for path in shown] == [
    'first.png',
    'first.wav',
  ]
  for path in shown:
    assert (tmp_path / path).stat().st_size > 5000
  highest = names['harmonized'].notes
  highest = highest[highest[:, 4] == 0]
  assert highest[:4, 2].tolist() == [67, 69, 71, 67]
  assert (tmp_path / 'out/notebook/exported/play.py').exists()
