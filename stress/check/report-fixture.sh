#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Directories of figures for the tests of `framelab report`: DIRECTORY/figures, as `framelab figures --tiny` makes them,
# and DIRECTORY/hostile: the same, with texts that break out of a page whose writer forgot to escape them.
#
#   stress/check/report-fixture.sh FRAMELAB DIRECTORY
set -eu
framelab=${1:?usage: stress/check/report-fixture.sh FRAMELAB DIRECTORY}
directory=${2:?usage: stress/check/report-fixture.sh FRAMELAB DIRECTORY}
rm -rf "$directory"
mkdir -p "$directory"
"$framelab" figures --tiny --only perfbook-smpalloc,lock-collapse --out "$directory/figures" >"$directory/figures.log" \
    2>&1 || {
    status=$?
    tail -n 1 "$directory/figures.log"
    exit $status
}
cp -R "$directory/figures" "$directory/hostile"
rm -rf "$directory/hostile/cache"

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
    | .runs[0].command += $attack) | .figures[1] |= (.status = "failed" | .why = $attack)' \
    "$directory/figures/summary.json" >"$directory/hostile/summary.json"
key=$(jq -r '.figures[0].key' "$directory/figures/summary.json")
jq --arg attack "$attack" --arg attribute "$attribute" '.series[0].name = $attack | .series[0].source = $attribute
    | .tables += [{title: $attack, columns: [$attack, $attribute], rows: [[$attack, null], [1.5, $attribute]]}]' \
    "$directory/figures/$key/series.json" >"$directory/hostile/$key/series.json"
