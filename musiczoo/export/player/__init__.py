"""What play.py is made of: functions that need NumPy and mido, and a backend.

`compose` takes the source of those that a model needs; the same functions are
here to be tested.
"""
