# SPDX-License-Identifier: MIT
# Growth by harts, simulated; one hart alone, on the host.
include "lib";

bench as $all |
def list($variant): $all | of_run("lists") | of_variant($variant) | by_harts(ns("op"));
def design($workload; $phase): $all | of_run("bare") | map(select(.variant | startswith("lockfree"))) | map(select(.workload == $workload)) | by_harts(ns($phase));
def growth: at(26) / at(1);
# Lists and bench are runs of their own, one behind the other: each keeps its undisturbed repeats.
def alone($run; $variant; $phase): $all | of_run($run) | undisturbed | of_variant($variant) | map(ns($phase)) | median;
def alone_list($variant): alone("alone-lists"; $variant; "op");

[claim("L3"; "sim";
   quantity("bulk, allocation, 26 harts over 1"; design("bulk"; "alloc") | growth),
   quantity("rand, allocation, 26 harts over 1"; design("rand"; "alloc") | growth),
   quantity("repeat, pair, 26 harts over 1"; design("repeat"; "pair") | growth)),
 claim("L5"; "host";
   quantity("list of one's own over list by compare-and-swap"; alone_list("own-lists") / alone_list("cas-list")),
   quantity("locked list over list by compare-and-swap"; alone_list("locked-list") / alone_list("cas-list")),
   quantity("lockfree without magazines over locked list";
     alone("alone"; "lockfree,magazine=0,run-magazine=0"; "alloc") / alone_list("locked-list"))),
 claim("L6"; "sim";
   quantity("locked list, 2 harts over 1"; list("locked-list") | at(2) / at(1)),
   quantity("list by compare-and-swap, 2 harts over 1"; list("cas-list") | at(2) / at(1))),
 claim("L7"; "sim";
   quantity("free, 26 harts over 1"; design("rand"; "free") | growth),
   quantity("exponent of a free, 4 to 26 harts"; design("rand"; "free") | map(select(.x >= 4)) | xy | exponent),
   quantity("growth of a free over that of the list by compare-and-swap";
     (design("rand"; "free") | growth) / (list("cas-list") | growth)))]
