"""Families with a latent space: autoencoder and vae.

Shapes: B rows, T steps of a window, E features of a step, H hidden units, P
features of a step decoded from the latent, L dimensions of a latent.
"""
