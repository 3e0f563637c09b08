"""Voice leading of sopranos of the test pieces that a model harmonizes.

  python -m benchmarks.harmonize --pretrained=infill-chorales --num=40

prints JSON: how often each rule is broken per 100 chord changes, and figures of
harmony and cadences, of the model and of Bach's own voices under the same
sopranos. Phrases are those of the chorales, or with --nophrases unknown, as in a
MIDI file.
"""

import json

from absl import flags

from experiments import launch, model_flags

NUM = flags.DEFINE_integer('num', 40, 'Sopranos.', lower_bound=1)
PHRASES = flags.DEFINE_bool('phrases', True, 'Give the ends of phrases.')
FORBID = flags.DEFINE_list('forbid', [], 'As of `generate`.')
SEED = flags.DEFINE_integer('seed', 0, 'Random seed.')


def main():
  model_flags.check()
  from musiczoo import build
  from musiczoo.evaluation import voice_comparison
  from musiczoo.music.transform import with_form
  from musiczoo.sampling import checks, generate, masks

  build.cache_compilation()
  config, pipeline, params, _ = model_flags.load()
  representation = pipeline.representation
  corpus = build.corpus(config)
  real, made = [], []
  controls = checks.check_controls(
    pipeline, forbid=checks.parse_rules(FORBID.value)
  )
  for i, piece in enumerate(corpus['test'][: NUM.value]):
    score = piece.score
    if not PHRASES.value:
      score = score._replace(phrase_ends=score.phrase_ends[:0])
    primer = masks.harmonize(representation, score, piece.name)
    found = generate.generate(
      pipeline,
      params,
      num_outputs=1,
      num_steps=0,
      seed=SEED.value + i,
      controls=controls,
      primer=primer,
    )
    whole = representation.decode(representation.encode(score))
    real.append(with_form(whole, piece.score))
    made.append(with_form(found.scores[0], piece.score))
  train = voice_comparison.real_scores(corpus['train'], representation)
  found = voice_comparison.compare({'model': made, 'Bach': real}, train)
  print(json.dumps({'pieces': len(made)} | found, indent=1))


if __name__ == '__main__':
  launch.run(main, required=[model_flags.EITHER])
