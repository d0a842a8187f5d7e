# SPDX-License-Identifier: MIT
# Medians and tails by path: of the host the median over repeats.
include "lib";

bench as $all |
def value($platform; $variant; $path; f):
  $all | map(select(.platform == $platform and .outcomes[$path]? != null and (.variant | startswith($variant))) | .outcomes[$path] | f) | some("no operation went this way") | median;
def p50($platform; $variant; $path): value($platform; $variant; $path; .p50);
def over($p; $v; $a; $b): p50($p; $v; $a) / p50($p; $v; $b);
def where: ("sim", "host") | select(. as $p | any($all[]; .platform == $p and .outcomes != null and .variant != "null"));
def variants: ("lockfree", "baseline");

[claim("U1"; [where][0]; where as $p | variants as $v |
   quantity("refill over hit"; "\($p), \($v)"; over($p; $v; "refill"; "hit")),
   quantity("spill over hit"; "\($p), \($v)"; over($p; $v; "spill"; "hit")),
   quantity("drain over the dearer of them"; "\($p), \($v)"; p50($p; $v; "drain") / ([p50($p; $v; "refill", "spill")] | most))),
 claim("U2"; "sim"; variants as $v | quantity("99.9th percentile over median"; $v; value("sim"; $v; "hit"; .["p99.9"] / .p50))),
 claim("U3"; "sim"; variants as $v | quantity("refusal over drain"; $v; over("sim"; $v; "fail"; "drain")))]
