# SPDX-License-Identifier: MIT
# What the plugin counts beside what the simulator does, of the same workload, variant, size and harts.
include "lib";

bench as $all |
def rate: (.transfers | number) / .operations;
def waits($operations): 1000 * (.counts.lock_waits | number) / $operations;
def counted: $all | map(select((.coherence != null or .events != null) and .counts != null));
def pairs:
  counted | group_by([.order, .workload, .variant, .harts]) |
  map({workload: .[0].workload, variant: .[0].variant, order: .[0].order, harts: .[0].harts} +
      {plugin: map(select(.coherence != null)), sim: map(select(.events != null))} |
      select((.plugin | length) > 0 and (.sim | length) > 0) |
      {place: "\(.variant), \(.workload), order \(.order), \(.harts) harts", workload, variant, order, harts,
       plugin: (.plugin | map(.coherence | rate) | mean), sim: (.sim | map(.events | rate) | mean),
       waits: ([(.plugin[] | waits(.coherence.operations)), (.sim[] | waits(.events.operations))] | max)});
def factor: .plugin / .sim;
def moving: pairs | map(select(.harts > 1 and .sim >= 0.1));
def calm: moving | map(select(.waits < 50));
def crowded: moving | map(select(.waits >= 50));
def own: $all | map(select(.coherence != null and .variant == "lockfree" and .workload != "rand"));
def place: "\(.workload), order \(.order), \(.harts) harts";
def both(records):
  quantity("plugin over simulator, least"; records | min_by(factor).place; records | map(factor) | least),
  quantity("plugin over simulator, most"; records | max_by(factor).place; records | map(factor) | most);

[claim("Q1"; "qemu"; both(calm)),
 claim("Q2"; "qemu";
   quantity("transfers an operation, most"; own | max_by(.coherence | rate) | place; own | map(.coherence | rate) | most)),
 claim("Q3"; "qemu"; both(crowded))]
