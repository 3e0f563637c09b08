"""Figures of a model: likelihood, baselines, sample metrics, novelty."""
