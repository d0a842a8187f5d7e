# SPDX-License-Identifier: MIT
# Cost and contention: simulated harts. Preemption: the host, by ratios within a run.
include "lib";

bench as $all |
def simulated($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(ns("op"));
def together($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(1000 / per_us("op"));
def fences($run; $scheme): [$all | of_run($run) | of_variant($scheme) | of_harts(1)[] | .events.fences / .events.operations] | median;
def schemes: ["qsbr", "epoch", "hp"];

def r1:
  [schemes[] as $s | simulated("queue"; $s) | at(1)] as $queue | [schemes[] as $s | simulated("read"; $s) | at(1)] as $list |
  (fences("queue"; "epoch") - fences("queue"; "qsbr")) as $a | (fences("read"; "epoch") - fences("read"; "qsbr")) as $b |
  verdict("R1"; "sim"; $queue[0] < $queue[1] and $queue[1] < $queue[2] and $list[0] < $list[2] and $list[2] < $list[1] and ([$a, $b] | all(within(1; 2)));
    "queue: QSBR \($queue[0] | short), EBR \($queue[1] | short), HPBR \($queue[2] | short) ns; list: QSBR \($list[0] | short), HPBR \($list[2] | short), EBR \($list[1] | short) ns; EBR above QSBR by \($a | short) and \($b | short) fences";
    [if $queue[0] < $queue[1] and $queue[1] < $queue[2] then empty else "the queue's order is another" end,
     if $list[0] < $list[2] and $list[2] < $list[1] then empty else "the list's order is another" end,
     if [$a, $b] | all(within(1; 2)) then empty else "not 1 to 2 fences" end] | join("; "));

def r2:
  [schemes[] as $s | simulated("read"; $s) | at(7) / at(1)] as $growth |
  verdict("R2"; "sim"; ($growth | max) <= 1.05;
    "7 harts against 1: QSBR \($growth[0] | short), EBR \($growth[1] | short), HPBR \($growth[2] | short) times";
    "a scheme slows down more than 1.05 times");

def r3:
  [schemes[] as $s | simulated("queue"; $s)] as $points | ($points | map(at(7) / at(1))) as $growth | ($points | map(at(7))) as $at7 |
  (($at7 | max) / ($at7 | min)) as $spread |
  verdict("R3"; "sim"; ($growth | min) >= 4 and $spread <= 1.15;
    "QSBR \($points[0] | at(1) | short) to \($at7[0] | short), EBR \($points[1] | at(1) | short) to \($at7[1] | short), HPBR \($points[2] | at(1) | short) to \($at7[2] | short) ns; spread at 7: \(($spread - 1) * 100 | short) %";
    if ($growth | min) < 4 then "a scheme slows down less than 4 times" else "the slowest is more than 15 % above the fastest" end);

def ratio($run; $harts): (together($run; "epoch") | at($harts)) / (together($run; "hp") | at($harts));
def short_memory($run): $all | of_run($run) | map(select(.harts == 16 * .cores)) | .[0].harts;

def r4:
  short_memory("spin") as $many |
  if $many == null then cannot("R4"; "no run of 16 harts a core on this host") else
    ratio("spin"; $many) as $over | ratio("spin"; 1) as $alone |
    verdict("R4"; "host"; $over >= 20 and $alone <= 1.5;
      "\($many) harts: epoch \(together("spin"; "epoch") | at($many) | short), hp \(together("spin"; "hp") | at($many) | short) ns, \($over | short) times; 1 hart: \($alone | short) times";
      if $over < 20 then "less than 20 times" else "more than 1.5 times with one hart" end)
  end;

def r5:
  short_memory("yield") as $many |
  if $many == null then cannot("R5"; "no run of 16 harts a core on this host") else
    ratio("yield"; $many) as $over |
    verdict("R5"; "host"; $over <= 2;
      "\($many) harts: epoch \(together("yield"; "epoch") | at($many) | short), hp \(together("yield"; "hp") | at($many) | short) ns, \($over | short) times";
      "more than 2 times")
  end;

[if [$all[] | select(.run == "queue")] == [] then ("R1", "R2", "R3") | cannot(.; "this build has no simulated harts") else r1, r2, r3 end, r4, r5]
