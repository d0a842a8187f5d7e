# SPDX-License-Identifier: MIT
# Counts are judged in every record, growth on simulated harts, one hart on each platform.
include "lib";

bench as $all |
def alone: .variant | test("magazines=1");
def magazine: .variant | capture("magazine=(?<m>[0-9]+)") | .m | tonumber;
def singles: if (.phases | length) == 1 then 2 * operations else operations end;
def visits: .counts | (.global_takes | number) + (.global_gives | number);
def platforms: map(.platform) | unique | if index("host") then "host" else .[-1] end;
def traces: $all | map(select((.run | test("^(sim|qemu|host)(-lengths)?$")) and .variant != "null"));
def place: "\(.platform), \(.variant), \(.workload), \(.harts) harts";

def bounded: traces | map(select(alone | not) | {place: place, share: (visits / (.harts * (singles / .harts / magazine | ceil)))});
def bouncing: traces | of_workload("adversary") | map(select(alone) | {place: place, share: (visits / singles)});

def rate($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(per_us("pair"));
def gain($variant; $harts): rate("sim-scaling"; $variant) | at($harts) / at(1);
def locked: {"ticket lock": "baseline,magazine=0,lock=ticket", "MCS lock": "baseline,magazine=0,lock=mcs"} | to_entries[];

def cost: if .platform == "qemu" then .phases[0] | .hart_instructions[0] / .operations else ns("pair") end;
def alone_on($platform; $variant): $all | of_run($platform + "-alone") | undisturbed | of_variant($variant) | map(cost) | median;
def where: ("host", "qemu", "sim") | select(. as $p | any($all[]; .run == $p + "-alone"));

[claim("B1"; traces | platforms; (bounded | max_by(.share)) as $worst | quantity("visits, of those allowed, most"; $worst.place; bounded | map(.share) | most)),
 claim("B2"; traces | platforms;
   quantity("visits an operation, least"; bouncing | min_by(.share).place; bouncing | map(.share) | least),
   quantity("visits an operation, most"; bouncing | max_by(.share).place; bouncing | map(.share) | most)),
 claim("B3"; "sim"; ("baseline", "lockfree") as $v |
   quantity("16 harts over 1"; $v; gain($v; 16)), quantity("64 harts over 1"; $v; gain($v; 64))),
 claim("B4"; "sim"; locked as $lock |
   quantity("16 harts, magazines over none"; $lock.key; (rate("sim-scaling"; "baseline") | at(16)) / (rate("sim-locked"; $lock.value) | at(16))),
   quantity("without, 2 harts over 1"; $lock.key; rate("sim-locked"; $lock.value) | at(2) / at(1)),
   quantity("without, best of 2 to 16 harts over 1"; $lock.key;
     rate("sim-locked"; $lock.value) | at(1) as $one | map(select(.x > 1) | .y / $one) | most)),
 claim("B5"; [where][0]; where as $p |
   quantity("with magazines over without"; $p; alone_on($p; "baseline") / alone_on($p; "baseline,magazine=0")))]
