"""Eight fake devices for every test, and folders that no test shares."""

import os

# Before jax starts: two steps in flight on eight devices need their threads.
os.environ['PJRT_NPROC'] = '16'
os.environ['JAX_PLATFORMS'] = 'cpu'

import jax  # noqa: E402

jax.config.update('jax_num_cpu_devices', 8)
