#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `framelab report`: the page has all of what was made and nothing from elsewhere; texts of the data stay texts; what is
# broken is named, and then nothing is written. How the page behaves in a browser: report-browser.sh.
#
#   stress/check/report-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
set -u
here=$(realpath "$(dirname "$0")")
framelab=$(realpath "${1:?usage: stress/check/report-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")/framelab
rm -rf "${2:?usage: stress/check/report-tests.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}"
mkdir -p "$2"
cd "$2" || exit 1
timeout=$(command -v timeout)
# shellcheck source=stress/check/verdicts.sh
. "$here/verdicts.sh"

# ends STATUS PATTERN ARGUMENT...: framelab report ends so, and says so in one line.
ends() {
    local wanted=$1 pattern=$2 status good=false
    shift 2
    $timeout 60 "$framelab" report "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$wanted" ] && cat out err | grep -qE -- "$pattern" && [ "$(cat out err | wc -l)" -le 2 ] && good=true
    outcome "status $wanted, '$pattern': report $*" $good "status $status, $(cat out err | tail -n 1)"
}

equal() { # one other
    [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }
}

# How often a pattern occurs in a page.
occurs() { # page pattern
    grep -oE -- "$2" "$1" | wc -l
}

count_is() { # page pattern number
    equal "$(occurs "$1" "$2")" "$3"
}

has_figures_only() {
    if "$framelab" figures --list | grep '^report '; then return 1; fi
}

# ---- what was made is there ----

"$here/report-fixture.sh" "$framelab" fixture >fixture.log 2>&1
status=$?
if [ $status -eq 77 ]; then
    echo "skip - framelab report: $(tail -n 1 fixture.log)"
    exit 77
fi
check "a directory of figures" equal $status 0
figures=fixture/figures
"$framelab" report --out first.html $figures >out 2>&1
if [ $? -eq 77 ]; then
    echo "skip - framelab report: $(cat out)"
    exit 77
fi
page=$figures/report.html
ends 0 "report.html: 2 figures; .*fitted: $(jq '[.figures[].claims[] | select(.kind == "fitted" and .verdict == "holds")] |
    length' $figures/summary.json) hold" $figures

claims() { jq -r '.figures[] | .key as $key | .claims[] | "claim-\($key)-\(.id)"' $figures/summary.json; }
for id in $(claims); do
    check "$id has its place" count_is $page "<article class=\"claim [a-z]*\" id=\"$id\"" 1
done
check "each verdict stands at its claim and in the table" \
    count_is $page 'class="badge good"' "$((2 * $(jq '[.figures[].claims[] | select(.verdict == "holds")] | length' \
        $figures/summary.json)))"
check "how to repeat it stands at each claim and figure" \
    count_is $page '<code>framelab figures --only [a-z-]* --tiny</code>' "$(($(claims | wc -l) + 2))"

# The picture is the file, to the byte; the chart's data are the series: the same numbers, which releases of jq print
# otherwise (what was computed with is a double, what was not keeps its digits).
picture_of() { grep -o 'src="data:image/svg+xml;base64,[^"]*"' "$page" | sed -n "$1s/.*base64,//p" | tr -d '"' |
    base64 -d; }
data_of() { sed -n '/class="chart-data"/,/<\/script>/p' "$page" | grep '^{' | sed -n "$1p"; }
same_picture() { picture_of "$1" | cmp - "$figures/$2/figure.svg"; }
numbers='walk(if type == "number" then . + 0 else . end)'
same_series() { jq -es "map(.series | $numbers) | .[0] == .[1]" <(data_of "$1") "$figures/$2/series.json" >/dev/null; }
same_things() { jq -es 'map(.things // []) | .[0] == .[1]' <(data_of "$1") "$figures/$2/series.json" >/dev/null; }
# What a reader may take: the picture and the records as they lie there, the points as a table.
download() { # name
    grep -oE "download=\"$1\" href=\"data:[a-z/-]+;base64,[A-Za-z0-9+/=]*" "$page" | sed 's/.*base64,//' | base64 -d; }
same_pdf() { download "$1.pdf" | cmp - "$figures/$1/figure.pdf"; }
same_records() { download "$1-records.jsonl.gz" | gzip -dc | cmp - "$figures/$1/records.jsonl"; }
all_points() {
    equal "$(download "$1.csv" | wc -l)" "$(jq '[.series[].x[]] | length + 1' "$figures/$1/series.json")" &&
        equal "$(download "$1.csv" | sed -n 2p)" "$(jq -r '.series[0] |
            [.name, .panel, .kind, .source, .x[0], .y[0], .low[0]?, .high[0]?] | @csv' "$figures/$1/series.json")"
}
linked() {
    local url
    for url in $(jq -r ".figures[] | select(.key == \"$1\").links[].url" "$figures/summary.json"); do
        count_is "$page" "<a href=\"$url\" rel=\"noreferrer\">" \
            "$(jq "[.figures[].links[] | select(.url == \"$url\")] | length" "$figures/summary.json")" || return 1
    done
}
i=0
for key in $(jq -r '.figures[].key' $figures/summary.json); do
    i=$((i + 1))
    check "$key: the picture" same_picture $i "$key"
    check "$key: the series" same_series $i "$key"
    check "$key: the things that it shows" same_things $i "$key"
    check "$key: the picture to take" same_pdf "$key"
    check "$key: the points to take" all_points "$key"
    check "$key: the records to take" same_records "$key"
    check "$key: the works cited" linked "$key"
done
check "each work that a figure cites has an address" jq -es \
    'map(select(.runs != [] and (.citation | startswith("framelab:") | not) and (.links // []) == [])) == []' \
    "$here"/../../papers/*/figure.json
check "panels are named by words" jq -es 'map(.panels[].title | select(test("^ *(panel )?[0-9]*$"; "i"))) == []' \
    "$here"/../../papers/*/figure.json
commit=$(jq -r 'select(.type == "provenance") | .framelab.commit' $figures/lock-collapse/records.jsonl | head -n 1 |
    cut -c -12)
check "the commit is named" grep -qF "commit $commit" $page
check "what each platform can show" grep -q 'id="platforms"' $page

# ---- one file ----

# No address but within the page, of inlined data, or of a link that somebody has to follow; the library, too, asks for
# nothing. A file that is too large to be part of the page lies beside it.
loads_nothing() { # page
    ! grep -oE '(src|action|srcset|poster)="[^"]*"' "$1" | grep -vE '="data:image/svg' &&
        ! grep -oE '<[a-z]+( [a-z-]+="[^"]*")* href="[^"]*"' "$1" |
        grep -vE '<a( [a-z-]+="[^"]*")* href="(#|https?://|[a-z-]+/records\.jsonl)|<a download="[^"]*" href="data:' &&
        ! grep -nE '<(link|iframe|object|embed|base|form)|@import|url\((["'\'']?)(http|//|file)' "$1" &&
        ! grep -nE 'fetch\(|XMLHttpRequest|WebSocket|import\(|eval\(|innerHTML' "$1"
}
check "it loads nothing" loads_nothing $page
policy="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
check "its policy allows nothing else" grep -qF "content=\"$policy; form-action 'none'\"" $page
says_no_path() { ! grep -nE "$(pwd)|/tmp/|/home/" "$page"; }
check "it says nothing of this machine's folders" says_no_path

balanced() { # page
    local tag
    for tag in section article table tr td dl dd figure div script a li; do
        equal "$tag $(occurs "$1" "<${tag}[ >]")" "$tag $(occurs "$1" "</$tag>")" || return 1
    done
}
check "each element is closed" balanced $page
unique_ids() { equal "" "$(grep -oE ' id="[^"]*"' "$1" | sort | uniq -d)"; }
check "ids are unique" unique_ids $page
leads_somewhere() {
    local link
    # shellcheck disable=SC2013 # names, each a word
    for link in $(grep -oE 'href="#[^"]*"' "$page" | sed 's/href="#//; s/"//' | sort -u); do
        grep -qF " id=\"$link\"" "$page" || { echo "#$link"; return 1; }
    done
}
check "links within the page lead somewhere" leads_somewhere

# ---- kinds, verdicts, factors ----

judged=fixture/judged/report.html
ends 0 'report.html: 2 figures' fixture/judged
all=$(jq '[.figures[].claims[]] | length' $figures/summary.json)
for kind in counted foretold fitted "by construction"; do
    n=$(jq --arg kind "$kind" '[.figures[].claims[] | select(.kind == $kind)] | length' fixture/judged/summary.json)
    check "$kind: at each such claim and row" count_is $judged "data-kind=\"$kind\"" $((2 * n))
    check "$kind: a row of the summary" count_is $judged "<th scope=\"row\">$kind</th>" 1
done
for verdict in holds "direction only" "does not hold" "cannot be judged"; do
    n=$(jq --arg verdict "$verdict" '[.figures[].claims[] | select(.verdict == $verdict)] | length' \
        fixture/judged/summary.json)
    check "$verdict: at each such claim and row" count_is $judged "data-verdict=\"$verdict\"" $((2 * n))
done
cells() { sed -n '/<table class="tally"/,/<\/table>/p' "$judged" | grep -oE '<td class="[a-z]*">[0-9]+' | sed 's/.*>//'; }
check "counted by kind and verdict" equal "$(cells | tr '\n' ' ')" "$(jq -r '[.figures[].claims[]] as $all |
    ("counted", "foretold", "fitted", "by construction") as $kind |
    ("holds", "direction only", "does not hold", "cannot be judged") as $verdict |
    [$all[] | select(.kind == $kind and .verdict == $verdict)] | length' fixture/judged/summary.json | tr '\n' ' ')"
check "nothing adds the kinds up" count_is $judged "<th scope=\"row\">(all|total|sum)" 0
first_column() { equal "$(sed -n '/<table class="claims"/,/<\/thead>/p' "$judged" | tr -d '\n' |
    grep -oE '<th scope="col">[A-Z][a-z]*' | sed 's/.*>//' | tr '\n' ' ')" \
    'Claim Factor Verdict Kind Stable By Published Measured '; }
check "the factor stands first" first_column
check "each claim: its factor, then its verdict" equal "$(tr -d '\n' <$judged |
    grep -oE '<span class="times">[0-9.]*×</span> *<span class="badge' | wc -l)" "$all"
check "it is the one outside its interval, or else the one furthest from 1" equal \
    "$(grep -oE '<span class="times">[0-9.]*' $judged | sed 's/.*>//' | sort | uniq -c | tr -s ' \n' '  ')" \
    "$(jq -r '.figures[].claims[].quantities[0].factor | if . == 0.6 then "0.60" elif . == 12 then "12.0" else "1.90" end' \
        fixture/judged/summary.json | sort | uniq -c | tr -s ' \n' '  ')"
check "what lies outside is said to" count_is $judged '[0-9] to [0-9.]*: outside' \
    "$(jq '[.figures[].claims[].quantities[] | select(.in == false)] | length' fixture/judged/summary.json)"
check "how often it came out so" count_is $judged '<span class="kind">9 of 10, seeds 1-10; 2 of 2, costs 0.7, 1.3' "$all"
cp -R $figures bare && jq 'del(.figures[].claims[] | .kind, .quantities, .stable)' $figures/summary.json >bare/summary.json
ends 0 'report.html: 2 figures' bare
check "without kinds and factors there is no such column" count_is bare/report.html '>(Factor|Kind|Stable)</th>' 0
check "nor such a row" equal "$(sed -n '/<table class="tally"/,/<\/table>/p' bare/report.html |
    grep -c '<th scope="row">claims</th>')" 1

# ---- texts of the data stay texts ----

hostile=fixture/hostile/report.html
ends 0 'report.html: 2 figures' fixture/hostile
# In the library and in JSON nothing opens a tag of its own.
check "hostile texts: as many scripts as figures drawn, and three" count_is $hostile '^<script[ >]' 4
check "hostile texts: a link only to an address of the web" equal "$(grep -oE 'href="(javascript|https://x/)' $hostile)" ""
check "hostile texts: such a link" count_is $hostile '<a href="https://example.org/a&amp;b"' 1
check "hostile texts: no tag of theirs" count_is $hostile '<img src=x' 0
own_attribute='<[a-z]+( [a-z-]+="[^"]*")* onmouseover='
check "hostile texts: no attribute of theirs" count_is $hostile "$own_attribute" 0
check "hostile texts: each element is closed" balanced $hostile
check "hostile texts: it loads nothing" loads_nothing $hostile
check "hostile texts: they are all there" bash -c \
    "[ \$(grep -oF '&lt;script&gt;window.attacked=1' $hostile | wc -l) -ge 8 ]"
check "a figure that failed says why" grep -q 'class="missing">Not drawn (failed)' $hostile
# That the checks above can fail: the same page with one text put in as it is.
sed 's|&lt;/script&gt;|</script>|; s|&lt;img src=x|<img src=x|
     s|&quot; onmouseover|" onmouseover|g; s|<footer|<link href="http://x"><footer|' $hostile >careless.html
for fault in "balanced careless.html" "loads_nothing careless.html" 'count_is careless.html "<img src=x" 0' \
    'count_is careless.html "$own_attribute" 0'; do
    if eval "$fault" >check.log 2>&1; then outcome "negative control: $fault" false "found nothing"; else outcome \
        "negative control: $fault" true ""; fi
done

# ---- other forms ----

ends 0 'all.json: 2 figures' --format json --out all.json $figures
check "json has it all" jq -e '[.figures[] | has("series", "tables", "svg", "provenance")] | all' all.json
ends 0 'body.tex: 2 figures' --format latex --out body.tex $figures
check "latex has each claim" equal "$(grep -c '^\\claim{' body.tex)" "$(claims | wc -l)"
ends 0 'hostile.tex' --format latex --out hostile.tex fixture/hostile
no_bare_special() { # what hostile texts hold, left as LaTeX would read it
    ! grep -nE '\\undefined|[^\\]\$#|[^\\]#_' hostile.tex
}
check "latex: hostile texts stay texts" no_bare_special
if command -v gzip >/dev/null; then
    cp -R $figures packed && gzip packed/*/records.jsonl
    ends 0 'report.html' packed
    but_records() { grep -v 'records.jsonl.gz' "$1"; }
    check "packed records say the same" cmp <(but_records $page) <(but_records packed/report.html)
    # Half a million bytes that cannot be packed.
    cp -R $figures large && head -c 600000 /dev/urandom | base64 -w 0 >>large/lock-collapse/records.jsonl
    ends 0 'report.html' large
    check "large records lie beside the page" count_is large/report.html '<a href="lock-collapse/records.jsonl">' 1
    check "and the others in it" count_is large/report.html 'download="perfbook-smpalloc-records.jsonl.gz"' 1
fi

# ---- where to read ----

mkdir -p elsewhere/results/reference nothing
(cd elsewhere && ends 2 'results/latest-figures: no figures there; `framelab figures --quick` makes them') | tee sub.log
cp -R $figures elsewhere/results/reference/figures
(cd elsewhere && ends 0 'no figures there; this is results/reference/figures') | tee -a sub.log
! grep -q '^not ok' sub.log || failed=1
check "papers/report is no figure" has_figures_only
ends 2 'nothing: no figures there' nothing
ends 2 "no/such/folder: no figures there" no/such/folder
ends 2 "format is html, latex or json, not 'pdf'" --format pdf $figures
ends 2 "one at a time" $figures $figures
ends 2 'nothing/no/report.html: No such file' --out nothing/no/report.html $figures
ends 1 'no such directory' --papers nothing/at/all $figures
without_jq() {
    local status
    env PATH=/nonexistent "$framelab" report "$figures" >out 2>&1
    status=$?
    equal "$status $(cat out)" "77 framelab report: skipped: there is no jq on this machine (Debian: jq)"
}
check "without jq: status 77" without_jq
ends 77 "skipped: there is no Chart.js, no/such/chart.js .Debian: libjs-chart.js.; .--charts none. makes a page" \
    --charts no/such/chart.js $figures
echo '/*! Chart.js v2.9.4 */' >old.js
ends 2 "old.js: is not Chart.js 3" --charts old.js $figures
ends 2 "charts goes with --format html" --charts none --format latex $figures
ends 0 'plain.html: 2 figures' --charts none --out plain.html $figures
check "without charts: pictures" count_is plain.html '<figure class="picture"' 2
check "without charts: one script, no library" count_is plain.html '^<script[ >]' 1
check "without charts: it loads nothing" loads_nothing plain.html
# A library that ends the script element that it stands in.
echo '/*! Chart.js v3.9.1 */ "</script><img src=x>"' >ending.js
ends 0 'ending.html' --charts ending.js --out ending.html $figures
check "a library cannot end its script" balanced ending.html

# ---- what is broken ----

# breaks PATTERN COMMAND...: in a copy of the directory, with the page of before.
breaks() {
    local pattern=$1
    shift
    rm -rf broken && cp -R $figures broken && echo before >broken/report.html
    (cd broken && "$@")
    ends 1 "$pattern" broken
    check "... and the page of before is still there" equal "$(cat broken/report.html)" before
}
jq_in() { # program file
    jq "$1" "$2" >new && mv new "$2"
}
breaks 'summary.json: line [0-9]*: ' truncate -s 1000 summary.json
breaks 'summary.json: names no figures' jq_in '.figures = []' summary.json
breaks "summary.json: figure '../x': a figure without a key" jq_in '.figures[0].key = "../x"' summary.json
breaks "figure 'lock-collapse': claims are not" jq_in 'del(.figures[0].claims[0].verdict)' summary.json
breaks 'lock-collapse/series.json: line [0-9]*: ' truncate -s 500 lock-collapse/series.json
breaks 'lock-collapse/series.json: No such file' rm lock-collapse/series.json
breaks "lock-collapse/series.json: .*no panel 'nowhere'" jq_in '.series[0].panel = "nowhere"' lock-collapse/series.json
breaks 'y is not as many numbers as x' jq_in '.series[0].y = ["<b>"]' lock-collapse/series.json
breaks 'lock-collapse/figure.svg: No such file' rm lock-collapse/figure.svg
breaks 'lock-collapse/figure.svg: is not a complete SVG' truncate -s 5000 lock-collapse/figure.svg
breaks 'lock-collapse/records.jsonl: ' rm lock-collapse/records.jsonl
breaks 'lock-collapse/records.jsonl: .*damaged' truncate -s 500 lock-collapse/records.jsonl
exit $failed
