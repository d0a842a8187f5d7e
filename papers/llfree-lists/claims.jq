# SPDX-License-Identifier: MIT
# Growth by harts, simulated.
include "lib";

bench as $all |
def list($variant): $all | of_run("lists") | of_variant($variant) | by_harts(ns("op"));
def design($workload; $phase): $all | of_run("design") | of_variant("lockfree") | map(select(.workload == $workload)) | by_harts(ns($phase));
def growth: at(26) / at(1);

def l3:
  [(design("bulk"; "alloc"), design("rand"; "alloc"), design("repeat"; "pair")) | growth] as $times |
  verdict("L3"; "sim"; $times | all(. <= 1.2); "bulk \($times[0] | short), rand \($times[1] | short), repeat \($times[2] | short)";
    "one of them grows by more than 1.2 times");

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

if $all | of_run("design") == [] or ($all | of_run("lists") == []) then
  [("L3", "L5", "L6", "L7") | cannot(.; "this build has no simulated harts")]
else [l3, cannot("L5"; "there is no list of one hart's own here, and simulated harts say nothing of one alone"), l6, l7] end
