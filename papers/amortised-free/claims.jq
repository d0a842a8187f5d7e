# SPDX-License-Identifier: MIT
# Ratios of simulated harts: the host's longest call is of whoever was preempted.
include "lib";

bench as $all |
def points($run; f): $all | of_run($run) | by_harts(f);
def longest: .phases[0].latency_ns.max | number;
# At each count of 2 harts and more.
def shorter: points("amortised"; longest) as $one | [points("batch"; longest)[] | select(.x >= 2) | .x as $n | .y / ($one | at($n))];
# Behind a cache, so many freed at once.
def cached: $all | of_run("cached") | map(select(.burst != null and .variant != "null")) | some_records;
def freed($batch): cached | map(select(.burst == $batch)) | some_records;
def cached_ns($batch): freed($batch) | (map(.harts) | max) as $most | of_harts($most) | map(ns(.phases[0].name)) | median;
def visits: .counts | (.global_takes | number) + (.global_gives | number);
def visits($batch): freed($batch) | map(visits / operations) | most;
def gains: points("amortised"; per_us("op")) as $one | [points("batch"; per_us("op"))[] | select(.x >= 2) | .x as $n | ($one | at($n)) / .y];

[claim("E1"; "sim";
   quantity("throughput of the most harts, one each over at once"; gains | some("there is no record of it") | .[-1]),
   quantity("throughput, least of all counts of harts"; gains | least),
   quantity("longest call, at once over one each, least"; shorter | least),
   quantity("longest call, at once over one each, most"; shorter | most)),
 claim("E2"; "sim";
   quantity("throughput of the most harts, one each over 512 at once"; cached_ns(512) / cached_ns(1)),
   quantity("throughput of the most harts, one each over 128 at once"; cached_ns(128) / cached_ns(1)),
   quantity("visits to the lock a pair, 512 at once, most"; visits(512)),
   quantity("visits to the lock a pair, 128 at once, most"; visits(128)),
   quantity("visits to the lock a pair, one each, most"; visits(1)))]
