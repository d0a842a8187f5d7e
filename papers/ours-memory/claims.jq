# SPDX-License-Identifier: MIT
# Bounds, and zero. All of it simulated.
include "lib";

bench as $all |
($all | map(select(.stopped != null))) as $stopped | ($all | map(select(.left != null))) as $exhausted |
def entries: .counts.frames_total | ((. / 512 | ceil) + 1) + ((. / 32768 | ceil) + 1);
def before: .stopped | .from as $from | .limbo[:$from] | max;
def during($key): .stopped | .[$key][.from:.until];
def u8:
  ($stopped | all(.stopped.held and (.stopped.limbo | max) <= entries and .stopped.limbo[-1] <= 1.5 * before)) as $holds |
  verdict("U8"; "sim"; $holds;
    [$stopped[] | "of \(entries) entries \(during("limbo") | max) in limbo while it is stopped, before \(before), in the end \(.stopped.limbo[-1])"] | join("; ");
    if $stopped | all(.stopped.held) then "above the bound, or it stays" else "the hart was not stopped in a section" end);

def slower: (during("round_ns") | median) / (.stopped.round_ns[:.stopped.from] | median);
def u9:
  ($stopped | map(slower) | max) as $worst |
  verdict("U9"; "sim"; $worst <= 1.1; "\($worst | short) times as long"; "they are slower");

def u10:
  ($exhausted | map(select(.knobs | contains("drain=on")))) as $drained | ([$drained[].left[]] | max) as $most |
  verdict("U10"; "sim"; $most == 0; "\($most) frames in \([$drained[].left[]] | length) rounds of \($drained | length) settings"; "memory is stranded");

def magazine: .knobs | capture("magazine=(?<m>[0-9]+)").m | tonumber;
def has_local_chunks: (.variant | startswith("lockfree")) and (.knobs | contains("local=on"));
# Frames an idle hart, in magazines: least and most over all rounds.
def idle: (.harts - 1) as $idle | magazine as $m | [(.left | min, max) / $idle / $m];
def u11:
  ($exhausted | map(select(.knobs | contains("drain=off")))) as $kept |
  ($kept | all(magazine as $m | idle as [$least, $most] |
    if has_local_chunks then $least > 1 and $most * $m <= 2 * $m + 1536 else $least > 0 and $most <= 2 end)) as $holds |
  [$kept[] | select(has_local_chunks | not) | idle] as $plain | [$kept[] | select(has_local_chunks) | magazine as $m | (idle[1] - 2) * $m] as $hands |
  verdict("U11"; "sim"; $holds;
    "without local chunks \([$plain[][0]] | min | short) to \([$plain[][1]] | max | short) magazines an idle hart; local chunks keep up to \($hands | max | short) frames more than two";
    "more or less than that");

[if $stopped == [] then ("U8", "U9") | cannot(.; "this build has no simulated harts") else u8, u9 end,
 if $exhausted == [] then ("U10", "U11") | cannot(.; "this build has no simulated harts") else u10, u11 end]
