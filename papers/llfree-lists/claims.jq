# SPDX-License-Identifier: MIT
# Growth by harts, simulated; one hart alone, on the host.
include "lib";

bench as $all |
def list($variant): $all | of_run("lists") | of_variant($variant) | by_harts(ns("op"));
def design($workload; $phase): $all | of_run("design") | of_variant("lockfree") | map(select(.workload == $workload)) | by_harts(ns($phase));
def growth: at(26) / at(1);

def l3:
  [(design("bulk"; "alloc"), design("rand"; "alloc"), design("repeat"; "pair")) | growth] as $times |
  verdict("L3"; "sim"; $times | all(. <= 1.2); "bulk \($times[0] | short), rand \($times[1] | short), repeat \($times[2] | short)";
    "one of them grows by more than 1.2 times");

# Lists and bench are runs of their own, one behind the other: each keeps its undisturbed repeats.
def alone($run; $variant; $phase):
  $all | of_run($run) | undisturbed | of_variant($variant) | if . == [] then null else map(ns($phase)) | median end;
def l5:
  alone("alone-lists"; "own-lists"; "op") as $own | alone("alone-lists"; "cas-list"; "op") as $cas |
  alone("alone-lists"; "locked-list"; "op") as $locked | alone("alone"; "lockfree,magazine=0,run-magazine=0"; "alloc") as $design |
  alone("alone"; "lockfree"; "alloc") as $magazines |
  if [$own, $design] | any(. == null) then cannot("L5"; "one hart alone was not run on a host; simulated harts say nothing of it") else
  verdict("L5"; "host"; $own < ([$cas, $locked] | min) and ([$cas, $locked] | max) < $design and $locked <= 1.5 * $cas;
    "list of one's own \($own | short), by CAS \($cas | short), locked \($locked | short); lockfree without magazines \($design | short), with them \($magazines | short) ns";
    "the order is another") end;

def l6:
  [("locked-list", "cas-list") | list(.) | at(2) / at(1)] as $times |
  verdict("L6"; "sim"; $times | all(. >= 3); "locked list \($times[0] | short) times, list by CAS \($times[1] | short)";
    "less than 3 times");

def l7:
  design("rand"; "free") as $free | ($free | growth) as $times | (design("repeat"; "pair") | growth) as $least |
  (list("cas-list") | growth) as $most | ($free | map(select(.x >= 4)) | xy | exponent) as $exponent |
  verdict("L7"; "sim"; $times > $least and $times < $most and $exponent < 0.5;
    "\($times | short) times from 1 to 26 harts (repeat \($least | short), list by CAS \($most | short)); exponent \($exponent | short)";
    "out of its bounds");

"this build has no simulated harts" as $none |
if $all | of_run("design") == [] or ($all | of_run("lists") == []) then
  [cannot("L3"; $none), l5, (("L6", "L7") | cannot(.; $none))]
else [l3, l5, l6, l7] end
