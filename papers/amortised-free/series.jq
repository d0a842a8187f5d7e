# SPDX-License-Identifier: MIT
# Medians over repeats: the longest call that retires, and throughput, by harts and by the size of a bag.
include "lib";

bench as $all |
def ways: [["batch", "a bag at once", "free-at-once"], ["amortised", "one an operation", "free-amortised"]][];
def worst: .phases[0].latency_ns.max;
def points($run; f): $all | of_run($run) | of_variant("epoch") | by_harts(f);
def bag: .knobs | capture("bag=(?<n>[0-9]+)").n | tonumber;
def bags($way): $all | map(select(.run == $way or .run == "\($way)-16" or .run == "\($way)-512")) | of_harts(8) | by(bag; worst);

def curve_rows:
  [ways[0] as $w | points($w; worst)] as $worst | [ways[0] as $w | points($w; per_us("op"))] as $rate |
  $worst[0][] | .x as $n | [$worst[] | at($n)] as $w | [$rate[] | at($n)] as $r | select($w + $r | all(. != null)) |
  [$n, ($w[0] | short), ($w[1] | short), ($w[0] / $w[1] | short), ($r[0] | short), ($r[1] | short), ($r[1] / $r[0] | short)];

def scheme_rows:
  ("qsbr", "epoch", "hp") as $s |
  [ways[0] as $w | $all | map(select((.run == $w or .run == "\($w)-three") and .variant == $s)) | of_harts(16) | select(length > 0) |
    {worst: (map(worst) | median), rate: (map(per_us("op")) | median)}] | select(length == 2) |
  [$s] + (map(.worst) | map(short)) + (map(.rate) | map(short));

def host_rows:
  (1, 2) as $n |
  [ways[0] as $w | $all | of_run("\($w)-host") | of_harts($n) | select(length > 0) |
    {tail: (map(.phases[0].latency_ns["p99.9"]) | median), rate: (map(per_us("op")) | median)}] | select(length == 2) |
  [$n] + (map(.tail) | map(short)) + (map(.rate) | map(short));

# Behind a hart's cache, two magazines of 64 before a queued lock: time of a pair, and visits to the lock.
def cached: $all | of_run("cached") | map(select(.burst != null and .variant != "null"));
def cached_ns($harts; $batch): cached | of_harts($harts) | map(select(.burst == $batch)) | if . == [] then null else map(ns(.phases[0].name)) | median end;
def visits: (.counts.global_takes + .counts.global_gives) / operations;
def cached_rows:
  (cached | map(.harts) | unique[]) as $n |
  [$n] + [(1, 128, 512) as $batch | cached_ns($n; $batch) | short] +
  [(1, 128, 512) as $batch | cached | of_harts($n) | map(select(.burst == $batch) | 1000 * visits) | median | short];

{
  series: ([
    (ways as $w | points($w[0]; worst) | series($w[1]; "worst"; "measured"; "sim, epyc-2socket, epoch") | shows($w[2]; "sim")),
    (ways as $w | points($w[0]; per_us("op")) | series($w[1]; "throughput"; "measured"; "sim, epyc-2socket, epoch") | shows($w[2]; "sim")),
    (ways as $w | bags($w[0]) | series($w[1]; "bags"; "measured"; "sim, epyc-2socket, epoch, 8 harts") | shows($w[2]; "sim"))
  ] | map(select(.x | length > 0))),
  tables: [
    {
      title: "Epoch, bags of 128, simulated (epyc-2socket): longest call in ns, operations in a microsecond",
      columns: ["harts", "longest, at once", "longest, one each", "shorter by", "rate, at once", "rate, one each", "gain"],
      rows: [curve_rows]
    },
    {
      title: "Schemes, 16 harts, bags of 128, the same",
      columns: ["scheme", "longest, at once", "longest, one each", "rate, at once", "rate, one each"],
      rows: [scheme_rows]
    },
    {
      title: "With a cache between: 1, 128, 512 frames allocated, then freed, simulated (epyc-2socket), baseline, two magazines of 64 a hart before a queued lock",
      columns: ["harts", "ns a pair, freed 1 at a time", "128", "512", "visits to the lock in 1000 pairs, 1", "128", "512"],
      rows: [cached_rows]
    },
    {
      title: "Epoch, bags of 128, this host: p99.9 of calls in ns (of 1000 calls 7.8 free a bag), operations in a microsecond with each call timed",
      columns: ["harts", "p99.9, at once", "p99.9, one each", "rate, at once", "rate, one each"],
      rows: [host_rows]
    }
  ]
}
