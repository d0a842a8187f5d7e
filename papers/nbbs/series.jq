# SPDX-License-Identifier: MIT
# An allocation and its free, against harts; throughput at constant occupancy.
include "lib";

(bench | map(select(.workload != "control" and .variant != "null"))) as $all |
def of($run; $variant): $all | of_run($run) | map(select(.variant | startswith($variant + ",")));
def pair: [.phases[] | (.hart_ns | mean) / .operations] | add;
def bench_curve($panel; $order; $variant; $workload):
  of("benches"; $variant) | of_workload($workload) | map(select(.order == $order)) | by_harts(pair) |
  series($variant; "\($panel)-\($workload)"; "measured"; "sim, epyc-2socket") | shows($variant; "sim");
def pairs_per_us($percent): .harts * 1000 / (ns("alloc \($percent)%") + ns("free \($percent)%"));
def occupancy($variant; $percent):
  of("occupancy"; $variant) | by_harts(pairs_per_us($percent)) |
  series($variant; "occupancy-\($percent)"; "measured"; "sim, epyc-2socket") | shows($variant; "sim");

{
  series: ([
    (("baseline", "lockfree") as $variant |
      (("repeat", "bulk", "rand") as $workload |
        bench_curve("frames"; 0; $variant; $workload), bench_curve("runs"; 4; $variant; $workload)),
      (50, 90, 99) as $percent | occupancy($variant; $percent))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "ns of an allocation and its free: under the lock, and without",
    columns: ["workload", "frames", "harts", "baseline", "lockfree", "ratio"],
    rows: [("benches", "shared") as $run | $all | of_run($run) | group_by([.workload, .order, .harts])[] |
      [("baseline", "lockfree") as $v | map(select(.variant | startswith($v + ",")) | pair) | select(. != []) | median] as $times |
      select($times | length == 2) | [.[0].workload, pow(2; .[0].order), .[0].harts] + ($times | map(short)) + [$times[0] / $times[1] | short]]
  }]
}
