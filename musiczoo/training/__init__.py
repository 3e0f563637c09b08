"""The train step, optimizers, devices, loop, checkpoints, journal."""
