"""musiczoo: a JAX, accelerator-first model zoo for music generation."""

__version__ = '0.1.0'
