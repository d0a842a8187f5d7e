# SPDX-License-Identifier: MIT
# Speed-ups and throughputs, simulated; and what goes through the lock, counted.
include "lib";

bench as $all |
def of($run; $workload): $all | of_run($run) | of_workload($workload);
def speed_up($run; chosen): of($run; $run) | map(select(.variant | chosen)) | by_harts(ns("pair")) | 14 * at(1) / at(14);
def one_lock: contains("lock=ticket");
def time($variant; $workload; $phase): of("sides"; $workload) | of_variant($variant) | of_harts(64) | some_records | map(ns($phase)) | median;
def kept($variant): time($variant; "burst"; "of 32") / time($variant; "pipe"; "pair producers=50%");
def passed_on($workload):
  of("few"; $workload) | of_variant("baseline") | some_records | map((.counts.spill_frames | number) / .harts / .phases[1].operations) | most;

[claim("H1"; "sim";
   quantity("speed-up at 14 harts, lockfree"; speed_up("threadtest"; . == "lockfree")),
   quantity("speed-up at 14 harts, one lock"; speed_up("threadtest"; one_lock))),
 claim("H2"; "sim";
   quantity("speed-up at 14 harts, lockfree"; speed_up("larson"; . == "lockfree")),
   quantity("speed-up at 14 harts, one lock"; speed_up("larson"; one_lock))),
 claim("S1"; "sim"; quantity("producers and consumers over symmetric, baseline"; kept("baseline"))),
 claim("S2"; "sim"; quantity("producers and consumers over symmetric, lockfree"; kept("lockfree"))),
 claim("W1"; "sim";
   quantity("passed on, each frees its own"; passed_on("bulk")),
   quantity("passed on, one frees all, purge"; passed_on("purge")),
   quantity("passed on, one frees all, exit"; passed_on("exit")))]
