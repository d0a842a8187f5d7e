# SPDX-License-Identifier: MIT
# Bounds, and zero. All of it simulated.
include "lib";

bench as $all |
def stopped: $all | map(select(.stopped != null));
def exhausted: $all | map(select(.left != null));
def entries: .counts.frames_total | number | ((. / 512 | ceil) + 1) + ((. / 32768 | ceil) + 1);
def before: .stopped | .from as $from | .limbo[:$from] | most;
def slower: .stopped | (.round_ns[.from:.until] | some("no round") | median) / (.round_ns[:.from] | some("no round") | median);
def drained: exhausted | map(select(.knobs | contains("drain=on")));
def kept: exhausted | map(select(.knobs | contains("drain=off")));

def magazine: .knobs | capture("magazine=(?<m>[0-9]+)").m | tonumber;
def has_local_chunks: (.variant | startswith("lockfree")) and (.knobs | contains("local=on"));
# Frames an idle hart, in magazines: least and most over all rounds.
def idle(f): (.harts - 1) as $idle | magazine as $m | (.left | f) / $idle / $m;
def plain: kept | map(select(has_local_chunks | not));
def local: kept | map(select(has_local_chunks));

[claim("U8"; "sim";
   quantity("limbo, of the arena's entries, most"; stopped | map((.stopped.limbo | most) / entries) | most),
   quantity("in the last round over the most before the stop"; stopped | map(.stopped.limbo[-1] / before) | most),
   quantity("stops inside a section, of all"; stopped | map(if .stopped.held then 1 else 0 end) | some("no hart was stopped") | mean)),
 claim("U9"; "sim"; quantity("a round while it is stopped over one before, most"; stopped | map(slower) | most)),
 claim("U10"; "sim"; quantity("frames that were free"; drained | map(.left | most) | most)),
 claim("U11"; "sim";
   quantity("magazines an idle hart, without local chunks, least"; plain | map(idle(least)) | least),
   quantity("magazines an idle hart, without local chunks, most"; plain | map(idle(most)) | most),
   quantity("magazines an idle hart, with local chunks, least"; local | map(idle(least)) | least),
   quantity("frames above two magazines, with local chunks, most"; local | map((idle(most) - 2) * magazine) | most))]
