# SPDX-License-Identifier: MIT
# What foretell.sh makes of its records, by $want: the machine, the error, the table.

def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
# Of the median, with 95 %, from the order of the values alone.
def interval:
  sort | length as $n | ([(($n - 1.96 * ($n | sqrt)) / 2 | floor), 0] | max) as $k | [.[$k], .[$n - 1 - $k]];
def transfer: .machine["transfer_ps[0]"];

# Blocks at whose both ends a transfer took what it took in most blocks, within a quarter.
def steady:
  group_by(.block) | map(select(length == 2)) | (map(.[] | transfer) | median) as $most |
  map(select(all(.[]; transfer / $most | . > 0.75 and . < 1.34)) | .[0].block);

# Of each number the median over steady blocks; the rest is the same in all.
def machine:
  steady as $steady | map(select(.block as $b | $steady | index($b)) | .machine) as $all | $all[0] |
  with_entries(.key as $key | if .value | type == "number" then .value = ([$all[][$key]] | median | round) else . end) |
  .name = "host";

# ns of an operation by workload, phase, order, variant, harts, block.
def times:
  map(select(.type == "bench" and .variant != "null" and .workload != "control") | . as $r | .phases[] |
    {key: "\($r.workload) \(.name)|\($r.order)|\($r.variant | split(",")[0])", block: ($r.foretell_block // 0),
     harts: $r.harts, ns: ((.hart_ns | add) / (.hart_ns | length) / .operations)});
# By key, of each block in which both were measured: two harts over one.
def ratios:
  group_by(.key) | map({key: .[0].key,
    value: (group_by(.block) | map((map(select(.harts == 1).ns) | median) as $one |
      (map(select(.harts == 2).ns) | median) as $two |
      select($one != null and $two != null) | $two / $one))}) | from_entries;

def developed: test("^(bulk|rand|repeat) ") and (split("|")[1] | . == "0" or . == "9");

def rows($calibrations; $host; $sim):
  ($calibrations | steady) as $steady |
  ($host | times | map(select(.block as $b | $steady | index($b))) | ratios) as $measured |
  ($sim | times | ratios) as $foretold |
  $measured | to_entries | map(select($foretold[.key][0] != null) | . as $e | ($e.value | median) as $ratio |
    ($e.value | interval) as $within | $foretold[.key][0] as $said |
    {key, developed: (.key | developed), blocks: (.value | length), host: $ratio, within: $within, sim: $said,
     judged: (($within[1] - $within[0]) / $ratio <= 0.15), factor: ([$said / $ratio, $ratio / $said] | max),
     sign: (if $within[0] > 1 or $within[1] < 1
            then (if ($said - 1 | fabs) <= 0.01 then "even" elif ($said > 1) == ($ratio > 1) then "right" else "wrong" end)
            else null end)});

def summary:
  map(select(.judged)) as $judged |
  {rows: length, judged: ($judged | length),
   median_percent: ($judged | if . == [] then null else map((.factor - 1) * 100) | median end),
   worst_factor: ($judged | map(.factor) | max),
   signs: {right: (map(select(.sign == "right")) | length), even: (map(select(.sign == "even")) | length),
           wrong: (map(select(.sign == "wrong")) | length)}};

def short: . * 100 | round / 100 | tostring;
def percent: if . == null then "–" else "\(. * 10 | round / 10) %" end;
def sentence($name):
  "\($name): \(.judged) of \(.rows) rows judged; off by \(.median_percent | percent) in the median, by a factor of " +
  "\(.worst_factor | if . == null then "–" else short end) at most; the sign is right in \(.signs.right), not seen in " +
  "\(.signs.even), wrong in \(.signs.wrong).";

if $want == "machine" then machine
elif $want == "error" then
  $ARGS.named.calibrations as $calibrations |
  rows($calibrations; $ARGS.named.host; $ARGS.named.sim) |
  {blocks: ($calibrations | map(.block) | unique | length), steady: ($calibrations | steady | length),
   transfer_ns: ($calibrations | machine | .["transfer_ps[0]"] / 1000), rows: .,
   developed: (map(select(.developed)) | summary), unseen: (map(select(.developed | not)) | summary)}
else
  "Two harts over one, this host and simulated (\(.steady) of \(.blocks) blocks steady; a transfer takes " +
  "\(.transfer_ns | short) ns).\n\n" +
  "| workload, phase | order | variant | host | 95 % | simulated | off by | |\n|---|---|---|---|---|---|---|---|",
  (.rows | sort_by(.developed | not)[] | (.key | split("|")) as $k |
    "| \($k[0]) | \($k[1]) | \($k[2]) | \(.host | short) | \(.within[0] | short) to \(.within[1] | short) | " +
    "\(.sim | short) | \((.sim / .host - 1) * 100 | round) % | " +
    ([if .developed then "developed on" else "unseen" end, if .judged then empty else "not judged" end,
      if .sign == "wrong" then "wrong sign" elif .sign == "even" then "no sign seen" else empty end] | join(", ")) + " |"),
  "", (.developed | sentence("Developed on")), (.unseen | sentence("Unseen"))
end
