# SPDX-License-Identifier: MIT
# Throughput against run length, and visits to the pool a pair.
include "lib";

(bench | undisturbed) as $all |
def pairs: per_us(.phases[0].name);
def visits: (.counts.global_takes + .counts.global_gives) / operations;
def formula: if . <= 6 then 0 else 2 * ((. - 6) / 3 | ceil) / . end;
def points($run; $variant; $harts; f):
  $all | of_run($run) | map(select(.variant | startswith($variant + ","))) | of_harts($harts) | by(.burst; f);
def number_of_harts: if . == 1 then "1 hart" else "\(.) harts" end;
def size: if . == 1 then "fewest-harts" else "most-harts" end;
def curve($run; $variant; $harts):
  points($run; $variant; $harts; pairs) | series(($harts | number_of_harts) + ($run | where); $variant; "measured"; $run) |
  shows($harts | size; $run);
def printed($name; $title; $harts): printed($published; $name; $title; "baseline"; "perfbook"; $harts | size);

# Throughput of two harts over that of one, by run length: own nodes, and one node for both.
def shared_row($platform):
  (1, 3, 6, 7, 10, 16, 24) as $length |
  [($platform, $platform + "-one-node") as $run | [1, 2] | map(. as $harts | points($run; "baseline"; $harts; pairs) | at($length))] |
  select(any(any(. != null))) | [$platform, $length] + map(if all(. != null) then .[1] / .[0] | short else "–" end);

{
  series: ([
    printed("one thread"; "1 thread"; 1), printed("two threads"; "2 threads"; 2),
    (("sim", "host") as $run | ("baseline", "lockfree") as $variant | (1, 2) as $harts | curve($run; $variant; $harts)),
    (("qemu", "sim") as $run | ("baseline", "lockfree") as $variant | points($run; $variant; 2; visits) |
      series($variant + ($run | where); "visits"; "measured"; $run + ", 2 harts") | shows($variant; $run)),
    ([range(1; 25) | {x: ., y: formula}] | series("2 ⌈(L − 2s) / s⌉ / L"; "visits"; "model"; "s = 3") | shows("model"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "What others' caches keep when an allocation is refused, baseline, simulated: blocks at most, by harts n and p = 2 s = 6 blocks a cache",
    columns: ["harts", "p (n - 1)", "kept, drain=off", "kept, drain=on"],
    rows: [($all | of_run("sim-kept") | map(select(.variant != "null" and .left != null)) | group_by(.harts)[]) as $of | $of[0].harts as $n |
      [$n, 6 * ($n - 1)] + [("off", "on") as $drain | $of | map(select(.knobs | contains("drain=" + $drain)) | .left[]) | max]]
  }, {
    title: "Two harts over one, baseline: frames of a node of one's own, and of one node, where reference counts share cache lines",
    columns: ["platform", "run length", "own nodes", "one node"],
    rows: [shared_row("sim", "host")]
  }]
}
