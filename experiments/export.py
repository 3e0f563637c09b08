"""Exports a trained model: a model in, a folder that needs no musiczoo out."""

import json
import pathlib
import shlex

from absl import flags

from musiczoo.music.files import write_output

from . import launch, model_flags

OUTPUT_DIR = flags.DEFINE_string('output_dir', None, 'Folder for the export.')
ONNX = flags.DEFINE_bool(
  'onnx', True, 'Write model.onnx where there can be one.'
)


def main():
  model_flags.check()
  launch.require(output_dir=OUTPUT_DIR.value)
  output = pathlib.Path(OUTPUT_DIR.value)
  launch.make_folder(output)
  from musiczoo.export.files import files

  config, pipeline, params, step = model_flags.load()
  figures = _measured(step) if not model_flags.is_pretrained() else {}
  made = files(
    config, pipeline, params, step=step, figures=figures, onnx=ONNX.value
  )
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


def _measured(step):
  from musiczoo.runs import workdir

  folder = workdir.checkpoints(model_flags.name()) / f'{step:09d}'
  return {
    name: value
    for name, value in json.loads((folder / 'metrics.json').read_text()).items()
    if name != 'monitored' and isinstance(value, float)
  }


def run() -> None:
  """The command: its flags, errors in one line, its exit status."""
  launch.run(main)


if __name__ == '__main__':
  run()
