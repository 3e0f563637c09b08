"""Heads: output distributions of one step, by kind of representation.

A head embeds a step x of one kind of Representation as the net's input, and maps
the net's output h to a distribution over the next step. All heads have the same four methods:

  embed(x) -> e: [..., C] -> [..., E], the net's input.
  log_prob(h, x, prev) -> dict of float32 [...], in nats; their sum is the log
    probability of the step x given h and the step before it, `prev`.
  choices(h, x) -> dict of float32 logits [..., n]: of the decisions that make up
    the step x, each given h and those before it in x. Frames have none.
  sample(h, prev, keys, controls) -> x, int32 [B, C], of frames float32. One PRNG
    key per row: a row is the same in any batch.

and the fields `kind`, of the Representation, and `controls`, those that `sample`
uses. Shapes: B rows, T steps, C the shape of one step ([] for tokens), H units
of the net's output, E features, P pitches, V voices, K hidden units of the head.
Logits are float32 whatever the `dtype` of the matmuls.
"""

from musiczoo.nn.heads.bernoulli import Bernoulli
from musiczoo.nn.heads.categorical import Categorical
from musiczoo.nn.heads.controls import Controls, filter_logits
from musiczoo.nn.heads.gaussian import Gaussian
from musiczoo.nn.heads.nade import NADE
from musiczoo.nn.heads.voices import Voices

HEADS = {
  'bernoulli': Bernoulli,
  'categorical': Categorical,
  'voices': Voices,
  'nade': NADE,
  'gaussian': Gaussian,
}

__all__ = [
  'Bernoulli',
  'Categorical',
  'Controls',
  'Gaussian',
  'HEADS',
  'NADE',
  'Voices',
  'filter_logits',
]
