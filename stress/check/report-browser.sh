#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The page of `framelab report` in a real browser, Chromium without a window: charts, keyboard, zoom, phone, print,
# dark, no JavaScript, and axe-core's judgement. What drives it, puppeteer-core and axe-core, comes by npm into
# SCRATCH_DIRECTORY, and is no part of framelab. Pictures of every state stay there, to be looked at.
#
#   stress/check/report-browser.sh BUILD_DIRECTORY SCRATCH_DIRECTORY
#
# Status 77 if there is no browser, node or npm (`make report-check` installs them), or npm cannot get its packages.
set -u
here=$(realpath "$(dirname "$0")")
framelab=$(realpath "${1:?usage: stress/check/report-browser.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}")/framelab
mkdir -p "${2:?usage: stress/check/report-browser.sh BUILD_DIRECTORY SCRATCH_DIRECTORY}/modules"
cd "$2" || exit 1

skip() { # reason
    echo "skip - the report in a browser: $1"
    exit 77
}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
    skip "there is no chromium"
command -v node >/dev/null || skip "there is no node (Debian: nodejs)"
command -v npm >/dev/null || skip "there is no npm"

if ! [ -d modules/node_modules/puppeteer-core ] || ! [ -d modules/node_modules/axe-core ]; then
    npm install --prefix modules --ignore-scripts --no-audit --no-fund --silent puppeteer-core axe-core >npm.log 2>&1 ||
        skip "npm could not install puppeteer-core and axe-core: $(grep . npm.log | tail -n 1)"
fi
"$here/report-fixture.sh" "$framelab" fixture || { [ $? -eq 77 ] && skip "no figures could be made"; exit 1; }
for directory in figures judged hostile; do
    "$framelab" report "fixture/$directory" >/dev/null || { [ $? -eq 77 ] && skip "there is no Chart.js"; exit 1; }
done
exec node "$here/report-browser.mjs" "$PWD/modules" "$chromium" "$PWD/fixture/figures/report.html" \
    "$PWD/fixture/judged/report.html" "$PWD/fixture/hostile/report.html" "$PWD"
