"""A run on disk: training, resuming, repeating, sweeping, packing."""
