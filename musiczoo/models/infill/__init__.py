"""Infill: an orderless model of voices."""
