"""Outputs and gradients of torch.nn.{RNN,LSTM,GRU} with random weights, as npz.

The tests compare our recurrent layers to it, so that torch need not be
installed where they run. Made by torch 2.13 with

  python benchmarks/golden_torch.py tests/golden/recurrent.npz

Per cell the file holds, under `cell/name`: the weights by torch's names; the
input x [B, T, D] and the states h0, c0 [L, B, H]; the output y and the last h
and c; their cotangents ct_y, ct_h and ct_c; and grad_ of all weights, of x, h0
and c0.
"""

import sys

import numpy as np
import torch

B, T, D, H, L = 2, 5, 3, 4, 2


def golden(cell: str) -> dict[str, np.ndarray]:
  net = getattr(torch.nn, cell)(D, H, L, batch_first=True)
  x = torch.randn(B, T, D, requires_grad=True)
  states = {
    name: torch.randn(L, B, H, requires_grad=True)
    for name in (('h0', 'c0') if cell == 'LSTM' else ('h0',))
  }
  start = tuple(states.values())
  y, last = net(x, start if cell == 'LSTM' else start[0])
  outputs = {'y': y} | dict(
    zip(('h', 'c'), last if cell == 'LSTM' else (last,))
  )
  cotangents = {name: torch.randn_like(out) for name, out in outputs.items()}
  sum((outputs[n] * ct).sum() for n, ct in cotangents.items()).backward()
  inputs = dict(net.named_parameters()) | {'x': x} | states
  arrays = inputs | outputs
  arrays |= {f'ct_{name}': ct for name, ct in cotangents.items()}
  arrays |= {f'grad_{name}': a.grad for name, a in inputs.items()}
  return {f'{cell.lower()}/{n}': a.detach().numpy() for n, a in arrays.items()}


if __name__ == '__main__':
  torch.manual_seed(0)
  np.savez_compressed(
    sys.argv[1], **golden('RNN'), **golden('LSTM'), **golden('GRU')
  )
