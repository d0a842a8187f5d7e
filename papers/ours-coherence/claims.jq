# SPDX-License-Identifier: MIT
# At every number of harts that was run; single frames alone where chunks were not.
include "lib";

bench as $all |
def lockfree: $all | map(select(.events != null and .variant == "lockfree" and (.run == "frames" or .run == "chunks")));
def of($workload): lockfree | of_workload($workload);
def place: "\(.workload), order \(.order), \(.harts) harts";
def transfers: .events | (.transfers | number) / .operations;
def retries: .events | 1000 * (.cas_failures | number) / .operations;
def again: 1000 * (.counts.cas_retries | number) / (.events.operations | number);
def fairness: [.phases[].hart_ns] | transpose | map(add) | min / max;
def worst(f): map({place: place, value: f}) | max_by(.value).place;
# What comes from other harts, over their share of the frames.
def shared: transfers / (1 - 1 / .harts);
def singles: of("rand") | map(select(.order == 0 and .harts >= 8)) | by_harts(shared);
# At the most harts with which a mechanism was left out.
def without($run; $variant; $workload): $all | of_run($run) | of_variant($variant) | of_workload($workload) | some_records | max_by(.harts);

[claim("U4"; "sim";
   quantity("transfers an operation, most"; of("bulk") | worst(transfers); of("bulk") | map(transfers) | most),
   quantity("single frames, neither private bits nor shards"; without("mechanism-frames"; "lockfree,local=off,shards=1"; "bulk") | transfers),
   quantity("chunks, one shard over a shard a hart"; (without("mechanism-chunks"; "lockfree,shards=1"; "bulk") | transfers) / (without("mechanism-chunks"; "lockfree"; "bulk") | transfers)),
   quantity("chunks, no limbo"; without("mechanism-chunks"; "lockfree,reclaim=tag"; "bulk") | transfers)),
 claim("U5"; "sim";
   quantity("transfers an operation over the share of others' frames, most"; singles | map(.y) | most),
   quantity("the same, most harts over 8"; singles | (max_by(.x).x) as $most | at($most) / at(8)),
   quantity("neither private bits nor shards, over lockfree"; (without("mechanism-frames"; "lockfree,local=off,shards=1"; "rand") | transfers) / (without("mechanism-frames"; "lockfree"; "rand") | transfers))),
 claim("U6"; "sim";
   quantity("compare-and-swaps tried again, in 1000 operations, most"; of("bulk") | worst(again); of("bulk") | map(again) | most),
   quantity("failed compare-and-swaps in 1000 operations, most"; of("bulk") | worst(retries); of("bulk") | map(retries) | most),
   quantity("locks taken"; of("bulk") | map(.counts.lock_acquisitions | number) | most)),
 claim("U7"; "sim"; (of("bulk") + of("rand")) as $both |
   quantity("slowest hart over fastest, least"; $both | worst(-fairness); $both | map(fairness) | least),
   quantity("slowest hart over fastest, chunks, no limbo"; [("bulk", "rand") as $w | without("mechanism-chunks"; "lockfree,reclaim=tag"; $w) | fairness] | least))]
