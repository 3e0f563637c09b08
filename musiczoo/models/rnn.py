"""RNN, LSTM and GRU: a recurrent net under a head -> a Model."""

from flax import linen as nn
import jax.numpy as jnp

from musiczoo.errors import UserError
from musiczoo.models.autoregressive import autoregressive
from musiczoo.models.model import Model
from musiczoo.music.spec import Spec
from musiczoo.nn.conditioning import Conditioning
from musiczoo.nn.recurrent import Recurrent


def recurrent(cell: str):
  """Returns the family of a cell, a function of the numbers in its config."""

  def family(
      spec: Spec,
      head: nn.Module,
      *,
      hidden: int,
      layers: int,
      residual: bool = False,
      dropout: float = 0.0,
      conditions: Conditioning = Conditioning(),
      dtype: str = 'float32',
      remat: bool = False,
  ) -> Model:
    """A stack of recurrent layers that hears the past and feeds the head.

    Args:
      spec: what x is.
      head: what is predicted of each step.
      hidden: units per layer.
      layers: how many layers.
      residual: layers above the first add to what is below them.
      dropout: share of units dropped, the same ones at every step of a row.
      conditions: what the net is told beside the past.
      dtype: of the computation; parameters and loss stay float32.
      remat: hear each layer again for its gradient, which takes time and saves
        the memory of its gates.
    """
    if hidden < 1 or layers < 1 or not 0 <= dropout < 1:
      raise UserError(
          f'model.hidden={hidden}, layers={layers}, dropout={dropout}: give '
          'hidden and layers of 1 or more, and a dropout of 0 or more, below 1'
      )
    dtype = jnp.dtype(dtype)
    net = Recurrent(cell, hidden, layers, residual, dropout, dtype, remat)
    return autoregressive(net, head, spec, conditions, dtype)

  return family


rnn, lstm, gru = map(recurrent, ('rnn', 'lstm', 'gru'))
