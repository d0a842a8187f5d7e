# SPDX-License-Identifier: MIT
# F1 and F2 need no time; F3 is judged on the host where it was run, and on simulated harts.
include "lib";

bench as $counted | ($counted | undisturbed) as $all |
def gain($run; $variant): $counted | of_run($run) | of_variant($variant) | map((.rounds | last) - .rounds[0]) | if . == [] then null else median * 100 end;
def moves($run; $variant): $counted | of_run($run) | of_variant($variant) | map(.migrations[9]) | if . == [] then null else median end;
def time($run; $phase): $all | of_run($run) | of_variant("lockfree") | if . == [] then null else map(ns($phase)) | median end;

def f1:
  [("host", "sim") | {run: ., ours: gain(.; "lockfree"), lists: gain(.; "baseline")} | select(.ours != null and .lists != null)] as $gains |
  if $gains == [] then cannot("F1"; "nothing was run") else
  verdict("F1"; $gains[0].run; $gains | all(.ours >= 40 and .lists <= 1);
    $gains | map("\(.run): lockfree \(.ours | short) %, baseline \(.lists | short) %") | join("; ");
    "less than 40 % by lockfree, or more than 1 % by baseline") end;

def f2:
  [("host", "sim") | {run: ., ours: moves(.; "lockfree"), lists: moves(.; "baseline")} | select(.ours != null and .lists != null)] as $moves |
  if $moves == [] then cannot("F2"; "nothing was run") else
  verdict("F2"; $moves[0].run; $moves | all(.ours <= 0.5 * .lists);
    $moves | map("\(.run): \((1 - .ours / .lists) * 100 | short) % fewer (\(.ours | short) in place of \(.lists | short))") | join("; ");
    "less than 50 % fewer by lockfree") end;

def f3:
  [("host", "sim") | . as $run | {run: $run, low: time("fill-\($run)"; "alloc 10%"), high: time("fill-\($run)"; "alloc 90%"), full: time("fill-\($run)"; "alloc 99%")} |
    select(.low != null)] as $times |
  if $times == [] then cannot("F3"; "nothing was run") else
  verdict("F3"; $times[0].run; $times | all(.high <= 2 * .low and .full > .high);
    $times | map("\(.run): \(.low | short), \(.high | short), \(.full | short) ns at 10, 90, 99 %") | join("; ");
    "more than twice at 90 %, or not more expensive at 99 %") end;

[f1, f2, f3]
