# SPDX-License-Identifier: MIT
# Medians and tails by path. The first record of each variant and platform: repeats of a simulated machine differ by
# jitter; of the host the median over repeats.
include "lib";

bench as $all |
def value($platform; $variant; $path; f):
  $all | map(select(.platform == $platform and .outcomes[$path]? != null and (.variant | startswith($variant))) | .outcomes[$path] | f) |
  if length > 0 then median else null end;
def p50($platform; $variant; $path): value($platform; $variant; $path; .p50);
def there($platform): $all | map(select(.platform == $platform and .outcomes != null and .variant != "null")) | length > 0;
def platforms: ["sim", "host"] | map(select(there(.)));

def ordered($platform; $variant):
  [p50($platform; $variant; ("hit", "refill", "spill", "drain"))] as [$hit, $refill, $spill, $drain] |
  {platform: $platform, variant: $variant,
   holds: ($refill >= 2 * $hit and $spill >= 2 * $hit and $drain >= 10 * ([$refill, $spill] | max)),
   text: "\($platform) \($variant) \([$hit, $refill, $spill, $drain] | map(tostring) | join(", "))"};
def u1:
  [platforms[] as $platform | ("lockfree", "baseline") as $variant | ordered($platform; $variant)] as $each |
  verdict("U1"; platforms[0]; $each | all(.holds);
    "hit, refill, spill, drain in ns: " + ($each | map(.text) | join("; "));
    "not so: " + ($each | map(select(.holds | not) | .platform + " " + .variant) | join(", ")));

def u2:
  [("lockfree", "baseline") as $variant | value("sim"; $variant; "hit"; .["p99.9"] / .p50)] as $tails |
  verdict("U2"; "sim"; $tails | max <= 2; "p99.9 over median: lockfree \($tails[0] | short), baseline \($tails[1] | short)";
    "hits wait for something");

def u3:
  [("lockfree", "baseline") as $variant | p50("sim"; $variant; "fail") / p50("sim"; $variant; "drain")] as $ratios |
  verdict("U3"; "sim"; $ratios | max <= 1.1; "lockfree \($ratios[0] | short), baseline \($ratios[1] | short) of a drain that found something";
    "a refusal costs more");

[if platforms == [] then cannot("U1"; "neither simulated harts nor a run on the host") else u1 end,
 if there("sim") then u2, u3 else ("U2", "U3") | cannot(.; "this build has no simulated harts") end]
