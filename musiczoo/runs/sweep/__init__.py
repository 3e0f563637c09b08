"""Seeds x a grid of configs -> trials -> a table and a verdict.

A trial is an ordinary run in a folder of its own. The folder says all: what is
finished, what failed, and by its lock what is being worked at; so any number of
workers may share it, and any of them may die.
"""
