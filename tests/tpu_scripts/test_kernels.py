"""Kernels count by their bundles or their bytes, whichever is more."""

import pytest

from tpu_scripts import chips, hlo, kernels

CALL = (
  '  %k = (bf16[4,8,128]{2,1,0:T(8,128)(2,1)S(1)}, /*index=1*/f32[8,128]{1,0}) '
  'custom-call(%a, %b), custom_call_target="tpu_custom_call", '
  'operand_layout_constraints={bf16[4,8,128]{2,1,0}, f32[8,128]{1,0}}'
)
PROGRAM = f'ENTRY %main (a: bf16[4,8,128]) -> bf16[4,8,128] {{\n{CALL}\n}}\n'
TYPE = '(bf16[4,8,128], f32[8,128])'
# As many bytes in a second as cycles.
CHIP = chips.Chip(peak=1.0, bandwidth=1e9, memory=1.0, clock=1e9)


def test_a_kernel_is_known_by_what_it_gives():
  assert kernels.result_type(CALL) == TYPE
  with pytest.raises(ValueError, match='not counted'):
    kernels.cycles(CALL, {'f32[8,128]': 5}, 4, CHIP)


def test_a_kernel_counts_by_bundles_and_by_bytes():
  arrays = 2 * (2 * 4 * 8 * 128 + 4 * 8 * 128)  # Read and written.
  found = kernels.cycles(CALL, {TYPE: 500}, 4, CHIP)
  assert found == {'bundles': 2000, 'bytes': arrays}


def test_a_program_with_a_kernel_is_refused_without_a_count():
  with pytest.raises(ValueError, match='no estimate'):
    hlo.cost(PROGRAM)
  assert hlo.cost(PROGRAM, lambda line: 7).cycles == 7
