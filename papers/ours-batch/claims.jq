# SPDX-License-Identifier: MIT
# Accesses against operations / batch, in every record; and how near the worst of each cell comes.
include "lib";

[bench[] | select(.run == "map" and (.variant | startswith("lockfree"))) |
  . + (.knobs | capture("magazine=(?<magazine>[0-9]+),batch=(?<batch>[0-9]+)") | map_values(tonumber)) |
  . + {share: ((.counts.global_takes + .counts.global_gives) * .batch /
               (operations * (if .workload == "burst" then 2 else 1 end)))}] as $records |
def place: "magazine \(.magazine), batch \(.batch)";
if $records == [] then [("U12", "U13") | cannot(.; "this build has no simulated harts")]
else
  ($records | max_by(.share)) as $worst |
  ($records | group_by([.magazine, .batch]) | map(max_by(.share)) | min_by(.share)) as $mildest |
  [verdict("U12"; "sim"; $worst.share <= 1;
     "at most \($worst.share | short) of the bound (\($worst | place)), in \($records | length) records"; "above the bound"),
   verdict("U13"; "sim"; $mildest.share >= 0.7; "at least \($mildest.share | short) of the bound (\($mildest | place))"; "no trace comes near it")]
end
