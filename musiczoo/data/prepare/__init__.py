"""Preparation of datasets from folders or archives of any music files."""

from musiczoo.data.prepare.engines import ENGINES, FileLimits
from musiczoo.data.prepare.prepare import prepare, REJECTED, Watch

__all__ = ['FileLimits', 'ENGINES', 'prepare', 'REJECTED', 'Watch']
