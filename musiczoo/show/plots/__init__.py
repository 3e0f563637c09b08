"""Plots of music and of runs."""
