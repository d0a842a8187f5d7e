# SPDX-License-Identifier: MIT
# Counts of one hart, as whole fractions of operations: the platforms make different numbers of passes.
include "lib";

bench as $all |
def records: $all | map(select((.run // "" | startswith("alone-")) and (.variant | startswith("baseline") or startswith("lockfree"))));
def counts: .counts | [.global_takes, .global_gives, .refill_frames, .spill_frames] | map(number);
def operations_of: .phases[0].operations | number;
# a / m = b / n for each of them, in whole numbers.
def same($a; $b): [($a | counts), ($b | counts)] | transpose | all(.[0] * ($b | operations_of) == .[1] * ($a | operations_of));
def place: "\(.workload), order \(.order), \(.variant), \(.platform)";
def compared(key): [records | group_by(key)[] | .[0] as $first | .[1:][] | {place: place, same: same($first; .)}] | if . == [] then needs("there are no two records to compare") else . end;
def differ(key): compared(key) | map(select(.same | not));
def of_all(key): compared(key) | length | "of \(.) pairs";
def platforms: records | map(.platform) | unique;

[claim("U14"; platforms[0];
   if (platforms | length) < 2 then empty else
   quantity("pairs that differ"; of_all([.variant, .workload, .order]); differ([.variant, .workload, .order]) | length) end),
 claim("U15"; platforms[0];
   quantity("pairs that differ"; of_all([.platform, .workload, .order]); differ([.platform, .workload, .order]) | length))]
