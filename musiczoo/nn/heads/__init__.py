"""Output heads: a net's output -> a distribution over the next step.

A head handles the layout x of one kind of Representation: it embeds x as input
of the net, and maps the output h of the net to a distribution over the next
step. All heads have the same four methods:

  embed(x) -> e: [..., C] -> [..., E], the input of the net.
  log_prob(h, x, prev, keys=None) -> dict of float32 [...], in nats; their sum is
    the log probability of the step x given h and the step before it, `prev`. One
    PRNG key per row, the first axis, turns the head's dropout on, if it has any.
  logits(h, x, prev) -> dict of float32 logits [..., n] of the decisions that
    make up the step x, each given h, `prev` and the decisions before it in x.
    Audio frames have none.
  sample(h, prev, keys, controls) -> x, int32 [B, C]; float32 for frames. One
    PRNG key per row: a row is the same in any batch. `controls.given` and
    `controls.known` are those of this step, [B, C]: a head may condition on
    known cells; the caller sets them.

and two attributes: `kind`, of the Representation, and `controls`, the fields of
Controls that `sample` uses. Shapes: B rows, T steps, C the shape of one step
([] for tokens), H outputs of the net, E features, P pitches, V voices, K hidden
units of the head.
Logits are float32 whatever the `dtype` of the matmuls.
"""

from musiczoo.nn.heads.bernoulli import Bernoulli
from musiczoo.nn.heads.categorical import Categorical
from musiczoo.nn.heads.compound import Compound
from musiczoo.nn.heads.controls import Controls, filter_logits
from musiczoo.nn.heads.gaussian import Gaussian
from musiczoo.nn.heads.nade import NADE
from musiczoo.nn.heads.voices import Voices

HEADS = {
  'bernoulli': Bernoulli,
  'categorical': Categorical,
  'compound': Compound,
  'voices': Voices,
  'nade': NADE,
  'gaussian': Gaussian,
}

__all__ = ['Controls', 'HEADS', 'filter_logits']
