"""From parameters to arrays to Scores."""
