"""A folder or archive of any music -> a dataset: safe, in order, counted."""

from musiczoo.data.prepare.engines import Care, ENGINES
from musiczoo.data.prepare.prepare import prepare, REJECTED, Watch

__all__ = ['Care', 'ENGINES', 'prepare', 'REJECTED', 'Watch']
