"""Music and runs as pictures."""
