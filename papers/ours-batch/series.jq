# SPDX-License-Identifier: MIT
# A series a batch: by magazine the worst of all traces, in 100 operations; and the time of an operation of rand.
include "lib";

bench as $all |
def cells: $all | map(select(.run == "map" and (.variant | startswith("lockfree"))) |
  . + (.knobs | capture("magazine=(?<magazine>[0-9]+),batch=(?<batch>[0-9]+)") | map_values(tonumber)));
# A burst of L is L allocations and L frees, in one phase.
def work: operations * (if .workload == "burst" then 2 else 1 end);
def accesses: (.counts.global_takes + .counts.global_gives) / work;
def time: (.phases | map(.hart_ns | add) | add) / work;
def by_magazine(f): group_by(.magazine) | map({x: .[0].magazine, y: f});

{
  series: [cells | group_by(.batch)[] | (.[0].batch | tostring) as $batch |
    (by_magazine(100 * (map(accesses) | max)) | series($batch; "accesses"; "measured"; "sim, the worst of all traces") | shows("lockfree"; "sim")),
    (map(select(.workload == "rand")) | by_magazine(map(time) | median) | series($batch; "time"; "measured"; "sim, rand") | shows("lockfree"; "sim"))],
  tables: [{
    title: "Accesses to the global allocator in the worst trace, in percent of the bound: one in a batch of operations",
    columns: ["batch", "magazine 1", "2", "4", "8", "16", "32", "64"],
    rows: [cells | group_by(.batch)[] | . as $cells | [.[0].batch] +
      [(1, 2, 4, 8, 16, 32, 64) as $m | $cells | map(select(.magazine == $m) | 100 * accesses * .batch) | if . == [] then "" else max | short end]]
  }] | map(select(.rows | length > 0))
}
