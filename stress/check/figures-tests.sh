#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `framelab figures`: a figure is a folder, and nothing else is needed for one; what was run is kept, what was stopped
# is run again; verdicts decide the exit status; what is broken is named. Then the figures of papers/ themselves, as far
# as they need no time to be measured; and jq's own fits, on numbers whose answer is known.
#
#   stress/check/figures-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
here=$(realpath "$(dirname "$0")")
framelab=$(realpath "${1:?usage: stress/check/figures-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")/framelab
papers=$(realpath "$(dirname "$0")/../../papers")
rm -rf "${2:?usage: stress/check/figures-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}"
mkdir -p "$2/papers/small"
cd "$2" || exit 1
timeout=$(command -v timeout)
# shellcheck source=stress/check/verdicts.sh
. "$here/verdicts.sh"

# ends STATUS PATTERN ARGUMENT...: framelab figures ends so, or in one of several ways, and says so.
ends() {
    local wanted=$1 pattern=$2 status good=false
    shift 2
    $timeout 300 "$framelab" figures "$@" >out 2>err </dev/null
    status=$?
    [[ " $wanted " == *" $status "* ]] && cat out err | grep -qE -- "$pattern" && good=true
    outcome "status $wanted, '$pattern': figures $*" $good "status $status, $(cat out err | tail -n 1)"
}

small() { # argument...: for the folder that this test makes
    local wanted=$1 pattern=$2
    shift 2
    ends "$wanted" "$pattern" --papers papers --out latest "$@"
}

outcomes() { # how each run of the figure came about, by id
    jq -r '[.figures[] | select(.key == "small") | .runs[] | .id + " " + .outcome] | join(", ")' latest/summary.json
}

# Three medians of the shared counter, by jq and by the table, to the digits that the table has.
medians_agree() {
    diff <(jq -r '.series[0].y[] | . * 100 | round' latest/small/series.json) \
        <("$framelab" table --format json latest/small/records.jsonl 2>/dev/null |
            jq '.rows[] | select(.variant == "shared-counter") | .median_ns * 100 | round')
}

# ---- a figure is a folder ----

cp "$papers"/lib.jq "$papers"/*.gp "$papers"/things.json papers/
cat >papers/small/figure.json <<'END'
{
  "key": "small", "title": "Two counters's growth", "citation": "nobody", "shows": "nothing",
  "panels": [{"id": "all", "title": "all", "x": {"label": "harts", "log": true}, "y": {"label": "ns"}}],
  "runs": [
    {"id": "shared", "command": ["primitives", "--platform", "sim", "--machine", "flat", "--harts", "{harts}",
     "--repeat", "2", "shared-counter"],
     "tiny": {"harts": "1,2,4", "seconds": 1}, "quick": {"harts": "1,2,4,8", "seconds": 1}},
    {"id": "own", "command": ["primitives", "--platform", "sim", "--harts", "1,2,4", "--repeat", "2", "own-counters"],
     "tiny": {"seconds": 1}}
  ],
  "claims": [
    {"id": "A", "text": "a shared counter grows", "published": "2", "kind": "foretold", "source": "here",
     "check": "4 harts over 1", "platforms": ["sim"],
     "quantities": [{"name": "growth", "unit": "times", "published": 2, "low": 0.25, "high": 8, "above": 1.5,
                     "edit": "."}]},
    {"id": "B", "check": "4 harts over 1", "platforms": ["sim"], "kind": "by construction",
     "quantities": [{"name": "growth", "low": 1.5, "high": 9, "edit": "."}],
     "text": "so does a counter of one's own", "published": "2", "source": "here", "deviation": "it does not"}
  ]
}
END
cat >papers/small/series.jq <<'END'
include "lib";
bench as $all |
{ series: [("shared", "own") as $run | $all | of_run($run) | by_harts(ns("op"))
  | select(length > 0) | series($run; "all"; "measured"; "sim") | shows($run | if . == "own" then "own-counters" else "shared-counter" end; "sim")],
  tables: [{title: "Growth", columns: ["run", "harts"], rows: [["shared", 4]]}] }
END
cat >papers/small/claims.jq <<'END'
include "lib";
bench as $all |
def growth($run): $all | of_run($run) | by_harts(ns("op")) | at(4) / at(1);
[claim("A"; "sim"; quantity("growth"; growth("shared"))), claim("B"; "sim"; quantity("growth"; growth("own")))]
END
cat >papers/small/plot.gp <<'END'
legend = 2
load papers . "/common.gp"
panel = "all"
load papers . "/panel.gp"
plot @curves
END

ends 0 'small +2 claims +2 s +Two counters' --papers papers --list --tiny
small 0 'foretold: 1 hold, 0 in direction only, 0 do not hold, 0 cannot be judged' --tiny
check "all runs were measured" test "$(outcomes)" = "shared measured, own measured"
small 0 'by construction: 0 hold, 0 in direction only, 1 do not hold, 0 cannot be judged' --tiny
small 0 'of those that do not hold 0 were not known not to' --tiny
check "each file is there" test -s latest/small/records.jsonl -a -s latest/small/series.json -a -s \
    latest/small/verdicts.json
check "tables are for people, too" grep -qE '^\| *shared *\| *4 *\|$' latest/small/tables.md
drawn_in() { # colour, as gnuplot writes it
    grep -qE "stroke='(black|rgb\( *$1\))'" latest/small/figure.svg
}
check "the picture is an SVG with the shared counter's curve" drawn_in '0, *0, *0'
check "and with that of counters of one's own" drawn_in '0, *158, *115'
check "things are kept beside the series" jq -e \
    '(.things | map(.id)) == ["shared-counter", "own-counters"] and .series[0].thing == "shared-counter"' latest/small/series.json
check "the other is a PDF" grep -aq '^%PDF' latest/small/figure.pdf
check "records know their run" test "$(grep -c '^{"run":"own","type":"bench"' latest/small/records.jsonl)" -eq 6
check "framelab table reads them" "$framelab" table latest/small/records.jsonl
check "medians are those of framelab table" medians_agree
check "a verdict has number, factor, interval and platform" jq -e '.[0] | .verdict == "holds" and .platform == "sim" and
    (.quantities[0] | .measured > 1.5 and .factor == .measured / 2 and .in and .low == 0.25 and .high == 8)' \
    latest/small/verdicts.json

# ---- what was kept is drawn again, of its records alone ----

mkdir -p kept/small
cp latest/summary.json kept/ && gzip -9nc latest/small/records.jsonl >kept/small/records.jsonl.gz
small 0 '^again/small/figure.svg$' --redraw kept --out again
check "the same points" cmp again/small/series.json latest/small/series.json
check "the same picture" cmp again/small/figure.svg latest/small/figure.svg
check "and its entry" jq -e '.figures[0] | .status == "made" and (.claims | length) == 2' again/summary.json
mkdir -p otherwise/small && cp papers/*.* otherwise/ && cp papers/small/* otherwise/small/
sed 's/"title": "all"/"title": "both"/' papers/small/figure.json >otherwise/small/figure.json
ends 0 '^again/small/figure.svg$' --papers otherwise --redraw again
check "panels are those of today" jq -e '.figures[0].panels[0].title == "both"' again/summary.json
truncate -s -10 kept/small/records.jsonl.gz
small 1 'kept/small/records.jsonl.gz: ' --redraw kept --out again
small 1 'nowhere/summary.json: ' --redraw nowhere --out again
small 2 '--redraw does not go with --tiny' --redraw kept --tiny

# ---- what was run is kept ----

small 0 'foretold: 1 hold' --tiny
check "and not run again" test "$(outcomes)" = "shared kept, own kept"
small 0 'by construction: 0 hold, 0 in direction only, 0 do not hold, 1 cannot be judged' --quick
check "another level runs what it needs" test "$(outcomes)" = "shared measured"
rm latest/cache/"$(jq -r '.figures[0].runs[0].key' latest/summary.json)".jsonl
small 0 'foretold: 1 hold' --quick
check "what is lost is run again" test "$(outcomes)" = "shared measured"

# What is not whole is not believed, however it was damaged: it is told, and measured again.
damaged() { # name command-on-file [jsonl|json]
    local file
    # shellcheck disable=SC2034 # in what is evaluated
    file=latest/cache/$(jq -r '.figures[0].runs[0].key' latest/summary.json).${3:-jsonl}
    eval "$2" # it names $file
    small 0 'foretold: 1 hold' --quick
    check "$1: it is measured again" test "$(outcomes)" = "shared measured"
    check "$1: and that is told" grep -q 'is not what was measured' err
    small 0 'foretold: 1 hold' --quick
    check "$1: once" test "$(outcomes)" = "shared kept"
}
damaged "records cut in a line" 'truncate -s -10 "$file"'
damaged "records cut behind a line" 'sed -i "\$d" "$file"'
damaged "records that are empty" ': >"$file"'
damaged "records that were changed" 'sed -i "s/seed\":1/seed\":2/" "$file"'
damaged "what is known of them is cut" 'truncate -s 20 "$file"' json
truncate -s -100 latest/summary.json
small 0 'foretold: 1 hold' --quick
check "a summary that was cut is told" grep -q 'summary.json: line .* is lost' err
check "and whole again" jq -e '.figures[0].status == "made"' latest/summary.json
damaged "what is known of them is lost" 'rm "$file"' json

# A long run is interrupted behind a short one; the short one is kept, of the long one nothing.
jq '.runs += [{id: "long", command: ["primitives", "--harts", "1", "--repeat", "100000"], tiny: {seconds: 100}}] |
    .runs[0].tiny.harts = "1,4"' papers/small/figure.json >long.json
mkdir -p long/small && cp papers/*.* long/ && cp papers/small/* long/small/ && cp long.json long/small/figure.json
"$framelab" figures --papers long --out latest --tiny >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do
    if compgen -G 'latest/cache/*.part' >/dev/null && [ "$(find latest/cache -name '*.jsonl' | wc -l)" -ge 4 ]; then
        break; fi
    sleep 0.05
done
kill -INT $pid
wait $pid
status=$?
check "interrupted: status 130" test $status -eq 130
check "and says so" grep -q 'interrupted; runs that had ended are kept' err
check "no half of a run is left" test -z "$(compgen -G 'latest/cache/*.part')"
cp papers/small/figure.json long/small/ && jq '.runs[0].tiny.harts = "1,4"' papers/small/figure.json \
    >long/small/figure.json
ends 0 'foretold: 1 hold' --papers long --out latest --tiny
check "a run that had ended before is kept" test "$(outcomes)" = "shared kept, own kept"

# ---- over seeds and machines ----

# B is made to hang on the seed, and A on what the machine costs.
mkdir -p varied/small && cp papers/*.* varied/ && cp papers/small/* varied/small/
sed -i 's/quantity("growth"; growth("own"))/quantity("growth"; if ($all[0].seed) <= 4 then 2 else 1 end)/' \
    varied/small/claims.jq
jq '.claims[0].quantities[0] |= (.published = 1 | .low = 0.1 | .high = 10000) |
    .runs[0].command |= map(sub("shared-counter"; "ticket-lock"))' papers/small/figure.json >varied/small/figure.json
ends 0 'A .*foretold' --papers varied --out latest --tiny
jq --argjson cost "$(jq '.series[0].y | last / first' latest/small/series.json)" '.claims[0].quantities[0] |=
    (.low = $cost * 0.9 | .high = $cost * 1.1)' varied/small/figure.json >varied.json
cp varied.json varied/small/figure.json
ends 0 '4 of 10' --papers varied --out latest --tiny --varied
check "a verdict says how often it came out" jq -e \
    'map(.stable | map("\(.held) of \(.of) over \(.over)") | join("; ")) ==
        ["10 of 10 over seeds 1-10; 0 of 2 over costs 0.7, 1.3", "4 of 10 over seeds 1-10; 2 of 2 over costs 0.7, 1.3"]' \
    latest/small/verdicts.json
check "no trace of variations is left" test -z "$(compgen -G 'latest/small/varied*')"
ends 0 '1 of 1' --papers varied --out latest --tiny --jobs 1
check "once is 1 of 1" jq -e 'all(.stable == [{held: 1, of: 1, over: "this run"}])' latest/small/verdicts.json
ends 2 'jobs' --jobs 0

# ---- verdicts, and what goes wrong ----

broken() { # status pattern file sed-script: one change to the folder
    rm -rf broken && cp -r papers broken
    sed "$4" "papers/small/$3" >"broken/small/$3"
    cmp -s "papers/small/$3" "broken/small/$3" && outcome "the change to $3 changes something" false "$4"
    ends "$1" "$2" --papers broken --out latest --tiny
}
broken 1 'B does not hold: growth 1: not 1.5 to 9' figure.json 's/, "deviation": "it does not"//'
broken 0 'B: holds, though a deviation is known' claims.jq 's/growth("own")/2/'
broken 0 'A direction only: growth .* times, .* of the published: not 4 to 8' figure.json 's/"low": 0.25/"low": 4/'
broken 1 'A does not hold: growth .* times, .* of the published: not above 50' figure.json 's/"above": 1.5/"above": 50/'
broken 2 'claims\[0\].quantities\[0\].: low is above high' figure.json 's/"low": 0.25/"low": 9/'
broken 2 'claims\[0\].quantities\[0\].edit: is missing' figure.json 's/8, "above": 1.5,$/8}]},/; /"edit": "."}]},$/d'
broken 2 "claims\[0\].kind: is 'counted'" figure.json 's/"foretold"/"guessed"/'
broken 2 'broken/small/figure.json: claims\[1\].check: is missing' figure.json \
    '/"id": "B"/s/"check": "4 harts over 1", //'
broken 2 'broken/small/figure.json: panels\[0\].z.label: is missing' figure.json 's/"y": {"label": "ns"}/&, "z": {}/'
broken 2 'broken/small/figure.json: panels\[0\].y.names: must be an object' figure.json \
    's/"y": {"label": "ns"/&, "names": "a"/'
sed 's/"triangle-down"/"square"/' papers/things.json >alike.json
mkdir -p alike && cp -r papers/* alike/ && cp alike.json alike/things.json
ends 2 'alike/things.json: things\[[0-9]+\]: .* another thing has its colour and its marker' --papers alike --tiny
broken 2 'broken/small/figure.json: line [0-9]+: ' figure.json 's/"panels"/panels/'
broken 1 "small: failed: run own: framelab primitives: there is no primitive 'their-counters'" figure.json \
    's/"own-counters"/"their-counters"/'
broken 1 'small: failed: jq: error.*nothing/0 is not defined' claims.jq 's/growth("own")/nothing/'
broken 1 "small: failed: claims.jq: claim 'B': it must be judged exactly once" claims.jq \
    's/, claim("B".*$/]/'
broken 1 "claim 'B': it has a quantity that figure.json does not have" claims.jq \
    's/claim("B"; "sim"; quantity("growth"/claim("B"; "sim"; quantity("fall"/'
broken 1 "claim 'B': the platform is not one" claims.jq 's/claim("B"; "sim"/claim("B"; "host"/'
broken 1 "small: failed: series.jq: series 'shared': figure.json has no panel 'none'" series.jq 's/"all"/"none"/'
broken 1 "small: failed: series.jq: series 'shared': things.json has no thing 'them'" series.jq \
    's/shows(.*; "sim")/shows("them"; "sim")/'
broken 1 "small: failed: series.jq: series 'shared': platform is host, sim or qemu" series.jq \
    's/end; "sim")/end; "moon")/'
broken 1 'small: failed: .*plot.gp.* line 5: ' plot.gp 's/^plot/draw/'
check "a picture that could not be drawn is not an old one" test ! -e latest/small/figure.png -a ! -e \
    latest/small/verdicts.json
# QEMU without a kernel: the run is left out, and only the claim that needs it cannot be judged.
broken 0 'B cannot be judged: growth: records that it needs are not there' figure.json \
    's|"--platform", "sim", .* "own-counters"|"--platform", "qemu", "--kernel", "nowhere"|
     s|\["primitives", "--platform", "qemu"|["bench", "--platform", "qemu"|'
check "and the reason is kept" jq -e '.figures[0].runs[1] | .outcome == "skipped" and (.why | test("nowhere"))' \
    latest/summary.json
ends 2 "there is no figure 'nothing'; there are" --papers papers --only small,nothing
ends 2 'nowhere: no such directory of figures' --papers nowhere
ends 2 "format is text or json, not 'csv'" --format csv
mkdir -p tools/no-gnuplot tools/no-jq
ln -s "$(command -v jq)" tools/no-gnuplot/jq
ln -s "$(command -v gnuplot)" tools/no-jq/gnuplot
lacks() { # tool
    PATH=$PWD/tools/no-$1 "$framelab" figures --papers papers --out latest >out 2>&1 </dev/null
    test $? -eq 77 && grep -qx "framelab figures: skipped: there is no $1 on this machine.*" out &&
        test "$(wc -l <out)" -eq 1
}
check "without gnuplot: 77, in one line" lacks gnuplot
check "without jq: 77, in one line" lacks jq

# ---- the figures themselves ----

# A figure that is nothing without time has no tiny level, and no points then.
# What is counted holds at any level; what is foretold is judged in the reference run, at sizes in steady state.
ends '0 1' 'counted: [0-9]+ hold, 0 in direction only, 0 do not hold, 8 cannot be judged' --tiny --out first
for series in first/*/series.json; do
    key=$(basename "$(dirname "$series")")
    check "$key: a claim is judged" jq -e 'any(.verdict != "cannot be judged")' "first/$key/verdicts.json"
    check "$key: has a README" test -s "$papers/$key/README.md"
    check "$key: every claim is in the README" bash -c \
        'jq -r ".[].id" "$1" | while read -r id; do grep -qE "\| *$id *\|" "$2" || { echo "no $id" && exit 1; }; done' \
            - "first/$key/verdicts.json" "$papers/$key/README.md"
done

# ---- one colour and one marker for one thing ----

names_no_looks() { # plot.gp: no colour, marker or line type but by the thing's, no form of numbers of its own
    ! grep -nE '#[0-9a-fA-F]{6}|0x[0-9a-fA-F]|rgb *["'"'"']|\<(lt|lc|pt|dt|linetype|pointtype|dashtype) *\(?[-0-9"]|format *["'"'"']' "$1"
}
for plot in "$papers"/*/plot.gp; do
    check "$(basename "$(dirname "$plot")"): plot.gp names no colour, marker or line type" names_no_looks "$plot"
done
sed 's/^plot @curves/plot data using 1:2 with lines lt 3/' papers/small/plot.gp >looks.gp
names_no_looks looks.gp >/dev/null && outcome "and one that does is found" false "$(cat looks.gp)"
# Of a map, whose series are rows, colours are values.
is_told='[.panels[] | select(.z).id] as $maps | .series | all(.thing != null) and
    (map(select(.panel as $panel | $maps | index($panel) | not)) | group_by([.panel, .thing, .kind, .platform]) | all(length == 1))'
for series in first/*/series.json "$papers"/../results/reference/figures/*/series.json; do
    key=$(basename "$(dirname "$series")")
    check "${series%%/*} $key: each series is a thing, told apart from all others of its panel" bash -c \
        'jq -s ".[0] + {panels: .[1].panels}" "$1" "$2" | jq -e "$3" >/dev/null' - "$series" "$papers/$key/figure.json" "$is_told"
done

# Without time nothing differs from run to run: same build, same series.
ends '0 1' 'counted: 2 hold, 0 in' --tiny --only lock-collapse,perfbook-smpalloc --out second
for series in second/*/series.json; do
    check "$(basename "$(dirname "$series")"): the same points again" cmp "$series" "first/${series#second/}"
done

# Whatever a machine cannot run is missing from the records; series and verdicts must be made of the rest.
made_of() { # key platform
    local program
    jq -c --arg platform "$2" 'select(.platform == $platform)' "first/$1/records.jsonl" >some.jsonl
    for program in series claims; do
        jq --slurp -L "$papers" --rawfile published "$papers/$1/published.csv" --arg level tiny -f \
            "$papers/$1/$program.jq" some.jsonl >"some-$program.json" || return 1
    done
    jq -e --slurpfile figure "$papers/$1/figure.json" \
        'map(.id) == ($figure[0].claims | map(.id)) and all(.[].quantities[]; .measured != null or (.missing | length > 0))' \
            some-claims.json >/dev/null
}
for figure in first/*/series.json; do
    key=$(basename "$(dirname "$figure")")
    for platform in none qemu sim; do
        check "$key: of records of $platform alone" made_of "$key" $platform
    done
done

# ---- lib.jq, where the answer is known ----

fits() { # what program
    check "lib.jq: $1" jq -en -L "$papers" "include \"lib\"; def near(\$x): (. - \$x | fabs) < 1e-6; $2"
}
fits "exponent of x^1.9" '[1, 2, 3, 5, 26 | [., 7 * pow(.; 1.9)]] | exponent | near(1.9)'
fits "the closed form finds its own s and c" \
    '[2, 4, 16, 26 | [., . * (63 + 95 * . / 2)]] | collapse_fit | (.s | near(63)) and (.c | near(95))'
fits "quantiles" '([3, 1, 2] | median == 2) and ([1, 2, 3, 4] | quantile(0.25) | near(1.75))
    and ([5] | quantile(0.9) == 5)'
fits "errors in percent" '[[100, 110], [100, 70]] | errors | (.mean | near(20)) and (.worst | near(30))'
host='def host($harts; $ns): {platform: "host", harts: $harts, core: {turns: 10, hart_ns: [range($harts) | $ns * 10]}};'
fits "two real cores" "$host [range(3) | host(1; 5), host(2; 5.1)] | cores_not_real(2) == null"
fits "two threads of one core" \
    "$host [range(9) | host(1; 5), host(2; 9)] | cores_not_real(2) | test(\"not real.*1.8 times\")"
fits "real cores, seldom idle" \
    "$host [range(9) | host(1; 5), host(2; 9)] + [host(2; 5), host(2; 5)]
    | cores_not_real(2) | test(\"only 2 repeats\")"
fits "real cores, not idle for one measurement" \
    "$host [range(3) | host(1; 5), host(2; 5), host(2; 8) + {burst: 7}] | cores_not_real(2) | test(\"only 0 repeats\")"
fits "no control, no verdict" '[{platform: "host", harts: 2}] | cores_not_real(2) | test("no record")'
fits "disturbed records are left out" "$host [(5, 5, 5.4, 6) as \$ns | host(2; \$ns)] | undisturbed | length == 3"
fits "but not from fewer than three others" "$host [host(2; 5), host(2; 5.4), host(2; 6)] | undisturbed | length == 3"

# What is disturbed is said twice, in C and in jq; of a run on a busy machine both leave out the same repeats.
left_out_alike() {
    local records=$papers/../results/reference/records.jsonl
    "$framelab" table --format json "$records" 2>/dev/null | jq '[.rows[].left_out] | add' >by-table
    jq --slurp -L "$papers" \
        'include "lib"; def phases: map(.phases | length) | add; bench | phases - (undisturbed | phases)' \
        "$records" >by-lib
    test "$(<by-table)" -gt 0 && cmp by-table by-lib
}
check "lib.jq: leaves out what the table leaves out" left_out_alike
exit $failed
