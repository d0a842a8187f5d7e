// SPDX-License-Identifier: MIT
// The page of `framelab report` in Chromium: what a reader does to it, and what axe-core says of it. TAP on stdout,
// pictures in OUT to be looked at. report-browser.sh calls it.
//
//   node report-browser.mjs MODULES CHROMIUM PAGE HOSTILE OUT
import {createRequire} from "node:module";
import {writeFileSync} from "node:fs";

const [modules, executablePath, pagePath, hostilePath, out] = process.argv.slice(2);
const require = createRequire(modules + "/");
const {default: puppeteer} = await import(require.resolve("puppeteer-core"));
const axe = require.resolve("axe-core/axe.min.js");
let failed = false;

function check(name, good, said = "") {
    console.log(good ? `ok - ${name}` : `not ok - ${name}: ${String(said).replace(/\n/g, " ").slice(0, 600)}`);
    failed ||= !good;
}

const args = process.getuid() === 0 ? ["--no-sandbox"] : []; // root has no sandbox
const browser = await puppeteer.launch({executablePath, args, protocolTimeout: 120000});

// A page that was loaded, and all that it complained of or asked for.
async function open(path, {width = 1200, height = 900, scheme = "light", script = true} = {}) {
    const page = await browser.newPage();
    const heard = [];
    page.on("console", message => heard.push(`console: ${message.text()}`));
    page.on("pageerror", error => heard.push(`error: ${error.message}`));
    page.on("dialog", dialog => { heard.push("dialog"); dialog.dismiss(); });
    page.on("request", request => { if (!/^(file|data):/.test(request.url())) heard.push(`asks for ${request.url()}`); });
    await page.setJavaScriptEnabled(script);
    await page.setViewport({width, height});
    await page.emulateMediaFeatures([{name: "prefers-color-scheme", value: scheme}]);
    await page.goto("file://" + path);
    await settle();
    return {page, heard};
}

const settle = () => new Promise(done => setTimeout(done, 200));

const faults = async page => {
    if (!await page.evaluate(() => "axe" in window)) await page.addScriptTag({path: axe});
    const {violations} = await page.evaluate(() => window.axe.run({resultTypes: ["violations"]}));
    return violations.map(fault => `${fault.id}: ${fault.nodes.map(node => node.target.join(" ")).slice(0, 3).join(", ")}`);
};

// ---- It loads, and charts are there ----

const {page, heard} = await open(pagePath);
check("it loads without a word on the console", heard.length === 0, heard.join("; "));
const wanted = await page.$$eval(".chart-data", all => all.flatMap(data => {
    const {panels, series} = JSON.parse(data.textContent);
    return panels.filter(panel => series.some(one => one.panel === panel.id)).map(panel => panel.id);
}));
const there = await page.$$eval(".chart", all => all.map(chart => chart.dataset.panel));
check(`a chart each for ${wanted.length} panels`, wanted.length > 0 && wanted.join() === there.join(), there);
const drawn = await page.$$eval(".chart", all => all.every(chart => {
    const keys = [...chart.querySelectorAll(".key")].map(key => key.dataset.series);
    const lines = [...chart.querySelectorAll(".series")].filter(one => one.querySelector(".line").getAttribute("d")).map(one => one.dataset.series);
    const zeros = [...chart.querySelectorAll(".key")].filter(key => /; (\d+) of \1 are 0/.test(key.textContent)).map(key => key.dataset.series);
    return keys.length > 0 && keys.filter(name => !zeros.includes(name)).join() === lines.join();
}));
check("each series has a key and a line", drawn);
const looks = await page.$$eval(".chart", all => all.map(chart => {
    const each = [...chart.querySelectorAll(".series")].filter(one => one.querySelector(".line").getAttribute("d")).map(one => {
        const marker = one.querySelector(".marker");
        return [one.querySelector(".line").getAttribute("class"), marker?.getAttribute("class"), marker?.getAttribute("d")].join();
    });
    return new Set(each).size === each.length;
}));
check("series differ in dash or shape, not in colour alone", looks.every(Boolean), looks);

// What the first chart shows now.
const first = ".chart";
const state = () => page.$eval(first, chart => chart.querySelector(".plot").innerHTML.replace(/clip-\d+/g, ""));
const names = await page.$$eval(`${first} .key`, all => all.map(key => key.dataset.series));
const visible = name => page.$$eval(`${first} .series`, (all, name) => all.some(one => one.dataset.series === name), name);
const before = await state();

// ---- Series on and off ----

const key = await page.$(`${first} .key`);
const pressed = () => key.evaluate(element => element.getAttribute("aria-pressed"));
await key.click();
check("a series is switched off", !await visible(names[0]) && await visible(names[1]) && await pressed() === "false");
await key.focus();
await page.keyboard.press("Space");
check("and on again, by keyboard", await visible(names[0]) && await pressed() === "true" && await state() === before);

// ---- Values ----

// Of the first series the last point: where it is, and what it should say.
const point = await page.$eval(first, chart => {
    const box = [...chart.querySelector(".series").querySelectorAll(".marker")].at(-1).getBoundingClientRect();
    const data = JSON.parse(chart.closest("section").querySelector(".chart-data").textContent);
    const series = data.series.find(one => one.panel === chart.dataset.panel);
    return {x: box.x + box.width / 2, y: box.y + box.height / 2, name: series.name, value: series.y.at(-1)};
});
const shown = value => Number(value.toPrecision(4)).toLocaleString("en", {maximumFractionDigits: 8});
await page.mouse.move(point.x, point.y);
const tip = await page.$eval(`${first} .tip`, element => element.hidden ? "" : element.innerText);
check("hovering tells series and value", tip.includes(point.name) && tip.includes(shown(point.value)), `${tip}, not ${shown(point.value)}`);
const apart = await page.$eval(first, chart => {
    const tip = chart.querySelector(".tip").getBoundingClientRect(), plot = chart.querySelector(".plot").getBoundingClientRect();
    return [tip.top - plot.top, plot.bottom - tip.bottom, tip.left - chart.getBoundingClientRect().left];
});
check("beside the point, within the chart", apart.every(room => room >= 0), apart);
await page.screenshot({path: `${out}/hover.png`});
await page.mouse.move(5, 5);
check("and no longer when the pointer has left", await page.$eval(`${first} .tip`, element => element.hidden));

await page.$eval(`${first} .plot`, element => element.focus());
const said = () => page.$eval(`${first} [aria-live]`, element => element.textContent);
await page.keyboard.press("ArrowRight");
const one = await said();
await page.keyboard.press("ArrowRight");
const two = await said();
await page.keyboard.press("ArrowDown");
const other = await said();
check("arrow keys tell one point after the other", one.startsWith(names[0]) && two.startsWith(names[0]) && one !== two, `${one} | ${two}`);
check("and go from series to series", other.startsWith(names[1]), other);
await page.keyboard.press("Escape");

// ---- Zoom ----

await page.keyboard.press("+");
const near = await state();
check("+ zooms", near !== before && await page.$$eval(`${first} button`, all => !all.find(one => one.textContent === "Show all").disabled));
await page.keyboard.press("0");
check("0 shows all again", await state() === before);
const plot = await page.$eval(`${first} .plot`, element => { const {x, y, width, height} = element.getBoundingClientRect(); return {x, y, width, height}; });
await page.mouse.move(plot.x + plot.width * .4, plot.y + plot.height * .2);
await page.mouse.down();
await page.mouse.move(plot.x + plot.width * .8, plot.y + plot.height * .6, {steps: 4});
await page.screenshot({path: `${out}/dragging.png`});
await page.mouse.up();
const ticks = markup => [...markup.matchAll(/<text[^>]*>([^<]*)/g)].map(match => match[1]).join();
const dragged = await state();
check("a rectangle that is drawn is zoomed to", ticks(dragged) !== ticks(before), ticks(dragged));
await page.mouse.click(plot.x + plot.width * .6, plot.y + plot.height * .4, {count: 2});
await page.mouse.move(5, 5);
check("a double click shows all again", await state() === before);
await page.$$eval(`${first} button`, all => all.find(one => one.getAttribute("aria-label") === "Zoom in").click());
check("the button zooms", await state() !== before);
check("all that without a word on the console", heard.length === 0, heard.join("; "));

// ---- Folds ----

const folds = await page.$$(".unfold");
const hidden = () => page.$$eval(".unfold", all => all.filter(one => document.getElementById(one.getAttribute("aria-controls")).offsetHeight === 0).length);
check(`${folds.length} parts are folded`, folds.length > 0 && await hidden() === folds.length, await hidden());
for (const fold of folds) await fold.evaluate(element => element.click());
check("and unfold", await hidden() === 0, await hidden());

// ---- Its policy ----

const blocked = await page.evaluate(() => new Promise(done => {
    document.addEventListener("securitypolicyviolation", event => done(event.violatedDirective), {once: true});
    document.body.append(Object.assign(document.createElement("img"), {src: "https://example.invalid/x.png", alt: "x"}));
    setTimeout(() => done("nothing was"), 2000);
}));
check("an image from elsewhere is refused", blocked === "img-src", blocked);
await page.close();

// ---- Every size and scheme ----

for (const [name, options] of Object.entries({desktop: {}, dark: {scheme: "dark"}, phone: {width: 390, height: 844}, "phone-dark": {width: 390, height: 844, scheme: "dark"}})) {
    const {page, heard} = await open(pagePath, options);
    await page.screenshot({path: `${out}/${name}.png`, fullPage: true});
    const wide = () => page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name}: the page does not scroll sideways`, await wide() <= 0, `${await wide()} pixels`);
    const contrasts = await page.evaluate(() => {
        const luminance = color => color.match(/[\d.]+/g).slice(0, 3).map(value => value / 255)
            .map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4).reduce((sum, value, i) => sum + value * [.2126, .7152, .0722][i], 0);
        const of = name => { const probe = document.body.appendChild(document.createElement("i")); probe.className = name; const color = getComputedStyle(probe).color; probe.remove(); return luminance(color); };
        const paper = luminance(getComputedStyle(document.body).backgroundColor);
        return Array.from({length: 8}, (_, i) => of(`c${i + 1}`)).map(ink => (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05));
    });
    check(`${name}: lines have a contrast of 3 or more`, contrasts.every(value => value >= 3), contrasts.map(value => value.toFixed(2)));
    const found = await faults(page);
    check(`${name}: axe-core finds no fault`, found.length === 0, found.join("; "));
    for (const fold of await page.$$(".unfold")) await fold.evaluate(element => element.click());
    const within = await faults(page);
    check(`${name}: nor in what is unfolded`, within.length === 0, within.join("; "));
    check(`${name}: unfolded, it does not scroll sideways`, await wide() <= 0, `${await wide()} pixels`);
    check(`${name}: no word on the console`, heard.length === 0, heard.join("; "));
    if (name === "desktop") { // that the checker can find one
        await page.evaluate(() => document.querySelector("main").append(document.createElement("img"), document.createElement("button")));
        const control = (await faults(page)).join("; ");
        check("negative control: axe-core finds an image and a button without a name", /image-alt/.test(control) && /button-name/.test(control), control);
    }
    await page.close();
}

// ---- Without JavaScript, and on paper ----

{
    const {page} = await open(pagePath, {script: false});
    const seen = await page.evaluate(() => ({
        pictures: [...document.querySelectorAll(".picture img")].every(image => image.naturalWidth > 0 && image.offsetHeight > 100),
        tables: [...document.querySelectorAll("table")].every(table => table.offsetHeight > 0),
        hint: document.getElementById("chart-hint").offsetHeight, charts: document.querySelectorAll(".chart").length,
    }));
    check("without JavaScript: pictures and tables, no charts", seen.pictures && seen.tables && seen.hint === 0 && seen.charts === 0, JSON.stringify(seen));
    await page.screenshot({path: `${out}/no-script.png`, fullPage: true});
    await page.close();
}
{
    const {page} = await open(pagePath, {scheme: "dark"});
    await page.emulateMediaType("print");
    const seen = await page.evaluate(() => ({
        pictures: [...document.querySelectorAll(".picture img")].every(image => image.offsetHeight > 50),
        tables: [...document.querySelectorAll("main > section table, .fold table")].every(table => table.offsetHeight > 0),
        controls: [...document.querySelectorAll("button, .chart")].filter(one => one.offsetHeight > 0).length,
        paper: getComputedStyle(document.body).backgroundColor,
    }));
    check("on paper: pictures and tables on white, no controls", seen.pictures && seen.tables && seen.controls === 0 && seen.paper === "rgb(255, 255, 255)", JSON.stringify(seen));
    writeFileSync(`${out}/print.pdf`, await page.pdf({format: "A4"}));
    await page.close();
}

// ---- Hostile texts ----

{
    const {page, heard} = await open(hostilePath);
    await page.$$eval("button", all => all.forEach(one => one.click()));
    await page.$$eval(".plot", all => all.forEach(one => { one.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true})); }));
    await settle();
    check("hostile texts do nothing", await page.evaluate(() => !("attacked" in window)) && heard.length === 0, heard.join("; "));
    check("hostile texts are read", await page.evaluate(() => document.body.innerText.includes("</script><script>window.attacked=1</script><img src=x")));
    const found = await faults(page);
    check("hostile texts: axe-core finds no fault", found.length === 0, found.join("; "));
    await page.close();
}

await browser.close();
process.exit(failed ? 1 : 0);
