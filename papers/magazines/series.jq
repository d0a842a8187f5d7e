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
def traced($run; $alone; $workload; $panel):
  $all | of_run($run) | of_workload($workload) | map(select(allocator_of == "baseline" and is_alone == $alone)) |
  worst(magazine; visits) | map(select(.y > 0)) |
  series({adversary: "adversary", walk: "random walk", bulk: "bulk"}[$workload] + ($run | where); $panel; "measured"; $run) |
  shows("trace-" + $workload; $run);
def bursts($run; $alone; $name; $thing):
  $all | of_run($run + "-lengths") | map(select(allocator_of == "baseline" and is_alone == $alone)) | worst(.burst; visits) |
  series($name + ($run | where); "lengths"; "measured"; $run) | shows($thing; $run);
def scaling($run; $variant; $name; $thing):
  $all | of_run($run) | of_variant($variant) | by_harts(per_us("pair")) | series($name; "scaling"; "measured"; "sim") | shows($thing; "sim");
def printed($name; $thing): printed($published; $name; $name; "scaling"; "section 3.8"; $thing);
def bound($panel; f): map({x: ., y: f}) | series("1/M"; $panel; "model"; "1/M") | shows("model");

# Of one hart, with and without magazines.
def cost: if .platform == "qemu" then .phases[0] | .hart_instructions[0] / .operations else ns("pair") end;
def alone_cost($platform; $variant):
  $all | of_run($platform + "-alone") | undisturbed | of_variant($variant) | map(cost) | if . == [] then null else median end;
def alone_row($platform; $unit):
  alone_cost($platform; "baseline") as $with | alone_cost($platform; "baseline,magazine=0") as $without |
  select($with != null and $without != null) | [$platform, $unit, ($with | short), ($without | short), ($with / $without | short)];

{
  series: ([
    ([["visits-one", true], ["visits-two", false]][] as $panel |
      (("adversary", "walk", "bulk") as $workload | ("qemu", "sim") as $run | traced($run; $panel[1]; $workload; $panel[0])),
      ([1, 2, 4, 8, 16, 32, 64] | bound($panel[0]; 1 / .))),
    (("qemu", "sim") as $run | bursts($run; true; "one magazine"; "one-magazine"), bursts($run; false; "two magazines"; "two-magazines")),
    ([1, 48] | bound("lengths"; 1 / 8)),
    printed("magazines"; "baseline"), scaling("sim-scaling"; "baseline"; "baseline"; "baseline"),
    scaling("sim-scaling"; "lockfree"; "lockfree"; "lockfree"),
    printed("slab allocator"; "baseline-no-cache-ticket"),
    scaling("sim-locked"; "baseline,magazine=0,lock=ticket"; "baseline without magazines, ticket lock"; "baseline-no-cache-ticket"),
    scaling("sim-locked"; "baseline,magazine=0,lock=mcs"; "the same, queued lock"; "baseline-no-cache-mcs")
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "A pair of one hart, baseline: with magazines, without, and the ratio",
    columns: ["platform", "unit", "magazines", "lock", "ratio"],
    rows: [alone_row("host"; "ns"), alone_row("qemu"; "instructions"), alone_row("sim"; "simulated ns"),
           ["published", "ns", "356", "743", "0.48"]]
  }]
}
