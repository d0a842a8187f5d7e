# SPDX-License-Identifier: MIT
# Visits to the global allocator an operation, counted; throughput against harts.
include "lib";

bench as $all |
# By its name: the allocator, M, and whether one magazine is all that it has.
def allocator_of: .variant | split(",") | .[0];
def is_alone: .variant | test("magazines=1");
def magazine: .variant | capture("magazine=(?<m>[0-9]+)") | .m | tonumber;
def singles: if (.phases | length) == 1 then 2 * operations else operations end;
def visits: (.counts.global_takes + .counts.global_gives) / singles;

# Of all harts and repeats of one M the worst: the bound is one on each.
def worst(x; f): group_by(x) | map({x: (.[0] | x), y: (map(f) | max)});
def traced($run; $allocator; $alone; $workload; $name):
  $all | of_run($run) | of_workload($workload) | map(select(allocator_of == $allocator and is_alone == $alone)) |
  worst(magazine; visits) | map(select(.y > 0)) | series($name; "visits"; "measured"; $run);
def bursts($run; $alone; $name):
  $all | of_run($run + "-lengths") | map(select(allocator_of == "baseline" and is_alone == $alone)) | worst(.burst; visits) |
  series($name; "lengths"; "measured"; $run);
def scaling($run; $variant; $name):
  $all | of_run($run) | of_variant($variant) | by_harts(per_us("pair")) | series($name; "scaling"; "measured"; "sim");
def printed($name): published($published; $name) | series($name; "scaling"; "published"; "section 3.8");

# Of one hart, with and without magazines.
def cost: if .platform == "qemu" then .phases[0] | .hart_instructions[0] / .operations else ns("pair") end;
def alone_cost($platform; $variant):
  $all | of_run($platform + "-alone") | undisturbed | of_variant($variant) | map(cost) | if . == [] then null else median end;
def alone_row($platform; $unit):
  alone_cost($platform; "baseline") as $with | alone_cost($platform; "baseline,magazine=0") as $without |
  select($with != null and $without != null) | [$platform, $unit, ($with | short), ($without | short), ($with / $without | short)];

{
  series: ([
    ("sim", "qemu", "host") as $run | ("adversary", "walk", "bulk") as $workload |
    traced($run; "baseline"; false; $workload; "\($run) two \($workload)"),
    traced($run; "lockfree"; false; $workload; "\($run) lockfree \($workload)"),
    traced($run; "baseline"; true; $workload; "\($run) one \($workload)")
  ] + [
    ([1, 2, 4, 8, 16, 32, 64] | map({x: ., y: (1 / .)}) | series("bound"; "visits"; "model"; "1/M")),
    (("sim", "qemu") as $run | bursts($run; false; "\($run) two bursts"), bursts($run; true; "\($run) one bursts")),
    ([1, 48] | map({x: ., y: (1 / 8)}) | series("bound 8"; "lengths"; "model"; "1/M")),
    printed("magazines"), printed("slab allocator"),
    scaling("sim-scaling"; "baseline"; "baseline"), scaling("sim-scaling"; "lockfree"; "lockfree"),
    scaling("sim-locked"; "baseline,magazine=0,lock=ticket"; "ticket"),
    scaling("sim-locked"; "baseline,magazine=0,lock=mcs"; "mcs")
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "A pair of one hart, baseline: with magazines, without, and the ratio",
    columns: ["platform", "unit", "magazines", "lock", "ratio"],
    rows: [alone_row("host"; "ns"), alone_row("qemu"; "instructions"), alone_row("sim"; "simulated ns"),
           ["published", "ns", "356", "743", "0.48"]]
  }]
}
