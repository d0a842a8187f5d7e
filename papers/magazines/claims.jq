# SPDX-License-Identifier: MIT
# Counts are judged in every record, growth on simulated harts, one hart on each platform.
include "lib";

bench as $all |
def alone: .variant | test("magazines=1");
def magazine: .variant | capture("magazine=(?<m>[0-9]+)") | .m | tonumber;
def singles: if (.phases | length) == 1 then 2 * operations else operations end;
def visits: .counts.global_takes + .counts.global_gives;
def platforms: map(.platform) | unique | if index("host") then "host" else .[-1] end;
def by_platform(f): group_by(.platform) | map("\(.[0].platform) \(f)") | join(", ");
($all | map(select((.run | test("^(sim|qemu|host)(-lengths)?$")) and .variant != "null"))) as $traces |

def b1:
  def allowed: .harts * (singles / .harts / magazine | ceil);
  ($traces | map(select(alone | not))) as $records |
  ($records | map(select(visits > allowed))) as $over |
  if $records == [] then cannot("B1"; "nothing was run") else
  verdict("B1"; $records | platforms; $over == [];
    "\($records | length - ($over | length)) of \($records | length) records (\($records | by_platform(length))); at worst \($records | map(visits * magazine / singles) | max | short) of the bound";
    "over: \($over | map("\(.run) \(.variant) \(.workload) \(.harts) harts: \(visits), not \(allowed)") | .[0])") end;

def b2:
  ($traces | of_workload("adversary") | map(select(alone))) as $records |
  if $records == [] then cannot("B2"; "nothing was run") else
  verdict("B2"; $records | platforms; all($records[]; visits / singles >= 0.4);
    "\($records | by_platform(map(visits / singles) | "\(min | short) to \(max | short)")), M = \($records | map(magazine) | "\(min) to \(max)")";
    "below 0.4") end;

def rate($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(per_us("pair"));
def locked: ("baseline,magazine=0,lock=ticket", "baseline,magazine=0,lock=mcs");
def b3:
  [("baseline", "lockfree") as $variant | rate("sim-scaling"; $variant) | at(1) as $one | map(select(.x > 1)) | map([.x, .y / $one])] as $curves |
  if any($curves[]; . == []) then cannot("B3"; "simulated harts were not run at this level") else
  verdict("B3"; "sim"; all($curves[][]; .[1] >= 0.9 * .[0]);
    "baseline and lockfree: 16 harts \($curves | map(map(select(.[0] == 16))[0][1] | short) | join(" and ")) times, 64 harts \($curves | map(map(select(.[0] == 64))[0][1] | short) | join(" and "))";
    "less than 0.9 n") end;

def b4:
  (rate("sim-scaling"; "baseline") | at(16)) as $magazines |
  [locked | rate("sim-locked"; .)] as $curves |
  if $magazines == null or any($curves[]; . == []) then cannot("B4"; "simulated harts were not run at this level") else
  verdict("B4"; "sim"; all($curves[]; $magazines / at(16) >= 50 and (at(1) as $one | all(.[] | select(.x > 1); .y < $one)));
    "16 harts \($curves | map($magazines / at(16) | short) | join(" times a ticket lock, ")) times a queued one; two harts under it do \($curves | map(at(2) / at(1) | short) | join(" and ")) of what one does";
    "less than 50 times, or the lock gains by more harts") end;

def cost: if .platform == "qemu" then .phases[0] | .hart_instructions[0] / .operations else ns("pair") end;
def b5:
  [("host", "qemu", "sim") as $platform | $all | of_run($platform + "-alone") | undisturbed |
   [of_variant("baseline"), of_variant("baseline,magazine=0") | map(cost)] | select(all(length > 0)) |
   {platform: $platform, ratio: ((.[0] | median) / (.[1] | median))}] as $ratios |
  if $ratios == [] then cannot("B5"; "nothing was run") else
  verdict("B5"; $ratios | platforms; all($ratios[]; .ratio <= 1); $ratios | map("\(.platform) \(.ratio | short)") | join(", ");
    "magazines take longer") end;

[b1, b2, b3, b4, b5]
