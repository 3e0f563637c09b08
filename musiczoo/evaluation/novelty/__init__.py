"""Novelty: what of new pieces occurs in the training pieces."""

from musiczoo.evaluation.novelty.copies import find_copies, WINDOWS

__all__ = ['WINDOWS', 'find_copies']
