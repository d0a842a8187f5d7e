# SPDX-License-Identifier: MIT
# Throughput, hold times and waiting against the batch, each beside the smallest.
include "lib";

(bench | map(select(.variant != "null" and .workload != "control")) | undisturbed) as $all |
def knob($name): .variant | capture("(,|^)" + $name + "=(?<n>[0-9]+)") | .n | tonumber;
def refill: .counts | .take_hold_total / .take_holds;
def spill: .counts | .give_hold_total / .give_holds;
def page: .counts | .take_hold_total / .refill_frames;
def percent_of_first: select(.[0].x == 63) | .[0].y as $first | map(.y = (.y / $first - 1) * 100 | .low = (.low / $first - 1) * 100 | .high = (.high / $first - 1) * 100);
def times_first: select(.[0].x == 63) | .[0].y as $first | map(.y /= $first | .low /= $first | .high /= $first);
def with_spread: map(.low = .y | .high = .y);

def pages($run): $all | of_run($run) | by(knob("batch"); 1 / (ns("alloc") + ns("free")));
def holds($run; $workload; f): $all | of_run($run) | of_workload($workload) | by(knob("batch"); f);
def share: (.phases | map(.hart_ns | add) | add) as $time | .counts.lock_wait_total / $time * 100;
def waits: $all | of_run("sim-waits") | group_by(knob("magazine")) |
  map({refills: (map(.counts.global_takes) | median), share: (map(share) | median)}) |
  .[0].refills as $most | map({x: (100 * .refills / $most), y: .share});
def printed($name): published($published; $name);
def measured($name; $panel; $source): select(. != []) | series($name; $panel; "measured"; $source);
def pub($name; $panel): series($name; $panel; "published"; "Huang Ying");

# Of the host only what was not disturbed.
def rows($run; $unit):
  ("rand", "bulk") as $workload | holds($run; $workload; page) | select(. != []) | . as $points |
  [$run, $unit, $workload] + ([63, 127, 255, 511, 1023, 2047] | map(. as $batch | $points | at($batch) | if . == null then "–" else short end));

{
  series: ([
    ("sim", "host") as $p | pages($p + "-pages") | percent_of_first | measured("\($p) pages"; "pages"; $p + ", 1 hart")
  ] + [
    (("Sapphire Rapids", "Cascade Lake") as $m | printed("\($m) pages") | with_spread | percent_of_first | pub("\($m) pages"; "pages")),
    (("sim", "qemu", "host") as $p |
      (holds($p + "-hold"; "rand"; refill) | times_first | measured("refills \($p)"; "hold"; $p + ", rand, 1 hart")),
      (holds($p + "-hold"; "rand"; spill) | times_first | measured("spills \($p)"; "hold"; $p + ", rand, 1 hart")),
      (holds($p + "-hold"; "bulk"; refill) | times_first | measured("neighbours \($p)"; "hold"; $p + ", bulk, 1 hart")),
      (holds($p + "-hold"; "rand"; .counts.take_hold_p99) | times_first | measured("p99 \($p)"; "hold"; $p + ", rand, 1 hart"))),
    (("alloc", "p99") as $w | printed("Sapphire Rapids \($w)") | with_spread | times_first | pub("Sapphire Rapids \($w)"; "hold")),
    ([63, 2047] | map({x: ., y: (. / 63)}) | series("proportional"; "hold"; "model"; "batch / 63")),
    (("V2", "V3") as $v | printed($v) | pub($v; "waits")),
    (waits | measured("sim waits"; "waits"; "sim, 4 harts, zeroed"))
  ]),
  tables: [{
    title: "How long a refill holds the lock, for each frame, by frames a batch",
    columns: ["run", "unit", "workload", "63", "127", "255", "511", "1023", "2047"],
    rows: [rows("host-hold"; "ns"), rows("qemu-hold"; "instructions"), rows("sim-hold"; "simulated ns")]
  }]
}
