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
def measured($name; $panel; $source; $thing; $platform): select(. != []) | series($name; $panel; "measured"; $source) | shows($thing; $platform);
def pub($name; $panel; $thing): series($name + ", published"; $panel; "published"; "Huang Ying") | shows($thing);

# Of the host only what was not disturbed.
def rows($run; $unit):
  ("rand", "bulk") as $workload | holds($run; $workload; page) | select(. != []) | . as $points |
  [$run, $unit, $workload] + ([63, 127, 255, 511, 1023, 2047] | map(. as $batch | $points | at($batch) | if . == null then "–" else short end));

{
  series: ([
    ((["Sapphire Rapids", "baseline"], ["Cascade Lake", "linux-other-machine"]) as $m |
      published($published; "\($m[0]) pages") | with_spread | percent_of_first | pub($m[0]; "pages"; $m[1])),
    (("sim", "host") as $p | pages($p + "-pages") | percent_of_first | measured("baseline" + ($p | where); "pages"; $p + ", 1 hart"; "baseline"; $p)),
    ((["alloc", "", "baseline"], ["p99", ", 99th percentile", "baseline-p99"]) as $w |
      published($published; "Sapphire Rapids \($w[0])") | with_spread | times_first | pub("Sapphire Rapids\($w[1])"; "hold"; $w[2])),
    (("sim", "qemu", "host") as $p |
      (holds($p + "-hold"; "rand"; refill) | times_first | measured("baseline\($p | where)"; "hold"; $p + ", rand, 1 hart"; "baseline"; $p)),
      (select($p == "qemu") |
        (holds("qemu-hold"; "rand"; .counts.take_hold_p99) | times_first | measured("the same, 99th percentile"; "hold"; "qemu, rand, 1 hart"; "baseline-p99"; $p)),
        (holds("qemu-hold"; "bulk"; refill) | times_first | measured("the same, neighbours"; "hold"; "qemu, bulk, 1 hart"; "baseline-neighbours"; $p)))),
    ($all | of_run("linux") | by(((.variant | capture("pcp=(?<n>[0-9]+)") | .n | tonumber) / 4); .phases[0].operations as $n | .functions.rmqueue_bulk / $n) |
      map(.x as $batch | .y *= $batch | .low *= $batch | .high *= $batch) | times_first | measured("Linux 6.1, QEMU"; "hold"; "qemu, aarch64, rand, 1 hart: instructions of rmqueue_bulk"; "linux-other-machine"; "qemu")),
    ((["V2", "linux-earlier"], ["V3", "baseline"]) as $v | published($published; $v[0]) | pub("kernel build, \($v[0] | ascii_downcase)"; "waits"; $v[1])),
    (waits | measured("baseline, zeroed, 4 harts, simulated"; "waits"; "sim, 4 harts, zeroed"; "baseline"; "sim")),
    ([63, 2047] | map({x: ., y: (. / 63)}) | series("in proportion"; "hold"; "model"; "batch / 63") | shows("model"))
  ]),
  tables: [{
    title: "How long a refill holds the lock, for each frame, by frames a batch",
    columns: ["run", "unit", "workload", "63", "127", "255", "511", "1023", "2047"],
    rows: [rows("host-hold"; "ns"), rows("qemu-hold"; "instructions"), rows("sim-hold"; "simulated ns")]
  }]
}
