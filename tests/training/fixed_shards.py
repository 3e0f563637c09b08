"""python -m tests.training.fixed_shards CASE: the same bits on any devices.

In a process of its own, for the suite's flags switch passes of the compiler off,
and then even equal sums are fused, and so rounded, in one of two ways.
"""

import os
import sys

os.environ['PJRT_NPROC'] = '16'
os.environ['XLA_FLAGS'] = '--xla_force_host_platform_device_count=8'

from tests import families
from tests.training.test_step import trained

if __name__ == '__main__':
  family = families.build(sys.argv[1])
  one, a = trained(family, steps=3, shards=8)
  for mode, devices in ('jit', 2), ('jit', 8), ('pmap', 8):
    many, b = trained(family, mode=mode, devices=devices, steps=3, shards=8)
    families.close(one, many, 0)
    families.close(a, b, 0)
  plain, _ = trained(family, steps=3)
  # Of three steps: the law's 1e-5 is of one, and rounding grows.
  families.close(one, plain, 3e-5)
