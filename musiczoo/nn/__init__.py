"""Layers, recurrent and convolutional nets, and heads, as Linen modules."""
