"""Families of generative models, each a function that builds a `Model`."""
