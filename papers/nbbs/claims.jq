# SPDX-License-Identifier: MIT
# Time against time of the same workload, order and harts; growth at constant occupancy.
include "lib";

(bench | map(select(.workload != "control" and .variant != "null"))) as $all |
def pair: [.phases[] | (.hart_ns | mean) / .operations] | add;
def at_occupancy($percent): ns("alloc \($percent)%") + ns("free \($percent)%");
# Rows of one workload, by variant: what names the row, and its time.
def rows:
  ($all | of_run("benches")[] | {key: [.workload, .order, .harts], harts, variant, time: pair}),
  ($all | of_run("occupancy")[] | (10, 50, 90) as $percent |
    {key: ["fill \($percent)%", 0, .harts], harts, variant, time: at_occupancy($percent)});
def ratio: [("baseline", "lockfree") as $v | map(select(.variant | startswith($v + ",")) | .time) | median] | .[0] / .[1];
([rows | select(.harts >= 8)] | group_by(.key) | map({key: .[0].key, ratio: ratio})) as $ratios |
def throughput($percent):
  $all | of_run("occupancy") | map(select(.variant | startswith("lockfree,"))) | by_harts(.harts * 1000 / at_occupancy($percent)) | map(.y);
[(10, 50, 90) | throughput(.)] as $curves |
[if $ratios == [] then cannot("N1"; "this build has no simulated harts") else
  verdict("N1"; "sim";
    all($ratios[]; .ratio >= 1) and all($curves[]; . as $y | all(range(1; length); $y[.] >= $y[. - 1]));
    "8 harts and more: baseline takes \($ratios | map(.ratio) | "\(min | short) to \(max | short)") times as long, least in \($ratios | min_by(.ratio).key | "\(.[0]) of order \(.[1]), \(.[2]) harts"); most harts do \([$curves[] | .[-1] / .[0]] | "\(min | short) to \(max | short)") times what one does at constant occupancy";
    "slower than under the lock, or throughput falls") end]
