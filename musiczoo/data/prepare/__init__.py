"""A folder or archive of any music -> a dataset: safe, in order, counted."""

from musiczoo.data.prepare.engines import ENGINES, FileLimits
from musiczoo.data.prepare.prepare import prepare, REJECTED, Watch

__all__ = ['FileLimits', 'ENGINES', 'prepare', 'REJECTED', 'Watch']
