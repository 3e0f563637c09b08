"""What families with a latent space are made of.

Shapes: B rows, T steps of a window, E features of a step, H hidden units, P what
a plan says of a step, L dimensions of a code.
"""
