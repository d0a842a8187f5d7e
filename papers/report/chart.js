// SPDX-License-Identifier: MIT
// Charts of framelab report: one a panel, by Chart.js 3, which stands before this in the page; of the JSON that stands
// there, too.
//
// Looks are those of the pictures (papers/common.gp): colour and marker say what it is, by papers/things.json; published
// markers are hollow, a model is a dashed line without; line and size tell the platform. What the library does not have
// is here: spreads, zoom, the keyboard, names as switches beside the chart, all values as a table.
"use strict";
(() => {
const DRAG = 8; // pixels that make a drag of a click
const paint = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// An element with attributes and children.
function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

function button(label, action, attributes = {}) {
    const made = make("button", {type: "button", ...attributes}, ...[label].flat());
    made.addEventListener("click", action);
    return made;
}

const show = (value, digits = 4) => value.toLocaleString("en", {maximumSignificantDigits: digits});
// One form of ticks, that of the pictures: 0.001, 10, 1k, 10M.
const tick = value => Math.abs(value) >= 1e6 ? show(value / 1e6) + "M" : Math.abs(value) >= 1e3 ? show(value / 1e3) + "k" : show(value);

// ---- Looks ----

const parts = color => [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));
const luminance = rgb => rgb.map(part => part / 255).map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [.2126, .7152, .0722][i], .05);
// The colour, moved towards the ink until it has a contrast of 3 on the paper, light or dark.
function readable(color) {
    const [paper, ink] = [paint("--paper"), paint("--ink")].map(parts), behind = luminance(paper);
    for (let share = 0; share < 1; share += .05) {
        const mixed = parts(color).map((part, i) => Math.round(part * (1 - share) + ink[i] * share)), front = luminance(mixed);
        if (Math.max(front, behind) / Math.min(front, behind) >= 3) return `rgb(${mixed})`;
    }
    return paint("--ink");
}

// The library has no pentagon; it takes a drawing for a marker.
function pentagon(color, fill, radius) {
    const canvas = make("canvas", {width: 2 * radius + 4, height: 2 * radius + 4}), pen = canvas.getContext("2d");
    pen.translate(radius + 2, radius + 2);
    for (let i = 0; i < 5; i++) pen.lineTo(radius * Math.sin(i * .4 * Math.PI), -radius * Math.cos(i * .4 * Math.PI));
    pen.closePath();
    Object.assign(pen, {fillStyle: fill, strokeStyle: color, lineWidth: 1.5});
    pen.fill();
    pen.stroke();
    return canvas;
}

const MARKERS = {square: "rect", circle: "circle", triangle: "triangle", "triangle-down": "triangle", diamond: "rectRot", pentagon: null, cross: "crossRot", plus: "cross", none: false};
const DASHES = {model: [4, 4], published: [], host: [10, 4], qemu: [1, 4]};
const WIDTHS = {model: 1.6, published: 1, host: 1.6, qemu: 1.4};
const RADII = {published: 4.5, host: 5, qemu: 6};
const look = (table, series, other) => table[series.kind] ?? table[series.platform] ?? other;

// What shows no thing is black.
function dataset(series, things, i, names) {
    const thing = things.find(one => one.id === series.thing) ?? {marker: Object.keys(MARKERS)[i % 6], color: "#000000"};
    const marker = series.kind === "model" ? "none" : thing.marker, hollow = series.kind === "published";
    const color = () => readable(thing.color), fill = () => hollow ? paint("--paper") : color();
    const radius = marker === "none" ? 0 : look(RADII, series, 3.5) * (series.x.length > 40 ? .6 : 1);
    return {
        label: series.name, series, marker, hollow, data: series.x.map((x, k) => ({x, y: series.y[k]})), clip: 6, showLine: !names,
        borderColor: color, backgroundColor: color, borderWidth: look(WIDTHS, series, 2), borderDash: look(DASHES, series, []),
        pointBorderColor: color, pointBackgroundColor: fill, pointBorderWidth: 1.5, pointRadius: radius, pointHoverRadius: radius + 2, pointHitRadius: 16,
        pointStyle: marker === "pentagon" ? () => pentagon(color(), fill(), radius) : MARKERS[marker], pointRotation: marker === "triangle-down" ? 180 : 0,
    };
}

// From low to high behind each point; and on top the rectangle that is being drawn.
const extras = {
    id: "extras",
    beforeDatasetDraw(chart, {index, meta}) {
        const {series} = chart.data.datasets[index], {ctx, chartArea: area, scales: {y}} = chart;
        if (!series.low || meta.hidden) return;
        ctx.save();
        ctx.beginPath();
        ctx.rect(area.left, area.top, area.width, area.height);
        ctx.clip();
        ctx.strokeStyle = meta.dataset.options.borderColor;
        ctx.beginPath();
        meta.data.forEach((point, i) => {
            const [low, high] = [series.low[i], series.high[i]].map(value => y.getPixelForValue(value));
            if (!(low - high > 1)) return;
            for (const end of [low, high]) { ctx.moveTo(point.x - 3, end); ctx.lineTo(point.x + 3, end); }
            ctx.moveTo(point.x, low);
            ctx.lineTo(point.x, high);
        });
        ctx.stroke();
        ctx.restore();
    },
    afterDraw({ctx, choice}) {
        if (!choice) return;
        ctx.save();
        ctx.fillStyle = ctx.strokeStyle = paint("--link");
        ctx.strokeRect(choice.x, choice.y, choice.width, choice.height);
        ctx.globalAlpha = .14;
        ctx.fillRect(choice.x, choice.y, choice.width, choice.height);
        ctx.restore();
    },
};

// ---- Axes ----

// Where an axis begins and ends that shows all of these values.
function extent(spec, values) {
    const usable = values.filter(value => Number.isFinite(value) && !(spec.log && value <= 0));
    const low = Math.min(...usable), high = Math.max(...usable);
    if (!usable.length) return spec.log ? [1, 10] : [0, 1];
    if (spec.names) return [low - .5, high + .5];
    if (spec.log) return low === high ? [low / 2, high * 2] : [low / (high / low) ** .04, high * (high / low) ** .04];
    const room = (high - low) * .04 || Math.abs(high) * .1 || 1;
    return [low >= 0 && low < high / 2 ? 0 : low - room, high + room];
}

// Powers of two where most values are such, else those of ten, with 2 and 5 between them if few are seen.
function ticks(axis, powers) {
    const {min, max} = axis, decades = Math.log10(max / min), found = [];
    const base = powers && decades < 4 ? 2 : 10, step = base === 2 ? 1 : Math.max(1, Math.round(decades / 6));
    const within = base === 10 && decades < 2.5 ? [1, 2, 5] : [1];
    for (let power = Math.floor(Math.log(min) / Math.log(base)); base ** power <= max; power += 1)
        for (const times of within) if (power % step === 0 && times * base ** power >= min && times * base ** power <= max) found.push(times * base ** power);
    if (found.length < 2) for (let i = 0; i < 4; i++) found[i] = Number((min * (max / min) ** ((i + .5) / 4)).toPrecision(3));
    axis.ticks = found.map(value => ({value}));
}

function axis(spec = {}, values, side) {
    const powers = values.filter(value => Number.isInteger(Math.log2(value))).length > values.length / 2;
    const [min, max] = extent(spec, values);
    const soft = () => paint("--soft");
    return {
        type: spec.log ? "logarithmic" : "linear", min, max,
        title: {display: Boolean(spec.label), text: (spec.label ?? "") + (spec.log ? " (log)" : ""), color: soft},
        grid: {color: () => paint("--line"), borderColor: soft, drawOnChartArea: side === "y", tickColor: soft, tickLength: 4},
        ticks: {color: soft, callback: value => spec.names ? spec.names[value] ?? "" : tick(value), includeBounds: false, autoSkip: !spec.names, maxRotation: spec.names ? 45 : 0},
        afterBuildTicks: scale => {
            if (spec.names) scale.ticks = Object.keys(spec.names).map(Number).filter(value => value >= scale.min && value <= scale.max).map(value => ({value}));
            else if (spec.log) ticks(scale, powers);
        },
    };
}

// ---- A chart ----

class Panel {
    constructor(title, spec, series, things) {
        this.spec = spec;
        this.y = spec.z ?? spec.y ?? {};
        this.x = spec.x ?? {};
        this.series = series;
        this.canvas = make("canvas");
        const all = key => series.flatMap(one => one[key] ?? []);
        this.scales = {x: axis(this.x, all("x"), "x"), y: axis(this.y, [...all("y"), ...all("low"), ...all("high")], "y")};
        this.full = Object.fromEntries(Object.entries(this.scales).map(([id, {min, max}]) => [id, [min, max]]));
        this.datasets = series.map((one, i) => dataset(one, things, i, this.x.names));
        this.said = make("p", {class: "unseen", "aria-live": "polite"});
        this.keys = this.datasets.map((one, i) => this.key(one, i));
        this.reset = button("Show all", () => this.look(this.full), {disabled: ""});
        this.plot = make("div", {class: "plot", role: "application", tabindex: "0", "aria-roledescription": "chart", "aria-describedby": "chart-hint",
                                 "aria-label": `${spec.title}: ${this.y.label ?? ""} against ${this.x.label ?? ""}, ${series.length} series`}, this.canvas);
        const box = make("div", {class: "folded"});
        const every = state => () => { this.keys.forEach((_, i) => this.set(i, state)); this.chart.update(); };
        this.element = make("figure", {class: "chart", "data-panel": spec.id}, make("h3", {}, spec.title), this.plot,
            make("div", {class: "keys", role: "group", tabindex: "0", "aria-label": `Series: ${spec.title}`}, ...this.keys),
            make("div", {class: "tools", role: "group", "aria-label": `View: ${spec.title}`},
                button("+", () => this.zoom(.6), {"aria-label": "Zoom in"}), button("−", () => this.zoom(1 / .6), {"aria-label": "Zoom out"}), this.reset,
                ...(series.length > 2 ? [button("All series", every(true)), button("No series", every(false))] : []),
                unfolder("Values", box, () => this.fill(box, title))),
            box, this.said);
    }

    draw() {
        this.chart = new Chart(this.canvas, {
            type: "line", data: {datasets: this.datasets}, plugins: [extras],
            options: {
                animation: false, maintainAspectRatio: false, scales: this.scales, interaction: {mode: "nearest", intersect: true},
                plugins: {legend: {display: false}, tooltip: {
                    backgroundColor: () => paint("--ink"), titleColor: () => paint("--paper"), bodyColor: () => paint("--paper"), displayColors: false,
                    callbacks: {title: ([item]) => item?.dataset.label ?? "", label: item => this.tell(item.dataset.series, item.dataIndex)},
                }},
            },
        });
        this.paintKeys();
        this.listen();
    }

    tell(series, i) {
        const of = (spec, value) => `${spec.label ?? ""}: ${spec.names?.[value] ?? show(value)}`, low = series.low?.[i], high = series.high?.[i];
        return [of(this.x, series.x[i]), of(this.y, series.y[i]), ...(low < high ? [`from ${show(low)} to ${show(high)}`] : []),
                `${series.kind}${series.source ? ", " + series.source : ""}`];
    }

    // -- Names beside the chart --

    key({series}, i) {
        const known = series.kind === "measured" || series.name.includes(series.kind); // from its name
        const about = [known ? "" : series.kind, series.source ?? ""].filter(Boolean).join(", ");
        const lost = this.y.log ? series.y.filter(value => value <= 0).length : 0;
        return button([make("canvas", {class: "sample", width: 68, height: 28, "aria-hidden": "true"}), make("span", {class: "name"}, series.name),
                       make("small", {}, about + (lost ? `; ${lost} of ${series.y.length} are 0, not drawn` : ""))],
            () => { this.set(i, !this.chart.isDatasetVisible(i)); this.chart.update(); }, {class: "key", "aria-pressed": "true", "data-series": series.name, title: about});
    }

    set(i, state) {
        this.chart.getDatasetMeta(i).hidden = state ? null : true;
        this.keys[i].setAttribute("aria-pressed", String(state));
    }

    paintKeys() {
        this.datasets.forEach((one, i) => {
            const pen = this.keys[i].firstChild.getContext("2d"), now = value => typeof value === "function" ? value() : value;
            pen.setTransform(2, 0, 0, 2, 17 * 2, 7 * 2);
            pen.clearRect(-17, -7, 34, 14);
            Object.assign(pen, {strokeStyle: one.borderColor(), fillStyle: one.pointBackgroundColor(), lineWidth: one.borderWidth});
            pen.setLineDash(one.borderDash);
            if (one.showLine) pen.stroke(new Path2D("M-16 0H16"));
            pen.setLineDash([]);
            if (one.pointRadius) Chart.helpers.drawPoint(pen, {pointStyle: now(one.pointStyle), radius: one.pointRadius, rotation: one.pointRotation, borderWidth: 1.5}, 0, 0);
        });
    }

    // All numbers, for those who cannot see the chart, or doubt it. Made when it is asked for.
    fill(box, title) {
        if (box.childElementCount) return;
        const head = ["Series", this.x.label || "x", this.y.label || "y", "low", "high"];
        const cell = value => make("td", {class: "number"}, Number.isFinite(value) ? show(value, 6) : "");
        const rows = this.series.flatMap(one => one.x.map((x, i) =>
            make("tr", {}, make("th", {scope: "row"}, one.name), ...[x, one.y[i], one.low?.[i], one.high?.[i]].map(cell))));
        box.append(make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": `Values: ${this.spec.title}; ${title}`},
            make("table", {}, make("thead", {}, make("tr", {}, ...head.map(name => make("th", {scope: "col"}, name)))), make("tbody", {}, ...rows))));
    }

    // -- Zoom --

    look(view) {
        for (const [id, [min, max]] of Object.entries(view)) Object.assign(this.chart.options.scales[id], {min, max});
        this.reset.disabled = view === this.full;
        this.chart.update();
    }

    // What lies between two pixels of each axis.
    between(x, y) {
        const of = (id, ends) => ends.map(pixel => this.chart.scales[id].getValueForPixel(pixel)).sort((a, b) => a - b);
        return {x: of("x", x), y: of("y", y)};
    }

    // About the point that is told of, or the middle.
    zoom(factor) {
        const {left, right, top, bottom} = this.chart.chartArea, {x, y} = this.active()?.element ?? {x: (left + right) / 2, y: (top + bottom) / 2};
        const view = this.between([left, right].map(end => x + (end - x) * factor), [top, bottom].map(end => y + (end - y) * factor));
        const all = ["x", "y"].every(id => view[id][0] <= this.full[id][0] && view[id][1] >= this.full[id][1]);
        this.look(all ? this.full : view);
    }

    listen() {
        let start = null;
        const on = (name, action) => this.plot.addEventListener(name, action);
        const place = event => { // within the axes
            const box = this.canvas.getBoundingClientRect(), {left, right, top, bottom} = this.chart.chartArea;
            return [Math.max(left, Math.min(right, event.clientX - box.left)), Math.max(top, Math.min(bottom, event.clientY - box.top))];
        };
        on("pointerdown", event => { if (event.button === 0 && event.pointerType !== "touch") start = place(event); });
        on("pointermove", event => {
            if (!start) return;
            const end = place(event), [x, y, width, height] = [0, 1].map(i => Math.min(start[i], end[i])).concat([0, 1].map(i => Math.abs(start[i] - end[i])));
            this.chart.choice = width < DRAG || height < DRAG ? null : {x, y, width, height};
            this.chart.draw();
        });
        window.addEventListener("pointerup", () => {
            const {choice} = this.chart;
            this.chart.choice = start = null;
            if (choice) this.look(this.between([choice.x, choice.x + choice.width], [choice.y, choice.y + choice.height]));
        });
        on("dblclick", () => this.look(this.full));
        on("keydown", event => this.press(event));
        on("blur", () => this.activate());
    }

    // -- The keyboard --

    active() { return this.chart.getActiveElements()[0]; }

    activate(...point) {
        const elements = point.length ? [{datasetIndex: point[0], index: point[1]}] : [];
        this.chart.setActiveElements(elements);
        this.chart.tooltip.setActiveElements(elements, {x: 0, y: 0});
        this.chart.update();
    }

    press(event) {
        const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        if (step) this.go(...step);
        else if ("+=-".includes(event.key)) this.zoom(event.key === "-" ? 1 / .6 : .6);
        else if (event.key === "0") this.look(this.full);
        else if (event.key === "Escape") this.activate();
        else return;
        event.preventDefault();
    }

    go(between, along) {
        const shown = this.series.map((one, i) => i).filter(i => this.chart.isDatasetVisible(i) && this.series[i].x.length), at = this.active();
        if (!shown.length) return;
        let [of, i] = at ? [at.datasetIndex, at.index] : [shown[0], 0];
        if (at && along) i = Math.max(0, Math.min(this.series[of].x.length - 1, i + along));
        else if (at) {
            const x = this.series[of].x[i];
            of = shown[(shown.indexOf(of) + between + shown.length) % shown.length];
            i = this.series[of].x.reduce((best, value, k) => Math.abs(value - x) < Math.abs(this.series[of].x[best] - x) ? k : best, 0);
        }
        this.activate(of, i);
        this.said.textContent = [this.series[of].name, ...this.tell(this.series[of], i)].join(", ");
    }
}

// ---- The page ----

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
document.getElementById("chart-hint").hidden = false;
const panels = [];
for (const data of document.querySelectorAll(".chart-data")) {
    const {key, title, panels: specs, series, things} = JSON.parse(data.textContent);
    const place = document.querySelector(`.charts[data-key="${key}"]`);
    const own = specs.map(spec => [spec, series.filter(one => one.panel === spec.id)]).filter(([, some]) => some.length)
        .map(([spec, some]) => new Panel(title, spec, some, things ?? []));
    place.append(...own.map(panel => panel.element));
    own.forEach(panel => panel.draw());
    panels.push(...own);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => panels.forEach(panel => { panel.chart.update(); panel.paintKeys(); }));
})();
