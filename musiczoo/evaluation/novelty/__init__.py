"""What of new music is copied from the training pieces, and from where."""

from musiczoo.evaluation.novelty.copies import reports, WINDOWS

__all__ = ['reports', 'WINDOWS']
