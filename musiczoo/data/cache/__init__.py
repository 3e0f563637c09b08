"""Files that are made once and verified: sealed folders, memory maps."""
