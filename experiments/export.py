"""Exports a trained model: a model in, a folder that needs no musiczoo out.

python -m experiments.export --pretrained=lstm-chorales \\
    --output_dir=out/lstm
"""

import pathlib
import re
import shlex

from absl import flags

from musiczoo.music.files import write_output

from . import launch, model_flags

OUTPUT_DIR = flags.DEFINE_string(
  'output_dir', None, 'Folder for the export; an earlier one is replaced.'
)
ONNX = flags.DEFINE_bool(
  'onnx', True, 'Write model.onnx where there can be one.'
)


def main():
  model_flags.check()
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo.export.files import files

  config, pipeline, params, step = model_flags.load()
  figures = _measured(step) if not model_flags.is_pretrained() else {}
  made = files(
    config, pipeline, params, step=step, figures=figures, onnx=ONNX.value
  )
  _remove_earlier(output, made)
  for name, content in made.items():
    write_output(output / name, content)
  size = sum(map(len, made.values()))
  print(f'{len(made)} files, {size / 1e6:.1f} MB, of step {step} in {output}:')
  for name, content in made.items():
    print(f'  {name:18}{len(content):12,} bytes')
  print(
    f'python {shlex.quote(str(output / "play.py"))} --output_dir=music '
    '--num_outputs=2 --num_steps=64 --seed=0'
  )


def _remove_earlier(output, made):
  """Removes what an earlier export lists and this one does not have."""
  sums = output / 'SHA256SUMS'
  lines = sums.read_text(errors='replace') if sums.is_file() else ''
  for name in re.findall(r'^[0-9a-f]{64}  ([\w.]+)$', lines, re.MULTILINE):
    if name not in made:
      (output / name).unlink(missing_ok=True)


def _measured(step):
  from musiczoo.runs import workdir
  from musiczoo.training import checkpoint_folder

  folder = workdir.checkpoints(model_flags.name())
  path = checkpoint_folder.path_of(folder, step)
  figures = checkpoint_folder.figures(path) or {}
  return {
    name: value
    for name, value in figures.items()
    if name != 'monitored' and isinstance(value, float)
  }


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main, required=(model_flags.EITHER, OUTPUT_DIR))


if __name__ == '__main__':
  run()
