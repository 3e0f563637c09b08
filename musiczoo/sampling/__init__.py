"""Sampling: a model's parameters -> arrays -> Scores or audio."""
