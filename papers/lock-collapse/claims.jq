# SPDX-License-Identifier: MIT
# Exponents, the closed form, ratios: all of simulated harts.
include "lib";

bench as $all |
def points($run; $variant): $all | of_run($run) | of_variant($variant) | by_harts(ns("op"));
def socket($variant): points("socket"; $variant);
def growth($variant): socket($variant) | map(select(.x >= 4)) | xy | exponent;
def fit($variant): socket($variant) | map(select(.x >= 2)) | xy | collapse_fit;
def off($variant): fit($variant) as $fit | socket($variant) | map(select(.x >= 2)) | xy | map([.[1], collapse_at($fit; .[0])]) | errors.mean;
def square_part($variant): fit($variant) | .c * 13 / (.s + .c * 13);
def times_of_cas($harts): (socket("locked-list") | at($harts)) / (socket("cas-list") | at($harts));

[claim("T1"; "sim";
   quantity("s of the locked list"; fit("locked-list").s), quantity("c of the locked list"; fit("locked-list").c),
   quantity("mean error of the form, locked list"; off("locked-list")),
   quantity("mean error of the form, ticket lock"; off("ticket-lock")),
   quantity("part that grows with the square, ticket lock"; square_part("ticket-lock"))),
 claim("T2"; "sim";
   quantity("exponent of the shared counter"; points("counters"; "shared-counter") | map(select(.x >= 2)) | xy | exponent),
   quantity("own counters, 256 harts over 1"; points("counters"; "own-counters") | at(256) / at(1))),
 claim("L1"; "sim";
   quantity("exponent of the locked list"; growth("locked-list")), quantity("exponent of the ticket lock"; growth("ticket-lock")),
   quantity("exponent of the MCS lock"; growth("mcs-lock"))),
 claim("L2"; "sim";
   quantity("exponent of the list by compare-and-swap"; growth("cas-list")),
   quantity("exponent of the Treiber stack"; growth("treiber-stack")),
   quantity("the locked list's exponent less that one's"; growth("locked-list") - growth("cas-list"))),
 claim("L4"; "sim";
   quantity("locked list over list by compare-and-swap, 16 harts"; times_of_cas(16)),
   quantity("locked list over list by compare-and-swap, 26 harts"; times_of_cas(26)))]
