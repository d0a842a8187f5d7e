# SPDX-License-Identifier: MIT
# Rows of `framelab table` (results/times_table.c), whose statistics these are, arranged in panels and pictures: an overview,
# and of each section (platform and setting) the throughput and, size by size, the latencies.
# The input: [{rows, slow, fast, origin}].

def firsts(f): reduce (.[] | f) as $value ([]; if any(.[]; . == $value) then . else . + [$value] end);
def plural: if . == 1 then "" else "s" end;
def size: if .order != null then "order \(.order)" else "\(.frames) frames" end;

.[0] as $table |
($table.rows | map(select(.workload != "control" and .column != "null"))) as $rows |
($table.rows | map(select(.column == "null"))) as $nulls |
($rows | firsts(.column)) as $columns |

# What a column is in things.json; those that it does not know are others, as they come.
def known: {"baseline": "baseline", "lockfree": "lockfree", "baseline:origin": "baseline-origin"};
def thing: . as $column |
  known[.] // "other-\(($columns - (known | keys) | index($column)) % 6 + 1)";

# ---- panels: rows of one section, workload, phase, size ----

def throughput: map(select(.throughput_mops != null)) |
  {x: map(.harts), y: map(.throughput_mops), low: map(.throughput_mops * .median_ns / .q3_ns), high: map(.throughput_mops * .median_ns / .q1_ns)};
def latency($percentile): map(select(.[$percentile] != null and .[$percentile] > 0)) | {x: map(.harts), y: map(.[$percentile])};
def curves(f): . as $here |
  [$columns[] as $column | map(select(.column == $column)) | f | select(.x != []) | . + {of: $column, thing: ($column | thing), kind: "measured"}];
# As fast with each hart more: from the best of the fewest harts.
def ideal: map(select(.throughput_mops != null)) | select(length > 0) | (map(.harts) | min) as $least | (map(.harts) | max) as $most |
  (map(select(.harts == $least) | .throughput_mops) | max) as $best | select($most > $least) |
  {x: [$least, $most], y: [$best, $best * $most / $least], of: "linear scaling", thing: "ideal", kind: "model"};
# With the medians stands the harness's own, the clock's: below it nothing can be seen.
def clock: .[0] as $row |
  $nulls | map(select(.platform == $row.platform and .workload == $row.workload and .phase == $row.phase and .frames == $row.frames)) | sort_by(.harts) |
  latency("p50_ns") | select(.x != []) | . + {of: "reading the clock, p50", thing: "null", kind: "measured"};

def title: .[0] | "\(.workload) \(.phase), \(size)";
def panel($section; $column; $row):
  {section: $section, column: $column, row: $row, frames: .[0].frames, harts: (map(.harts) | unique), cores: .[0].cores};
def panels($section; $column; $sizes): . as $here |
  (panel($section; $column; (.[0].frames as $frames | $sizes | index($frames))) +
    {kind: "throughput", title: title, y: {label: "M operations / s", log: true}, curves: (curves(throughput) + [ideal])}),
  (["p50", "p99", "p99.9", "max"] | to_entries[] | .key as $i | .value as $name | ["p50_ns", "p99_ns", "p99.9_ns", "latency_max_ns"][$i] as $key |
    $here | panel($section; $column; $i) + {kind: "latency", title: "\(title): \($name)", y: {label: "ns", log: true},
      curves: ([if $i == 0 then clock else empty end] + curves(latency($key)))}) |
  select(any(.curves[]; .thing != "null"));

[$rows | firsts(.platform)[] as $platform | map(select(.platform == $platform)) | firsts(.setting)[] as $setting |
  map(select(.setting == $setting)) | sort_by(.harts)] as $sections |
def phases: . as $here | [$rows | firsts(.workload)[] as $workload | map(select(.workload == $workload)) | firsts(.phase)[] as $phase |
  {workload: $workload, phase: $phase} | . as $wanted | select(any($here[]; .workload == $wanted.workload and .phase == $wanted.phase))];
def sizes: map(.frames) | unique;
def of($phase): map(select(.workload == $phase.workload and .phase == $phase.phase));

[$sections | to_entries[] | .key as $s | .value as $section | ($section | sizes) as $sizes |
  ($section | phases | to_entries[]) as $phase | $sizes[] as $frames |
  $section | of($phase.value) | map(select(.frames == $frames)) | select(length > 0) | panels($s; $phase.key; $sizes)] as $drawn |

# ---- the ratio: every size and phase of a section, with the fewest harts and with one on each core ----

def times($harts): map(select(.column == $table.fast and .harts == $harts and .ratio != null)) | .[0].ratio;
def busiest: . as $all | map(select(.harts <= .cores) | .harts) | max // $all[0].harts;
def compared: . as $section | sizes as $sizes | phases as $phases |
  (if ($sizes | length) * ($phases | length) > 25 then [$sizes[0], $sizes[-1]] else $sizes end)[] as $frames | $phases[] as $phase |
  $section | of($phase) | map(select(.frames == $frames)) | select(length > 0) |
  {title: title, few: times(.[0].harts), many: times(busiest), harts: [.[0].harts, busiest]};
def has_ratio: any(.[]; .column == $table.fast and .ratio != null);
($sections | map(has_ratio) | index(true) // 0) as $story |
([$sections[$story] | select(has_ratio) | [compared] | reverse | to_entries[] | .value + {place: (.key + 1)}]) as $ratios |
($ratios | map([.few, .many, 1][] | numbers)) as $all_ratios |
def points(f): map(select(f != null)) | {x: map(.place), y: map(f)};
($ratios | map(.many //= .few | .few //= .many)) as $both |
[select($ratios != []) | {
  kind: "ratio", section: $story, title: "How many times faster \($table.fast) is", names: ($ratios | map({key: "\(.place)", value: .title}) | from_entries),
  y: {label: "time of \($table.slow) / time of \($table.fast)", log: true},
  curves: ([
    ($ratios | points(.few) + {of: "fewest", thing: "fewest-harts", kind: "measured"}),
    ($both | map(select(.many != null)) | points(.many) + {of: "busiest", thing: "most-harts", kind: "measured", low: map([.few, .many] | min), high: map([.few, .many] | max)})] |
    map(select(.x != [])))}] as $ratio |

# ---- all of them, numbered: a panel's id, a curve's block ----

def section_name: $sections[.][0] | "\(.platform), \(if .setting == "" then "default knobs" else .setting end)";
($drawn + $ratio | to_entries | map(.value + {id: "p\(.key)"})) as $panels |
[$panels[] as $panel | $panel.curves[] | . + {panel: $panel}] | to_entries | map(.value + {block: .key}) as $series |
def blocks($id): [$series[] | select(.panel.id == $id)];

# ---- pictures ----

def describe($spread): . as $s | $sections[.] as $section | $section[0] as $row | ($row.platform == "sim") as $sim | $table.origin as $origin |
  {where: ([if $sim then empty else $origin.machine end,
            (section_name | sub("^(?<p>[^,]*)"; "\(.p)\(if $sim then ", simulated time" elif $row.platform == "host" then "" else ", whose clock means nothing" end)")),
            $origin.version, $origin.date] | map(select(. != "")) | join(" · ")),
   limits: (if $sim then "\($spread). A model's times: good for ranking and growth."
            else "\($spread). \(if any($section[]; .harts > .cores) then "Shaded: more harts than cores, throughput as a lower bound. " else "" end)Nothing here tells of more than \($row.cores) core\($row.cores | plural)." end)};
# Of each thing one series, whose line type is its.
def legend: [.[].id as $id | blocks($id)[]] | . as $here |
  [($columns + ["reading the clock, p50", "linear scaling"])[] as $name | [$here[] | select(.of == $name)] | select(length > 0) | .[0]];
def decade(f): [.curves[] | ((.low // .y) + .y + (.high // .y))[] | select(. > 0)] | f | log10;
def set:
  {across: (map(.column) | max + 1), down: (map(.row) | max + 1), y_label: .[0].y.label, y_log: (if .[0].y.log then 1 else 0 end),
   legend: (legend | map(.of)), legend_style: (legend | map(.block + 1)),
   panel_low: map(pow(10; decade(min) | floor)), panel_high: map(pow(10; decade(max) | ceil)),
   panel_title: map(.title), panel_column: map(.column), panel_row: map(.row), panel_cores: map(.cores),
   panel_harts: map(.harts | map(tostring) | join(" ")),
   panel_name: map(.id)};

# Of the first workload the first phase, of the others the last, for the smallest and the largest size.
def overview: [$panels[] | select(.kind == "throughput" and .section == $story)] |
  ($sections[$story] | phases) as $phases | ($phases | firsts(.workload)) as $workloads |
  ($workloads[:3] | map(. as $w | [$phases | to_entries[] | select(.value.workload == $w).key] | if $w == $workloads[0] then .[0] else .[-1] end)) as $chosen |
  (map(.row) | unique | [.[0], .[-1]] | unique) as $rows |
  map(select((.column | [.] | inside($chosen)) and (.row | [.] | inside($rows))) | .column as $c | .row as $r | .column = ($chosen | index($c)) | .row = ($rows | index($r)));
def block($of): [$series[] | select(.panel.kind == "ratio" and .of == $of).block + 1] | .[0] // 0;
def ratio_set: select($ratio != []) | $ratios[-1].harts as $harts |
  {ratio_title: $ratio[0].title, ratio_label: ($ratio[0].y.label + ", log scale"), ratio_few: block("fewest"),
   ratio_many: (if $harts[0] == $harts[1] then 0 else block("busiest") end), ratio_span: block("busiest"),
   few_text: "\($harts[0]) hart\($harts[0] | plural)", many_text: "\($harts[1]) harts",
   ratio_low: ($all_ratios | min), ratio_high: ($all_ratios | max), place_text: ($ratios | map(.title))};

def suffix: $sections[.][0] | [if .platform == "host" then empty else .platform end, .setting] | join("-") |
  ascii_downcase | gsub("[^a-z0-9]+"; "-") | sub("^-"; "") | sub("-$"; "") | if . == "" then "" else "-" + .[:32] end;
def pictures:
  {name: "overview", set: (overview | select(length > 0) | set + ($story | describe("Medians over repeats, bars: quartiles")) +
    {overview: 1, heading: "Page-frame allocation: throughput of all harts together"} + ([ratio_set][0] // {}))},
  (range($sections | length) as $s | ($s | suffix) as $suffix |
    ([$panels[] | select(.kind == "throughput" and .section == $s)] | select(length > 0) |
      {name: "throughput\($suffix)", set: (set + ($s | describe("Medians over repeats, bars: quartiles")) + {heading: "Throughput of all harts together"})}),
    ($sections[$s] | sizes[]) as $frames |
    [$panels[] | select(.kind == "latency" and .section == $s and .frames == $frames)] | select(length > 0) |
      {name: "latency-\([$rows[] | select(.frames == $frames)][0] | if .order != null then "order-\(.order)" else "frames-\(.frames)" end)\($suffix)",
       set: (set + ($s | describe("Medians over repeats, max of all; the clock's own cost is in them")) + {heading: "Latency of single operations"})});
# Names that two sections share get a number.
def numbered: reduce .[] as $picture ([]; . as $before | ([$before[] | select(.base == $picture.name)] | length) as $n |
  . + [$picture + {base: $picture.name} | if $n > 0 then .name += "-\($n + 1)" else . end]) | map(del(.base));

{
  panels: ($panels | map({id, title, x: ({label: "harts"} + if .names then {label: "", names} else {} end), y})),
  series: ($series | map({name: .of, panel: .panel.id, kind, thing,
    source: ($sections[.panel.section][0].platform), x, y} + if .low then {low, high} else {} end)),
  tables: [],
  pictures: ([pictures] | numbered)
}
