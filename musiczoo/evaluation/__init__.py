"""Evaluation: likelihoods, baselines, sample metrics, novelty, significance."""
