"""An LSTM layer by cuDNN, on NVIDIA GPUs."""

from jax.experimental import rnn
import jax.numpy as jnp


def layer(x_TxBxD, w_DxGH, u_HxGH, b_PH, state):
  """As of `layer.layer`, of an LSTM without a mask, in float32.

  Sums of products may use TF32, as `jax.default_matmul_precision` says.
  """
  steps, rows, depth = x_TxBxD.shape
  hidden = u_HxGH.shape[0]
  # cuDNN has a second bias, which adds nothing.
  parts = w_DxGH.T, u_HxGH.T, b_PH, jnp.zeros_like(b_PH)
  weights = jnp.concatenate([part.reshape(-1) for part in parts])
  h, c = state
  y_BxTxH, h, c = rnn.lstm(
    jnp.swapaxes(x_TxBxD, 0, 1),
    h[None],
    c[None],
    weights,
    jnp.full(rows, steps, jnp.int32),
    input_size=depth,
    hidden_size=hidden,
    num_layers=1,
    dropout=0.0,
    bidirectional=False,
  )
  return jnp.swapaxes(y_BxTxH, 0, 1), (h[0], c[0])
