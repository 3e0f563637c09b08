"""The command line: `python -m experiments.train --help`, and its siblings."""
