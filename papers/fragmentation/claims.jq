# SPDX-License-Identifier: MIT
# F1 and F2 need no time; F3 is timed on the host where it was run, and on simulated harts.
include "lib";

bench as $counted | ($counted | undisturbed) as $all |
def gain($run; $variant): $counted | of_run($run) | of_variant($variant) | map((.rounds | last | number) - (.rounds[0] | number)) | median * 100;
def moves($run; $variant): $counted | of_run($run) | of_variant($variant) | map(.migrations[9] | number) | median;
def time($run; $phase): $all | of_run("fill-" + $run) | of_variant("lockfree") | map(ns($phase)) | median;
# Where it was run, the host first.
def where($prefix): ("host", "sim") | select(. as $p | any($counted[]; .run == $prefix + $p));
def judge($prefix): [where($prefix), "host"][0];

[claim("F1"; judge("");
   (where("") as $p |
     quantity("free memory in whole chunks, lockfree"; $p; gain($p; "lockfree")),
     quantity("free memory in whole chunks, baseline"; $p; gain($p; "baseline"))),
   quantity("no preference for full chunks, over lockfree"; gain("mechanism"; "lockfree,classes=1") / gain("mechanism"; "lockfree")),
   quantity("free memory in whole chunks, magazines keep all frames"; gain("mechanism"; "lockfree,magazine=2048"))),
 claim("F2"; judge("");
   (where("") as $p | quantity("fewer frames to be moved"; $p; (1 - moves($p; "lockfree") / moves($p; "baseline")) * 100)),
   quantity("frames to be moved, no preference for full chunks over lockfree"; moves("mechanism"; "lockfree,classes=1") / moves("mechanism"; "lockfree")),
   quantity("frames to be moved, magazines keep all frames over lockfree"; moves("mechanism"; "lockfree,magazine=2048") / moves("mechanism"; "lockfree"))),
 claim("F3"; judge("fill-"); where("fill-") as $p |
   quantity("allocation at 90 % over that at 10 %"; $p; time($p; "alloc 90%") / time($p; "alloc 10%")),
   quantity("allocation at 99 % over that at 90 %"; $p; time($p; "alloc 99%") / time($p; "alloc 90%")))]
