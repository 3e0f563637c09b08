"""Novelty: what of new pieces occurs in the training pieces."""

from musiczoo.evaluation.novelty.bar_copies import bar_copies
from musiczoo.evaluation.novelty.copies import find_copies, WINDOWS

__all__ = ['WINDOWS', 'bar_copies', 'find_copies']
