"""From files to batches: corpora, preparation, caches, batches."""
