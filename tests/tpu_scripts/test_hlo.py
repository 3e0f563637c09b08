"""What is read out of a compiled program: a small one, written by hand."""

import pytest

from tpu_scripts import hlo

# A loop of 128 rounds with one of 4 inside; an estimate stands beside what is
# scheduled, in the form that the TPU's compiler writes.
PROGRAM = """
HloModule jit_step, is_scheduled=true

%add (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  ROOT %sum = f32[] add(%a, %a)
}

%fused (p: bf16[4,256]) -> f32[4,256] {
  ROOT %convert = f32[4,256]{1,0} convert(%p)
}

%inner (p: (s32[], f32[4,256])) -> (s32[], f32[4,256]) {
  %f.1 = f32[4,256]{1,0:T(4,128)S(1)} fusion(%p), kind=kLoop, calls=%fused, backend_config={"window_config":{"estimated_cycles":"10"}}
  ROOT %t = (s32[]{:T(128)}, f32[4,256]{1,0}) tuple(%i, %f.1)
}

%inner_condition (p: (s32[], f32[4,256])) -> pred[] {
  %constant.1 = s32[]{:T(128)} constant(4)
  ROOT %lt.1 = pred[]{:T(512)} compare(%i, %constant.1), direction=LT
}

%body.clone (p: (s32[], f32[4,256])) -> (s32[], f32[4,256]) {
  %f.2 = f32[4,256]{1,0} fusion(%p), kind=kLoop, calls=%fused, backend_config={"window_config":{"estimated_cycles":"100"}}
  ROOT %while.2 = (s32[]{:T(128)}, f32[4,256]{1,0}) while(%t), condition=%inner_condition, body=%inner
}

%condition (p: (s32[], f32[4,256])) -> pred[] {
  %constant.2 = s32[]{:T(128)} constant(128), metadata={op_name="while"}
  ROOT %lt.2 = pred[]{:T(512)} compare(%i, %constant.2), direction=LT, metadata={op_name="lt"}
}

ENTRY %main (x: f32[4,256]) -> f32[4,256] {
  %f.3 = f32[4,256]{1,0} fusion(%x), kind=kLoop, calls=%fused, backend_config={"window_config":{"estimated_cycles":"1000"}}
  %while.1 = (s32[]{:T(128)}, f32[4,256]{1,0:T(4,128)}) while(%tuple), condition=%condition, body=%body.clone
  %all-reduce.1 = (f32[4,256]{1,0:T(4,128)S(1)}, bf16[8]{0}, pred[3]{0}) all-reduce(%f.3, %b, %c), replica_groups={{0,1}}, to_apply=%add, metadata={op_name="all-reduce(x)"}
  ROOT %get = f32[4,256]{1,0} get-tuple-element(%all-reduce.1), index=0
}
"""


def test_a_round_counts_as_often_as_it_runs():
  assert hlo.cost(PROGRAM).cycles == 1000 + 128 * (100 + 4 * 10)


def test_collectives():
  cost = hlo.cost(PROGRAM)
  assert cost.collectives == {'all-reduce': 1}
  assert cost.collective_bytes == 4 * 256 * 4 + 8 * 2 + 3
  assert cost.looped == 0


def test_a_collective_in_a_loop_is_seen_wherever_it_hides():
  reduce = '  %r = f32[4]{0} all-reduce-start(%p), to_apply=%add\n'
  for place in ('%inner (p', '%body.clone (p', '%fused (p'):
    head = PROGRAM.index('{\n', PROGRAM.index(place)) + 2
    cost = hlo.cost(PROGRAM[:head] + reduce + PROGRAM[head:])
    assert cost.looped >= 1, place
  assert cost.collectives == {'all-reduce': 4}  # In each use of the fusion.


def test_both_branches_are_looked_at():
  branch = (
    '  %c = f32[4]{0} conditional(%i, %x), branch_computations={%one, %two}\n'
  )
  more = ''.join(
    f'%{name} (p: f32[4]) -> f32[4] {{\n'
    '  ROOT %g = f32[4]{0} all-gather(%p), dimensions={0}\n}\n\n'
    for name in ('one', 'two')
  )
  head = PROGRAM.index('ENTRY')
  body = PROGRAM.index('{\n', head) + 2
  text = PROGRAM[:head] + more + PROGRAM[head:body] + branch + PROGRAM[body:]
  assert hlo.cost(text).collectives == {'all-gather': 2, 'all-reduce': 1}


def test_a_loop_of_unknown_length_is_refused():
  with pytest.raises(ValueError, match='direction=NE'):
    hlo.cost(PROGRAM.replace('direction=LT', 'direction=NE'))
