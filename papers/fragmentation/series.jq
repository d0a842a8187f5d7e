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
def printed($panel; $name): published($published; $name) | series($name; $panel; "published"; "LLFree artefact");

{
  series: ([
    (("host", "sim") as $run | ("baseline", "lockfree") as $v | rounds($run; $v) | series("\($run) \($v)"; "rounds"; "measured"; $run)),
    (("host", "sim") as $run | ("baseline", "lockfree") as $v | moves($run; $v) | series("\($run) \($v) moves"; "moves"; "measured"; $run)),
    (("fill-host", "fill-sim") as $run | ("alloc", "free") as $name | filling($run; $name) |
      series("\($run) \($name)"; "filling"; "measured"; ($run | ltrimstr("fill-")))),
    printed("rounds"; ("LLFree", "Linux")), printed("moves"; ("LLFree moves", "Linux moves")), printed("filling"; ("LLFree alloc", "LLFree free"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "What the mechanism is worth: 512 MiB, two harts, each of which exchanges 2949 frames a round and has two magazines",
    columns: ["variant", "free whole chunks gained in 100 rounds, % of memory", "frames to be moved after 10"],
    rows: [("lockfree", "lockfree,classes=1", "lockfree,magazine=512", "lockfree,magazine=2048") as $v |
      $counted | of("mechanism"; $v) | select(length > 0) |
      [$v, (map((.rounds | last) - .rounds[0]) | median * 100 | short), (map(.migrations[9]) | median | short)]]
  }]
}
