"""A folder or archive of any music -> a dataset: safe, in order, counted."""

from musiczoo.ingest.engines import Care, ENGINES
from musiczoo.ingest.prepare import prepare, REJECTED, Watch

__all__ = ['Care', 'ENGINES', 'prepare', 'REJECTED', 'Watch']
