# SPDX-License-Identifier: MIT
# Accesses against operations / batch, in every record; and how near the worst of each cell comes.
include "lib";

bench as $all |
def shares:
  $all | map(select(.run == "map" and (.variant | startswith("lockfree"))) |
  . + (.knobs | capture("magazine=(?<magazine>[0-9]+),batch=(?<batch>[0-9]+)") | map_values(tonumber)) |
  {magazine, batch, place: "magazine \(.magazine), batch \(.batch)",
   share: (((.counts.global_takes | number) + (.counts.global_gives | number)) * .batch /
           (operations * (if .workload == "burst" then 2 else 1 end)))});
def worst_of_cells: shares | group_by([.magazine, .batch]) | map(max_by(.share));

[claim("U12"; "sim"; quantity("accesses, of those allowed, most"; shares | max_by(.share).place; shares | map(.share) | most)),
 claim("U13"; "sim";
   quantity("accesses of the worst trace, of those allowed, least"; worst_of_cells | min_by(.share).place; worst_of_cells | map(.share) | least))]
