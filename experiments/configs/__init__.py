"""Configs: runnable notes, one file per corpus, one variant per model."""
