# SPDX-License-Identifier: MIT
# Cost and contention: simulated harts. Preemption: the host, by ratios within a run.
include "lib";

bench as $all |
def simulated($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(ns("op"));
def over($run; $a; $b): (simulated($run; $a) | at(1)) / (simulated($run; $b) | at(1));
def growth($run; $scheme): simulated($run; $scheme) | at(7) / at(1);
def fences($run; $scheme): [$all | of_run($run) | of_variant($scheme) | of_harts(1)[] | .events | (.fences | number) / .operations] | median;
def above($run): fences($run; "epoch") - fences($run; "qsbr");
def at_7: [("qsbr", "epoch", "hp") as $s | simulated("queue"; $s) | at(7)];

def together($run; $scheme): $all | of_run($run) | of_variant($scheme) | by_harts(1000 / per_us("op"));
def many($run): [$all | of_run($run)[] | select(.harts == 16 * .cores) | .harts] | if . == [] then needs("no run of 16 harts a core") else .[0] end;
def ratio($run; $harts): (together($run; "epoch") | at($harts)) / (together($run; "hp") | at($harts));

[claim("R1"; "sim";
   quantity("queue, epochs over quiescent states"; over("queue"; "epoch"; "qsbr")),
   quantity("queue, hazards over epochs"; over("queue"; "hp"; "epoch")),
   quantity("list, hazards over quiescent states"; over("read"; "hp"; "qsbr")),
   quantity("list, epochs over hazards"; over("read"; "epoch"; "hp")),
   quantity("queue, epochs above quiescent states"; above("queue")),
   quantity("list, epochs above quiescent states"; above("read"))),
 claim("R2"; "sim";
   quantity("quiescent states, 7 harts over 1"; growth("read"; "qsbr")), quantity("epochs, 7 harts over 1"; growth("read"; "epoch")),
   quantity("hazards, 7 harts over 1"; growth("read"; "hp"))),
 claim("R3"; "sim";
   quantity("quiescent states, 7 harts over 1"; growth("queue"; "qsbr")), quantity("epochs, 7 harts over 1"; growth("queue"; "epoch")),
   quantity("hazards, 7 harts over 1"; growth("queue"; "hp")), quantity("7 harts, slowest over fastest"; at_7 | most / least)),
 claim("R4"; "host";
   quantity("epochs over hazards, 16 harts a core"; ratio("spin"; many("spin"))), quantity("epochs over hazards, 1 hart"; ratio("spin"; 1))),
 claim("R5"; "host"; quantity("epochs over hazards, 16 harts a core"; ratio("yield"; many("yield"))))]
