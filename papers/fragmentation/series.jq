# SPDX-License-Identifier: MIT
# Shares of memory by round, times by how full memory is.
include "lib";

bench as $counted | ($counted | undisturbed) as $all |
def of($run; $variant): of_run($run) | of_variant($variant);
def rounds($run; $variant):
  $counted | of($run; $variant) | map(.rounds | to_entries | map(select(.key == 0 or (.key + 1) % 10 == 0)) | .[]) |
  group_by(.key) | map({x: (.[0].key + 1), y: (map(.value * 100) | median)});
def moves($run; $variant):
  $counted | of($run; $variant) | map(.counts.frames_total as $frames | .migrations // [] | to_entries | map(select(.key == 0 or (.key + 1) % 10 == 0) | .value |= . / $frames) | .[]) |
  group_by(.key) | map({x: (.[0].key + 1), y: (map(.value * 100) | median)});
def filling($run; $name):
  $all | of($run; "lockfree") | [10, 50, 90, 99] as $levels | select(length > 0) |
  . as $records | $levels | map(. as $level | {x: $level, y: ($records | map(ns("\($name) \($level)%")) | median)});
def printed($panel; $name; $title; $thing): printed($published; $name; $title; $panel; "LLFree artefact"; $thing);
def variants: "lockfree", "baseline";

{
  series: ([
    printed("rounds"; "LLFree"; "LLFree (50 % free)"; "lockfree"), printed("rounds"; "Linux"; "Linux"; "baseline"),
    printed("moves"; "LLFree moves"; "LLFree"; "lockfree"), printed("moves"; "Linux moves"; "Linux"; "baseline"),
    (variants as $v | ("host", "sim") as $run |
      (rounds($run; $v) | series($v + ($run | where); "rounds"; "measured"; $run + ", 55 % free") | shows($v; $run)),
      (moves($run; $v) | series($v + ($run | where); "moves"; "measured"; $run + ", 55 % free") | shows($v; $run))),
    (("alloc", "free") as $name | printed("filling-" + $name; "LLFree " + $name; "LLFree"; "lockfree"),
      (("host", "sim") as $p | filling("fill-" + $p; $name) |
        series("lockfree" + ($p | where); "filling-" + $name; "measured"; $p) | shows("lockfree"; $p)))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "What the mechanism is worth: 512 MiB, two harts, each of which exchanges 2949 frames a round and has two magazines",
    columns: ["variant", "free whole chunks gained in 100 rounds, % of memory", "frames to be moved after 10"],
    rows: [("lockfree", "lockfree,classes=1", "lockfree,magazine=512", "lockfree,magazine=2048") as $v |
      $counted | of("mechanism"; $v) | select(length > 0) |
      [$v, (map((.rounds | last) - .rounds[0]) | median * 100 | short), (map(.migrations[9]) | median | short)]]
  }]
}
