#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Directories of figures for the tests of `framelab report`: DIRECTORY/figures, as `framelab figures --tiny` makes them;
# DIRECTORY/judged: the same, its claims of all kinds and verdicts, with quantities; DIRECTORY/hostile: the same as
# that, with texts that break out of a page whose writer forgot to escape them.
#
#   stress/check/report-fixture.sh FRAMELAB DIRECTORY
set -eu
framelab=${1:?usage: stress/check/report-fixture.sh FRAMELAB DIRECTORY}
directory=${2:?usage: stress/check/report-fixture.sh FRAMELAB DIRECTORY}
rm -rf "$directory"
mkdir -p "$directory"
"$framelab" figures --tiny --only perfbook-smpalloc,lock-collapse --out "$directory/figures" >"$directory/figures.log" \
    2>&1 || {
    status=$? # 1: a claim does not hold, which is nothing to a page
    [ $status -eq 1 ] || tail -n 1 "$directory/figures.log"
    [ $status -eq 1 ] || exit $status
}
# Of the claims, in turn: kind, verdict, and factor of the first of three quantities, of which the second has none
# published, and the third lies within its interval, which is wide.
cp -R "$directory/figures" "$directory/judged"
rm -rf "$directory/judged/cache"
jq 'def turn($all; $i): $all[$i % ($all | length)];
    reduce ([paths(type == "object" and has("verdict"))] | to_entries[]) as $at (.; setpath($at.value;
        getpath($at.value) + (
            turn([1, 0.6, 12, 1.2]; $at.key) as $factor |
            {kind: turn(["counted", "foretold", "fitted", "by construction", "foretold"]; $at.key),
             verdict: turn(["holds", "direction only", "does not hold", "cannot be judged"]; $at.key), expected: true,
             quantities: [{name: "time of \($at.key)", unit: "ns", published: 200, measured: (200 * $factor), factor: $factor,
                           low: 0.8, high: 1.25, in: ($factor == 1 or $factor == 1.2)},
                          {name: "share", published: null, measured: 0.5, factor: null, low: 0.4, high: 0.6, in: true},
                          {name: "growth", of: "both", published: 1, measured: 1.9, factor: 1.9, low: 0.5, high: 2, in: true}],
             stable: [{held: 9, of: 10, over: "seeds 1-10"}, {held: 2, of: 2, over: "costs 0.7, 1.3"}]})))' \
    "$directory/figures/summary.json" >"$directory/judged/summary.json"
cp -R "$directory/judged" "$directory/hostile"

# Each of these, unescaped somewhere, sets `attacked` or shows itself in the tags.
attack='</script><script>window.attacked=1</script><img src=x onerror="window.attacked=1">'
attribute="\" onmouseover=\"window.attacked=1\" x='&lt; \\\\undefined{%\$#_^~}"
jq --arg attack "$attack" --arg attribute "$attribute" '.figures[0] |= (
    .title += $attack + $attribute | .citation += $attack | .shows = $attack | .differs = $attribute
    | .panels[0].title = $attack | .panels[0].y.label = $attribute | .repeat += $attack
    | .claims[0].text = $attack | .claims[0].measured = $attribute | .claims[0].why = $attack
    | .claims[0].deviation = $attack
    | .claims[0].verdict = "does not hold" | .claims[0].expected = false
    | .claims[1].verdict = "cannot be judged" | .claims[1].measured = null
    | .claims[0].kind = $attack | .claims[0].stable[0].over = $attack | .claims[0].quantities[0].name = $attack
    | .claims[0].quantities[0].unit = $attribute | .claims[1].kind = $attribute
    | .links = [{text: $attack, url: "javascript:window.attacked=1"}, {text: $attack, url: ("https://x/" + $attribute)},
                {text: $attack, url: "https://example.org/a&b"}]
    | .runs[0].command += $attack) | .figures[1] |= (.status = "failed" | .why = $attack)' \
    "$directory/judged/summary.json" >"$directory/hostile/summary.json"
key=$(jq -r '.figures[0].key' "$directory/figures/summary.json")
jq --arg attack "$attack" --arg attribute "$attribute" '.series[0].name = $attack | .series[0].source = $attribute
    | .tables += [{title: $attack, columns: [$attack, $attribute], rows: [[$attack, null], [1.5, $attribute]]}]' \
    "$directory/figures/$key/series.json" >"$directory/hostile/$key/series.json"
