"""Stacked recurrent layers, RNN, LSTM and GRU, with a custom gradient.

Shapes: T steps, B rows, D inputs, H hidden units; G gates, each with its own
matrix for the input or the state; P pre-activations.
"""

from musiczoo.nn.recurrent.cells import CELLS
from musiczoo.nn.recurrent.net import Recurrent

__all__ = ['CELLS', 'Recurrent']
