# SPDX-License-Identifier: MIT
# Speed-ups and throughputs by harts, simulated; all loads in a table.
include "lib";

bench as $all |
def of($run; $variant; $workload): $all | of_run($run) | of_variant($variant) | of_workload($workload);
def lock: "baseline,magazine=0,run-magazine=0,lock=ticket";
# Throughput of n harts over that of one alone.
def speed_up($run; $variant; $name; $thing):
  (of($run; $variant; $run) | by_harts(ns("pair"))) as $points | ($points | at(1)) as $alone |
  $points | map({x, y: (.x * $alone / .y), low: (.x * $alone / .high), high: (.x * $alone / .low)}) |
  series($name; $run; "measured"; "sim, xeon-1socket-26c") | shows($thing; "sim");
def speed_ups($run):
  speed_up($run; "lockfree"; "lockfree"; "lockfree"), speed_up($run; "baseline"; "baseline"; "baseline"),
  speed_up($run; lock; "baseline without hart caches"; "baseline-no-cache-ticket"),
  ([{x: 1, y: 1}, {x: 14, y: 14}] | series("linear"; $run; "model"; "") | shows("ideal"));
def throughput($run; $variant; $workload; $phase; $each; $panel; $name; $thing):
  of($run; $variant; $workload) | by_harts($each * per_us($phase)) | series($name; $panel; "measured"; "sim, epyc-2socket") | shows($thing; "sim");
def own_and_others($run; $panel; $own; $others; $each):
  ("lockfree", "baseline") as $variant |
  throughput($run; $variant; $own[0]; $own[1]; $each; $panel; "\($variant), \($own[0])"; $variant),
  throughput($run; $variant; $others[0]; $others[1]; $each; $panel; "\($variant), \($others[0])"; $variant + "-others");
def published_as($name; $title; $panel; $source; $thing): printed($published; $name; $title; $panel; $source; $thing);

{
  series: ([
    published_as("Hoard threadtest"; "heaps for each processor (Hoard)"; "threadtest"; "Hoard, 14 processors"; "lockfree"), speed_ups("threadtest"),
    published_as("Hoard larson"; "heaps for each processor (Hoard)"; "larson"; "Hoard, 14 processors"; "lockfree"),
    published_as("one lock larson"; "one lock, the best"; "larson"; "Hoard, 14 processors"; "baseline-no-cache-ticket"), speed_ups("larson"),
    published_as("owner symmetric"; "sent to owners, symmetric"; "sides"; "snmalloc, 64 threads"; "lockfree"),
    published_as("owner one-sided"; "sent to owners, producers and consumers"; "sides"; "snmalloc, 64 threads"; "lockfree-others"),
    published_as("pool symmetric"; "pool, symmetric"; "sides"; "snmalloc, 64 threads"; "baseline"),
    published_as("pool one-sided"; "pool, producers and consumers"; "sides"; "snmalloc, 64 threads"; "baseline-others"),
    own_and_others("sides"; "sides"; ["burst", "of 32"]; ["pipe", "pair producers=50%"]; 2),
    own_and_others("loads"; "frees"; ["bulk", "free"]; ["exit", "free threads=0"]; 1)
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "Loads of one side on simulated harts (epyc-2socket): ns of an operation; null is the rings and slots alone",
    columns: (["load", "harts"] + ["null", "baseline", "lockfree"]),
    rows: [$all | of_run("loads") | map(select(.workload != "control" and (.harts == 1 or .harts == 8 or .harts == 64))) |
      group_by([.workload, .harts])[] | . as $some | .[0].phases[].name as $phase |
      ["\($some[0].workload) \($phase)", $some[0].harts] +
      [("null", "baseline", "lockfree") as $variant | $some | of_variant($variant) | if . == [] then "" else map(ns($phase)) | median | short end]] | sort
  }]
}
