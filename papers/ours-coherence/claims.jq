# SPDX-License-Identifier: MIT
# At every number of harts that was run; single frames alone where chunks were not.
include "lib";

bench as $all |
def of($workload): $all | map(select(.events != null and .variant == "lockfree" and .workload == $workload));
def place: "\(.workload), order \(.order), \(.harts) harts";
def transfers: .events | .transfers / .operations;
def retries: .events | 1000 * .cas_failures / .operations;
def fairness: [.phases[].hart_ns] | transpose | map(add) | min / max;

def u4:
  (of("bulk") | max_by(transfers)) as $worst |
  verdict("U4"; "sim"; $worst | transfers <= 0.05; "at most \($worst | transfers | short) (\($worst | place))"; "more than 0.05");

def u5:
  (of("rand") | map(select(.order == 0)) | by_harts(transfers)) as $points | ($points | max_by(.x).x) as $most |
  ($points | map(.y) | max) as $max | (($points | at($most)) / ($points | at(8))) as $growth |
  verdict("U5"; "sim"; $max <= 2 and $growth <= 1.3;
    "at most \($max | short) an operation; from 8 to \($most) harts \($growth | short) times"; "more than 2, or it grows");

def u6:
  (of("bulk") | max_by(retries)) as $worst |
  verdict("U6"; "sim"; $worst | retries <= 1; "at most \($worst | retries | short) in 1000 (\($worst | place))"; "more than 1 in 1000");

def u7:
  ((of("bulk") + of("rand")) | min_by(fairness)) as $worst |
  verdict("U7"; "sim"; $worst | fairness >= 0.7; "at least \($worst | fairness | short) (\($worst | place))"; "less than 0.7");

if of("bulk") == [] or of("rand") == [] then [("U4", "U5", "U6", "U7") | cannot(.; "this build has no simulated harts")]
else [u4, u5, u6, u7] end
