# SPDX-License-Identifier: MIT
# At every number of harts that was run; single frames alone where chunks were not.
include "lib";

bench as $all |
def of($workload): $all | map(select(.events != null and .variant == "lockfree" and .workload == $workload));
def place: "\(.workload), order \(.order), \(.harts) harts";
def transfers: .events | (.transfers | number) / .operations;
def retries: .events | 1000 * (.cas_failures | number) / .operations;
def fairness: [.phases[].hart_ns] | transpose | map(add) | min / max;
def worst(f): map({place: place, value: f}) | max_by(.value).place;
def singles: of("rand") | map(select(.order == 0)) | by_harts(transfers);

[claim("U4"; "sim"; quantity("transfers an operation, most"; of("bulk") | worst(transfers); of("bulk") | map(transfers) | most)),
 claim("U5"; "sim";
   quantity("transfers an operation, most"; singles | map(.y) | most),
   quantity("most harts over 8"; singles | (max_by(.x).x) as $most | at($most) / at(8))),
 claim("U6"; "sim";
   quantity("failed compare-and-swaps in 1000 operations, most"; of("bulk") | worst(retries); of("bulk") | map(retries) | most),
   quantity("locks taken"; of("bulk") | map(.counts.lock_acquisitions | number) | most)),
 claim("U7"; "sim"; (of("bulk") + of("rand")) as $both |
   quantity("slowest hart over fastest, least"; $both | worst(-fairness); $both | map(fairness) | least))]
