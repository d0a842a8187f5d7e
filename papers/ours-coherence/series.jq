# SPDX-License-Identifier: MIT
# Events of an operation, and the slowest hart's share of the fastest's throughput, by harts; medians over repeats.
include "lib";

bench as $all |
def noun: {"0": "frames", "9": "chunks"}[.order | tostring];
def of($size; $variant; $workload):
  $all | map(select(.events != null and (.run == "frames" or .run == "chunks") and noun == $size and
                    (.variant | startswith($variant)) and .workload == $workload));
def an_operation($event): .events | .[$event] / .operations;
# All of a hart's operations, both phases, by the time that it took.
def fairness: [.phases[].hart_ns] | transpose | map(add) | min / max;
def curve($size; $variant; $workload; $what; f):
  of($size; $variant; $workload) | by_harts(f) | select(length > 0) |
  series("\($variant), freed by \(if $workload == "rand" then "others (rand)" else "its own (bulk)" end)";
    "\($what)-\($size)"; "measured"; "sim") | shows($variant + if $workload == "rand" then "-others" else "" end; "sim");
# What a claim allows, as a line.
def limit($size; $what; $name; $y):
  [$all[] | select(.run == $size) | .harts] | select(length > 0) | [min, max] | map({x: ., y: $y}) |
  series($name; "\($what)-\($size)"; "model"; "the claim") | shows("model");

{
  series: ([
    ("frames", "chunks") as $size | ("baseline", "lockfree") as $variant | ("bulk", "rand") as $workload |
    curve($size; $variant; $workload; "transfers"; an_operation("transfers")),
    curve($size; $variant; $workload; "retries"; 1000 * an_operation("cas_failures")),
    curve($size; $variant; $workload; "fairness"; fairness)
  ] + [
    ("frames", "chunks") as $size | limit($size; "retries"; "U6: at most 1, bulk"; 1), limit($size; "fairness"; "U7: at least 0.7"; 0.7)
  ]),
  tables: [{
    title: "At the most harts of each",
    columns: ["size", "variant", "workload", "harts", "transfers an operation", "failed CAS in 1000", "slowest over fastest"],
    rows: [("frames", "chunks") as $size | ("baseline", "lockfree") as $variant | ("bulk", "rand") as $workload |
      of($size; $variant; $workload) | select(length > 0) | (map(.harts) | max) as $harts | of_harts($harts) |
      [$size, $variant, $workload, $harts, (map(an_operation("transfers")) | median | short),
       (map(1000 * an_operation("cas_failures")) | median | short), (map(fairness) | median | short)]]
  }, {
    title: "What each mechanism is worth: without it, at the most harts",
    columns: ["size", "workload", "harts", "variant", "transfers an operation", "failed CAS in 1000", "slowest over fastest", "ns"],
    rows: [("mechanism-frames", "mechanism-chunks") as $run | ("bulk", "rand") as $workload |
      $all | of_run($run) | of_workload($workload) | map(select(.variant != "null")) |
      select(length > 0) | (map(.harts) | max) as $harts | of_harts($harts) | sort_by(.variant | length)[] |
      [noun, $workload, $harts, .variant, (an_operation("transfers") | short), (1000 * an_operation("cas_failures") | short), (fairness | short),
       ([.phases[] | (.hart_ns | mean) / .operations] | add | short)]]
  }]
}
