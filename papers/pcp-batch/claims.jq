# SPDX-License-Identifier: MIT
# Holds on each platform, of the host if it was idle; throughput and waiting on simulated harts: of the host's memory
# others interfere, whatever a control of the cores says.
include "lib";

(bench | map(select(.variant != "null" and .workload != "control"))) as $all |
def knob($name): .variant | capture("(,|^)" + $name + "=(?<n>[0-9]+)") | .n | tonumber;
def host_busy($run): $all | of_run($run) | cores_not_real(1);
def usable($what): ("host", "qemu", "sim") | . as $p | select($all | of_run($p + $what) != []) |
  select($p != "host" or host_busy("host" + $what) == null);

def pages($p): $all | of_run($p + "-pages") | undisturbed | by(knob("batch"); 1 / (ns("alloc") + ns("free")));
def gain($p): pages($p) | .[0].y as $first | map(.y) | .[1:] | most / $first;
def judge_of_pages: [usable("-pages")] | if index("sim") then "sim" else .[0] end;

def holds($p; f): $all | of_run($p + "-hold") | of_workload("rand") | undisturbed | by(knob("batch"); f);
def refills($p): holds($p; .counts | (.take_hold_total | number) / .take_holds);
def spills($p): holds($p; .counts | (.give_hold_total | number) / .give_holds);
def frame($p): holds($p; .counts | (.take_hold_total | number) / .refill_frames) | map(.y);
def steps($p): frame($p) | . as $y | [range(1; length) | $y[.] / $y[. - 1]];

# By magazine: refills, and the share of time spent waiting for the lock.
def waits: $all | of_run("sim-waits") | group_by(knob("magazine")) |
  map({magazine: (.[0] | knob("magazine")), refills: (map(.counts.global_takes | number) | median),
       share: (map((.phases | map(.hart_ns | add) | add) as $time | (.counts.lock_wait_total | number) / $time) | median)});
# Of the smallest magazines that bring refills to a fifth, over those of the least magazines.
def fewer(f): waits | (map(f)[0]) as $base | .[0].refills as $refills | map(select(.refills * 5 <= $refills)) | .[0] | f / $base;
# Of Linux itself: instructions a page, by batch, which is a quarter of the lists.
def in_linux(f): $all | of_run("linux") | map(.phases[0].operations as $n | {batch: ((.variant | capture("pcp=(?<n>[0-9]+)") | .n | tonumber) / 4), y: ((f | number) / $n)}) |
  group_by(.batch) | map(map(.y) | median) | .[-1] / .[0];

[claim("C1"; judge_of_pages; usable("-pages") as $p | quantity("best of batches 127 to 2047 over 63"; $p; gain($p))),
 claim("C2"; [usable("-hold")][0]; usable("-hold") as $p |
   quantity("exponent of refills"; $p; refills($p) | xy | exponent), quantity("exponent of spills"; $p; spills($p) | xy | exponent)),
 claim("C3"; [usable("-hold")][0]; usable("-hold") as $p |
   quantity("hold for each frame, batch 2047 over 63"; $p; frame($p) | .[-1] / .[0]),
   quantity("greatest step from one batch to the next"; $p; steps($p) | most)),
 claim("C4"; "sim";
   quantity("refills, of those of the smallest magazines"; fewer(.refills)),
   quantity("share of time spent waiting, of that with the smallest magazines"; fewer(.share))),
 claim("C5"; "qemu";
   quantity("refill, batch 2047 over 63"; in_linux(.functions.rmqueue_bulk)),
   quantity("spill, batch 2047 over 63"; in_linux(.functions.free_pcppages_bulk + .functions.__free_one_page)))]
