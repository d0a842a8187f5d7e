# SPDX-License-Identifier: MIT
# Exponents, the closed form, ratios: all of simulated harts.
include "lib";

bench as $all |
def points($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(ns("op"));
def socket($variant): points("socket"; $variant);
def growth($variant): socket($variant) | map(select(.x >= 4)) | xy | exponent;
def form($variant): socket($variant) | map(select(.x >= 2)) | xy | collapse_fit as $fit | {fit: $fit, off: map([.[1], collapse_at($fit; .[0])]) | errors};

def t1:
  form("locked-list") as $list | form("ticket-lock") as $lock |
  verdict("T1"; "sim"; $list.off.mean <= 10 and $lock.off.mean <= 10;
    "mean error: locked list \($list.off.mean | short) % (worst \($list.off.worst | short) %; s \($list.fit.s | short), c \($list.fit.c | short) ns), ticket lock \($lock.off.mean | short) %";
    "the closed form is off by more than 10 % in the mean");

def t2:
  (points("counters"; "shared-counter") | map(select(.x >= 2)) | xy | exponent) as $shared |
  (points("counters"; "own-counters") | at(256) / at(1)) as $own |
  verdict("T2"; "sim"; ($shared | within(0.9; 1.2)) and $own <= 3;
    "shared: exponent \($shared | short); own counters at 256 harts \($own | short) times as slow";
    "the exponent is not 0.9 to 1.2, or own counters slow down more than 3 times");

def l1:
  growth("ticket-lock") as $ticket | growth("locked-list") as $list | growth("mcs-lock") as $mcs |
  verdict("L1"; "sim"; ($ticket | within(1.6; 2.1)) and ($list | within(1.6; 2.1)) and ($mcs | within(0.85; 1.15));
    "exponent: ticket lock \($ticket | short), locked list \($list | short), MCS lock \($mcs | short)";
    "an exponent is out of its bounds");

def l2:
  growth("locked-list") as $list | growth("cas-list") as $cas | growth("treiber-stack") as $stack |
  verdict("L2"; "sim"; ([$cas, $stack] | all(within(1; 1.6))) and ([$cas, $stack] | max) < $list;
    "exponent: list by CAS \($cas | short), Treiber stack \($stack | short)";
    "an exponent is not 1.0 to 1.6, or not below the locked list's \($list | short)");

def l4:
  socket("cas-list") as $cas |
  (socket("locked-list") | map(select(.x >= 16) | .x as $x | .y / ($cas | at($x)))) as $ratios |
  verdict("L4"; "sim"; ($ratios | min) >= 2;
    "\($ratios | last | short) times at 26 harts, \($ratios | min | short) at least"; "less than 2 times at 16 harts or more");

[if [$all[] | select(.platform == "sim")] == [] then ("T1", "T2", "L1", "L2", "L4") | cannot(.; "this build has no simulated harts")
else t1, t2, l1, l2, l4 end]
