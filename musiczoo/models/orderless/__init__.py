"""Orderless: a model of voices in any order."""
