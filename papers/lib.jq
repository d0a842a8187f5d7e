# SPDX-License-Identifier: MIT
# What the programs of all figures share: records into samples, samples into series, and some statistics.
# jq 1.6 is enough. Records: results/README.md; what series.jq and claims.jq must make: README.md here.

# ---- numbers ----

def mean: add / length;

# The quantile q of an array, between the two nearest values.
def quantile($q):
  sort as $v | ((($v | length) - 1) * $q) as $at | ($at | floor) as $i |
  $v[$i] + ($at - $i) * (($v[$i + 1] // $v[$i]) - $v[$i]);

def median: quantile(0.5);

def round_to($digits): pow(10; $digits) as $scale | ((. * $scale | round) / $scale);

# For people: three significant digits, or the whole number.
def short:
  if . == 0 then "0"
  elif fabs >= 100 then round | tostring
  else round_to(2 - (fabs | log10 | floor)) | tostring end;

# ---- fits; each takes an array of points [x, y] ----

# Least squares: y = at0 + slope * x.
def line_fit:
  length as $n | (map(.[0]) | add / $n) as $mx | (map(.[1]) | add / $n) as $my |
  ((map((.[0] - $mx) * (.[1] - $my)) | add) / (map((.[0] - $mx) | . * .) | add)) as $slope |
  {slope: $slope, at0: ($my - $slope * $mx)};

# The exponent of a power law: the slope where both axes are logarithms.
def exponent: map([(.[0] | log), (.[1] | log)]) | line_fit.slope;

# The closed form of a ticket lock's collapse: y = x (s + c x / 2), by least squares of the relative error. s is the
# critical section, c what each waiting hart adds to a hand-over.
def collapse_fit:
  map([.[0] / .[1], .[0] * .[0] / 2 / .[1]]) |
  (map(.[0] * .[0]) | add) as $aa | (map(.[0] * .[1]) | add) as $ab | (map(.[1] * .[1]) | add) as $bb |
  (map(.[0]) | add) as $a | (map(.[1]) | add) as $b | ($aa * $bb - $ab * $ab) as $d |
  {s: (($a * $bb - $b * $ab) / $d), c: (($b * $aa - $a * $ab) / $d)};
def collapse_at($fit; $x): $x * ($fit.s + $fit.c * $x / 2);

# By how much y is off what it should be, in percent: mean and worst of [should, is].
def errors: map((.[1] / .[0] - 1) | fabs * 100) | {mean: mean, worst: max};

# ---- records ----

def bench: map(select(.type == "bench"));
def of_run($run): map(select(.run == $run));
def of_variant($variant): map(select(.variant == $variant));
def of_workload($workload): map(select(.workload == $workload));
def of_frames($frames): map(select(.frames == $frames));
def of_harts($harts): map(select(.harts == $harts));

# A record's time of one operation of a phase, in nanoseconds: the mean over harts.
def ns($phase): .phases[] | select(.name == $phase) | .operations as $n | .hart_ns | mean / $n;

# A record's operations of a phase in a microsecond, all harts together.
def per_us($phase): .phases[] | select(.name == $phase) | .operations as $n | .hart_ns | map(1000 * $n / .) | add;

# Operations of all phases and harts of a record.
def operations: .harts as $harts | .phases | map(.operations * $harts) | add;

# A machine shared with others: how long a hart's turn of the cores' control took at worst, in nanoseconds.
def core_turn: .core as $core | $core.hart_ns | max / $core.turns;

# Whether it took a tenth longer than $best at most: what is disturbed, here as in results/series.h.
def calm($best): core_turn <= 1.1 * $best;

# What is one measurement, repeated. Its numbers: frames, order, harts, and options of the workload.
def measurement:
  [.run, .variant, .knobs, .workload, (del(.repeat, .seed, .cores) | with_entries(select(.value | type == "number")))];

# Records without the disturbed repeats of the host: the rule of results/README.md, as `framelab table` and `compare`
# have it. Of a measurement with fewer than three undisturbed repeats all stay.
def undisturbed:
  (map(select(.platform == "host" and .core != null) | core_turn) | min) as $best |
  group_by(measurement) |
  map(map(select(.platform != "host" or .core == null or calm($best))) as $calm |
    if ($calm | length) >= 3 then $calm[] else .[] end);

# Whether `$harts` harts of the host had as many real, idle cores: in at least three repeats of each measurement, by one
# hart too, the control took no longer than a tenth above the best of one hart alone. The reason why not, or null.
def cores_not_real($harts):
  map(select(.platform == "host" and .core != null and (.harts == 1 or .harts == $harts))) |
  (map(select(.harts == 1) | core_turn) | min) as $alone | (map(select(.harts == $harts) | core_turn) | min) as $together |
  (group_by(measurement) | map(map(select(calm($alone))) | length) | min) as $fewest |
  if $together == null or $alone == null then "no record of \($harts) harts has the cores' control"
  elif $together > 1.1 * $alone then "the cores are not real: with \($harts) harts the control took \($together / $alone | short) times as long, at best"
  elif $fewest < 3 then "the cores are not idle: of one measurement only \($fewest) repeats were not disturbed"
  else null end;

# ---- series ----

# Records into points: x of what x gives, y the median of what f gives, with quartiles.
def by(x; f):
  group_by(x) | map({x: (.[0] | x), all: map(f)} | {x, y: (.all | median), low: (.all | quantile(0.25)), high: (.all | quantile(0.75))});
def by_harts(f): by(.harts; f);
def xy: map([.x, .y]);
def at($x): map(select(.x == $x)) | .[0].y;

# A series of points. kind: measured, published or model.
def series($name; $panel; $kind; $source):
  {name: $name, panel: $panel, kind: $kind, source: $source, x: map(.x), y: map(.y), low: map(.low // .y), high: map(.high // .y)};

# What a series shows, of things.json, and on which platform it was measured: host, sim or qemu.
def shows($thing; $platform): . + {thing: $thing, platform: $platform};
def shows($thing): . + {thing: $thing};
# What a name of a series ends with where a panel has more than one platform.
def where: {sim: ", simulated", host: ", host", qemu: ", QEMU"}[.];

# published.csv: `series,x,y,source`, lines with # are comments.
def csv($text):
  $text | split("\n") | map(select(length > 0 and (startswith("#") | not)) | split(",")) |
  .[0] as $keys | .[1:] | map([$keys, .] | transpose | map({key: .[0], value: .[1]}) | from_entries);
def published($text; $name): csv($text) | map(select(.series == $name) | {x: (.x | tonumber), y: (.y | tonumber)});

# A series as it was published, named so; what it shows is a thing of ours, too.
def printed($text; $name; $title; $panel; $source; $thing):
  published($text; $name) | series($title + ", published"; $panel; "published"; $source) | shows($thing);

# ---- claims: what was measured; figure.json has the bounds, and framelab judges ----

# Where records that a quantity needs are not there, or lack a key: it is missing, and the claim cannot be judged.
def needs($what): error({needs: $what});

# A number, or the quantity is missing: null would pass for 0.
def number: if type == "number" and (isinfinite or isnan | not) then . else needs("a record lacks a number") end;
def numbers_of(f): map(f | number);

# Of an array of numbers that must not be empty: jq's own give null, which is less than any number.
def some($what): if length > 0 then map(number) else needs($what) end;
def some_records: if length > 0 then . else needs("there is no record of it") end;
def least: some("there is no record of it") | min;
def most: some("there is no record of it") | max;

# What f gives, once, by the name that it has in figure.json. `of`: of which of several, or where it was the worst.
def quantity($name; of; f):
  ((try of catch null) // "") as $of |
  {name: $name} + (if $of == "" then {} else {of: $of} end) +
  (try {measured: ([f] | if length == 1 then .[0] | number else needs("there is no record of it") end)}
   catch {measured: null, missing: (.needs? // "records that it needs are not there")});
def quantity($name; f): quantity($name; null; f);

# A claim's quantities, and on which platform they were measured.
def claim($id; platform; quantities):
  {id: $id, platform: ((try platform catch "") // ""), quantities: [try quantities catch empty]};
def within($low; $high): . >= $low and . <= $high;

# ---- edits: records that are made what they are not, for tests; $x is what a quantity shall be ----

# A record's times: f is given the record, and is nanoseconds an operation of that phase, of every hart.
def set_ns($phase; f):
  . as $record | (f) as $ns |
  .phases |= map(if .name == $phase then .operations as $n | .hart_ns |= map($n * $ns) else . end);
# Of the records that are chosen; and those of others in place of some, under their name.
def edit(chosen; f): map(if .type == "bench" and (try chosen catch false) then f else . end);
def in_place_of(old; new; f): map(select(.type != "bench" or (try old catch false) != true)) | map(if .type == "bench" and (try new catch false) then f else . end);
