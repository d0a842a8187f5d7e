# SPDX-License-Identifier: MIT
# Medians over repeats: by harts, and by order at 8 harts.
include "lib";

(bench | undisturbed) as $all |
def of($run; $variant; $workload): $all | map(select(.run == $run or .run == $run + "-9")) | map(select((.variant | startswith($variant)) and .workload == $workload));
def phase($workload): if $workload == "repeat" then "pair" else "alloc" end;
def by_cores($variant; $order): of("cores"; $variant; "bulk") | map(select(.order == $order)) | by_harts(ns("alloc"));
def by_order($variant; $workload): of("orders"; $variant; $workload) | by(.order; ns(phase($workload)));
def printed($panel; $name; $title; $thing): printed($published; $name; $title; $panel; "LLFree artefact, module"; $thing);
def variants: ["baseline", "Linux"], ["lockfree", "LLFree"];

def counted($variant): $all | of_run("linux") | map(select(.variant | startswith($variant))) | of_harts(8) |
  by(.order; .phases[0] as $phase | $phase.hart_instructions | mean / $phase.operations);

def alone($run; $variant): of($run; $variant; "bulk") | map(select(.variant == $variant)) | by(.order; ns("alloc"));
def ratio_row($name; $points): $points | map(select(.x <= 9)) | select(length > 0) |
  [$name, (map(.y) | min | short), (map(.y) | max | short), ((map(.y) | max) / (map(.y) | min) | short)];

{
  series: ([
    (variants as $v |
    ((0, 9) as $order | printed("cores-\($order)"; "\($v[1]) order \($order)"; $v[1]; $v[0]),
      (by_cores($v[0]; $order) | series($v[0]; "cores-\($order)"; "measured"; "sim, xeon-1socket-26c") | shows($v[0]; "sim"))),
    (("repeat", "bulk") as $workload | printed($workload; "\($v[1]) \($workload)"; $v[1]; $v[0]),
      (by_order($v[0]; $workload) | series($v[0]; $workload; "measured"; "sim, 8 harts") | shows($v[0]; "sim")))),
    (("linux", "lockfree") as $v | counted($v) | series(if $v == "linux" then "Linux 6.1, QEMU" else "lockfree, QEMU" end; "counted"; "measured"; "qemu, aarch64, 8 harts") | shows(if $v == "linux" then "baseline" else $v end; "qemu"))
  ] | map(select(.x | length > 0))),
  tables: [{
    title: "lockfree, one hart, bulk allocation over orders 0 to 9, ns",
    columns: ["platform and knobs", "cheapest", "most expensive", "ratio"],
    rows: [ratio_row("simulated, no magazines"; alone("alone"; "lockfree,magazine=0,run-magazine=0")),
           ratio_row("host, no magazines"; alone("host"; "lockfree,magazine=0,run-magazine=0")),
           ratio_row("simulated, magazines for all orders"; alone("alone"; "lockfree")),
           ratio_row("host, magazines for all orders"; alone("host"; "lockfree"))]
  }]
}
