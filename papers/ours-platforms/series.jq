# SPDX-License-Identifier: MIT
# Two harts: an allocation and its free, by workload, in each platform's own unit. One hart: accesses by workload and order.
include "lib";

bench as $all |
def workloads: ["bulk", "rand", "repeat", "burst"];
def place: . as $workload | workloads | index($workload) + 1;
def variants: "baseline", "lockfree";
def of($run; $variant): $all | of_run($run) | map(select(.variant | startswith($variant)));
# Of the host and of simulated harts nanoseconds, of QEMU instructions.
def each: [.phases[] | .operations as $n | (.hart_ns // .hart_instructions) | mean / $n] | add;
def bars($platform; $variant):
  $all | of_run("two-\($platform)") | undisturbed | map(select(.variant | startswith($variant))) | by(.workload | place; each) | select(length > 0) |
  series($variant; $platform; "measured"; $platform) | shows($variant; $platform);

# Workload by workload, orders 0, 3 and 9 in each.
def column: (.workload | place) as $w | ({"0": 0, "3": 1, "9": 2}[.order | tostring]) as $o | 4 * ($w - 1) + $o + 1;
def accesses: 1000 * (.counts.global_takes + .counts.global_gives) / (2 * .phases[0].operations);
def counted($platform):
  of("alone-\($platform)"; "lockfree") | by(column; accesses) | select(length > 0) |
  series("lockfree" + ($platform | where); "counts"; "measured"; $platform) | shows("lockfree"; $platform);

def row($workload; $order): [$workload, $order] +
  [("alone-host", "alone-sim", "alone-qemu") as $run | variants as $variant |
   of($run; $variant) | map(select(.workload == $workload and .order == $order)) | .[0] |
   if . == null then "" else accesses | short end];
{
  series: [(("host", "sim", "qemu") as $platform | variants as $variant | bars($platform; $variant)),
           (("host", "sim", "qemu") as $platform | counted($platform))],
  tables: [{
    title: "One hart: accesses to the global allocator in 1000 operations",
    columns: ["workload", "order", "host, baseline", "lockfree", "simulated, baseline", "lockfree", "QEMU, baseline", "lockfree"],
    rows: [workloads[] as $workload | (0, 3, 9) as $order | row($workload; $order)]
  }]
}
