# SPDX-License-Identifier: MIT
# F1 needs no time; F3 is judged on the host where it was run, and on simulated harts.
include "lib";

(bench | undisturbed) as $all |
def gain($run; $variant): $all | of_run($run) | of_variant($variant) | map((.rounds | last) - .rounds[0]) | if . == [] then null else median * 100 end;
def time($run; $phase): $all | of_run($run) | of_variant("lockfree") | if . == [] then null else map(ns($phase)) | median end;

def f1:
  [("host", "sim") | {run: ., ours: gain(.; "lockfree"), lists: gain(.; "baseline")} | select(.ours != null)] as $gains |
  if $gains == [] then cannot("F1"; "nothing was run") else
  verdict("F1"; $gains[0].run; $gains | all(.ours >= 40 and .lists <= 1);
    $gains | map("\(.run): lockfree \(.ours | short) %, baseline \(.lists | short) %") | join("; ");
    "less than 40 % by lockfree, or more than 1 % by baseline") end;

def f3:
  [("host", "sim") | . as $run | {run: $run, low: time("fill-\($run)"; "alloc 10%"), high: time("fill-\($run)"; "alloc 90%"), full: time("fill-\($run)"; "alloc 99%")} |
    select(.low != null)] as $times |
  if $times == [] then cannot("F3"; "nothing was run") else
  verdict("F3"; $times[0].run; $times | all(.high <= 2 * .low and .full > .high);
    $times | map("\(.run): \(.low | short), \(.high | short), \(.full | short) ns at 10, 90, 99 %") | join("; ");
    "more than twice at 90 %, or not dearer at 99 %") end;

[f1, cannot("F2"; "framelab has no compaction, so there are no moves to count"), f3]
