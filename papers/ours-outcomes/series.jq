# SPDX-License-Identifier: MIT
# Of each path the share of its operations that took at least so long, all repeats together.
include "lib";

bench as $all |
def paths: ["hit", "refill", "spill", "drain", "fail"];
def of($platform; $variant):
  $all | map(select(.platform == $platform and .outcomes != null and (.variant | startswith($variant))));
# Histograms of one path, added up: [[ns, count], ...], ascending.
def added($path):
  [.[].outcomes[$path] | select(. != null) | .histogram[]] | group_by(.[0]) | map([.[0][0], (map(.[1]) | add)]);
def at_least:
  (map(.[1]) | add) as $n |
  [foreach .[] as $bucket ({below: 0}; {below: (.below + $bucket[1]), x: $bucket[0], y: (($n - .below) / $n)}; {x, y})];
def curve($platform; $variant; $path):
  of($platform; $variant) | added($path) | select(length > 0) | at_least |
  series($path; "\($platform)-\($variant)"; "measured"; "\($platform), exhaust") | shows($path; $platform);
def quantile_of($q):
  (map(.[1]) | add) as $n | reduce .[] as $bucket ({seen: 0, at: null};
    .seen += $bucket[1] | if .at == null and .seen >= $q * $n then .at = $bucket[0] else . end) | .at;
def row($platform; $variant; $path):
  of($platform; $variant) as $records | ($records | added($path)) as $all_of |
  select($all_of | length > 0) | ($all_of | map(.[1]) | add) as $n |
  ([paths[] as $each | $records | added($each)[] | .[1]] | add) as $operations |
  [$platform, $variant, $path, ($n | tostring), (100 * $n / $operations | short),
   ($all_of | quantile_of(0.5)), ($all_of | quantile_of(0.99)), ($all_of | quantile_of(0.999)), $all_of[-1][0]];

{
  series: [("sim", "host") as $platform | ("lockfree", "baseline") as $variant | paths[] as $path | curve($platform; $variant; $path)],
  tables: [("sim", "host") as $platform | {
    title: (if $platform == "sim" then "simulated ns" else "ns of the host, reading the clock included" end),
    columns: ["platform", "variant", "path", "operations", "%", "p50", "p99", "p99.9", "max"],
    rows: [("lockfree", "baseline") as $variant | paths[] as $path | row($platform; $variant; $path)]
  } | select(.rows | length > 0)]
}
