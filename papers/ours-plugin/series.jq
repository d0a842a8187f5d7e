# SPDX-License-Identifier: MIT
# Transfers of an operation, and waits for the lock in a thousand, by harts, as plugin and simulator count them.
include "lib";

bench as $all |
def noun: {"0": "frames", "9": "chunks"}[.order | tostring];
def what($by): if $by == "plugin" then .coherence else .events end;
def of($by; $size; $variant; $workload):
  $all | map(select(what($by) != null and noun == $size and .variant == $variant and .workload == $workload));
def transfers($by): what($by) | .transfers / .operations;
def waits($by): 1000 * .counts.lock_waits / (what($by).operations);
# Means: a grace period ends in some of the passes only.
def averaged(f): group_by(.harts) | map({x: .[0].harts, y: (map(f) | mean)});
def platform: {"plugin": "qemu", "sim": "sim"}[.];
def whose: if . == "rand" then "others (rand)" else "its own (\(.))" end;
def in_words: {"plugin": "QEMU", "sim": "simulated"}[.];
def thing($variant; $workload): $variant + if $workload == "rand" then "-others" else "" end;
def curve($by; $panel; $size; $variant; $workload; f):
  of($by; $size; $variant; $workload) | averaged(f) | select(length > 0) |
  series("\($variant), freed by \($workload | whose): \($by | in_words)"; $panel; "measured"; $by | platform) |
  shows(thing($variant; $workload); $by | platform);

{
  series: [
    (("frames", "chunks") as $size | ("baseline", "lockfree") as $variant | ("bulk", "rand") as $workload |
     ("sim", "plugin") as $by | curve($by; $size; $size; $variant; $workload; transfers($by))),
    (("bulk", "rand") as $workload | ("sim", "plugin") as $by | curve($by; "waits"; "chunks"; "baseline"; $workload; waits($by)))
  ],
  tables: [{
    title: "Lines from other harts, of an operation, and waits for the lock in a thousand",
    columns: ["size", "workload", "variant", "harts", "plugin", "simulator", "factor", "waits, plugin", "waits, simulator"],
    rows: [("frames", "chunks") as $size | ("bulk", "rand", "repeat") as $workload | ("baseline", "lockfree") as $variant |
      (of("plugin"; $size; $variant; $workload) | map(.harts) | unique[]) as $harts | select($harts > 1) |
      (of("plugin"; $size; $variant; $workload) | of_harts($harts)) as $plugin |
      (of("sim"; $size; $variant; $workload) | of_harts($harts)) as $sim | select(($sim | length) > 0) |
      ($plugin | map(transfers("plugin")) | mean) as $counted | ($sim | map(transfers("sim")) | mean) as $simulated |
      [$size, $workload, $variant, $harts, ($counted | short), ($simulated | short),
       (if $simulated >= 0.1 then $counted / $simulated | short else "–" end),
       ($plugin | map(waits("plugin")) | mean | short), ($sim | map(waits("sim")) | mean | short)]]
  }]
}
