# SPDX-License-Identifier: MIT
# Time against time of the same workload, order and harts; growth at constant occupancy.
include "lib";

(bench | map(select(.workload != "control" and .variant != "null"))) as $all |
def pair: [.phases[] | (.hart_ns | mean) / .operations] | add | number;
def at_occupancy($percent): ns("alloc \($percent)%") + ns("free \($percent)%");
# Rows of one workload, by variant: what names the row, and its time.
def rows:
  ($all[] | select(.run == "benches" or .run == "shared") | {key: [.workload, .order, .harts], harts, variant, time: pair}),
  ($all | of_run("occupancy")[] | (10, 50, 90) as $percent |
    {key: ["fill \($percent)%", 0, .harts], harts, variant, time: at_occupancy($percent)});
def ratio: [("baseline", "lockfree") as $v | map(select(.variant | startswith($v + ",")) | .time) | median] | .[0] / .[1];
def ratios: [rows | select(.harts >= 8)] | group_by(.key) | map({place: (.[0].key | "\(.[0]), order \(.[1]), \(.[2]) harts"), ratio: ratio});
# Harts and throughput; and what a doubling of the harts makes of it.
def throughput($run; $percent):
  $all | of_run($run) | map(select(.variant | startswith("lockfree,"))) | by_harts(.harts * 1000 / at_occupancy($percent)) | xy;
def steps($run): [(10, 50, 90) | throughput($run; .) | . as $p | range(1; length) | pow($p[.][1] / $p[. - 1][1]; 1 / ($p[.][0] / $p[. - 1][0] | log2))];

[claim("N1"; "sim"; ratios as $ratios |
   quantity("baseline over lockfree, least"; $ratios | min_by(.ratio).place; $ratios | map(.ratio) | least),
   (({"occupancy": "128 MiB", "occupancy-256": "256 MiB"} | to_entries[] | select(.key as $run | any($all[]; .run == $run))) as $run |
    quantity("throughput of twice the harts, least"; $run.value; steps($run.key) | least)))]
