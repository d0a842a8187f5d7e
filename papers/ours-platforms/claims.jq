# SPDX-License-Identifier: MIT
# Counts of one hart, as whole fractions of operations: the platforms make different numbers of passes.
include "lib";

[bench[] | select((.run // "" | startswith("alone-")) and (.variant | startswith("baseline") or startswith("lockfree")))] as $records |
def counts: .counts | [.global_takes, .global_gives, .refill_frames, .spill_frames];
def operations_of: .phases[0].operations;
# a / m = b / n for each of them, in whole numbers.
def same($a; $b): [($a | counts), ($b | counts)] | transpose | all(.[0] * ($b | operations_of) == .[1] * ($a | operations_of));
def place: "\(.workload), order \(.order), \(.variant), \(.platform)";
def compared(key): [$records | group_by(key)[] | .[0] as $first | .[1:][] | {place: place, same: same($first; .)}];
def judged($id; $pairs; $platforms; $what):
  ($pairs | map(select(.same | not) | .place)) as $wrong |
  verdict($id; $platforms[0]; $wrong == []; "\($pairs | length) pairs of \($what) compared, \($wrong | length) differ";
    "not the same: " + ($wrong[:3] | join("; ")));

($records | map(.platform) | unique) as $platforms |
[if ($platforms | length) < 2 then cannot("U14"; "it takes two platforms, and there are \($platforms | length)")
 else judged("U14"; compared([.variant, .workload, .order]); $platforms; "records of " + ($platforms | join(", "))) end,
 if $records == [] then cannot("U15"; "no platform has run it")
 else judged("U15"; compared([.platform, .workload, .order]); $platforms; "baseline and lockfree") end]
