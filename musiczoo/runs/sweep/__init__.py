"""Sweeps: seeds x a grid of configs -> trials -> a table with tests.

A trial is an ordinary run in a folder of its own, which has its result, and a
lock while it runs. So any number of workers may share the folders, and any of
them may die.
"""
