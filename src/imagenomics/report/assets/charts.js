// What all interactive charts share: colours of the page, safe words, drawing when seen, and for paper.
"use strict";
window.imagenomicsCharts = (() => {
  const PAPER_WIDTH = 672; // CSS pixels between the margins of an A4 sheet
  const makers = {};
  const drawn = new Map();
  let paper = false;

  // Plotly reads a little HTML in labels; data must come out as the characters they are.
  const safe = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  function cut(text, limit) {
    const characters = Array.from(String(text));
    if (characters.length <= limit) return characters.join("");
    const head = Math.ceil((limit - 1) * 0.5);
    return characters.slice(0, head).join("") + "…" + characters.slice(characters.length - (limit - 1 - head)).join("");
  }

  const pen = document.createElement("canvas").getContext("2d");

  function textWidth(text, size) {
    pen.font = `${size}px ${fontFamily()}`;
    return pen.measureText(text).width;
  }

  // The text with its middle left out where it would be wider than so many pixels.
  function fit(text, size, room) {
    let shown = String(text);
    for (let limit = Array.from(shown).length - 1; limit > 3 && textWidth(shown, size) > room; limit -= 1) shown = cut(text, limit);
    return shown;
  }

  function wrap(text, limit) {
    const characters = Array.from(String(text)).slice(0, limit * 4);
    const lines = [];
    for (let i = 0; i < characters.length; i += limit) lines.push(safe(characters.slice(i, i + limit).join("")));
    return lines.join("<br>");
  }

  function number(value, digits) {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1).replace("-", "−");
    return Number(value.toPrecision(digits || 3)).toString().replace("-", "−");
  }

  // Kinds are [effect, test, neutral value, ratio?, direction?]; places are measured from 'no effect'.
  const FARTHEST = 64;

  function place(value, kind) {
    if (value === null || value === undefined) return null;
    if (kind && kind[3]) return Math.log2(Math.min(Math.max(value, 1 / FARTHEST), FARTHEST));
    return value - (kind ? kind[2] : 0);
  }

  const pValue = (negLog) => (negLog === null ? "–" : negLog > 300 ? "< 1e−300" : number(Math.pow(10, -negLog), 2));

  const LIGHT = {
    ink: "#1c2630", soft: "#56626e", line: "#dde2e7", paper: "#ffffff", wash: "#f5f7f8", blue: "#0072b2", orange: "#d55e00",
    green: "#009e73", purple: "#b5679a", yellow: "#c99400", sky: "#56b4e9", low: "#2166ac", mid: "#f4f5f6", high: "#b2182b",
  };

  function theme() {
    if (paper) return { ...LIGHT, font: fontFamily() };
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const found = { font: fontFamily() };
    for (const key of ["ink", "soft", "line", "paper", "wash", "low", "mid", "high"]) found[key] = read(`--${key}`);
    for (const key of ["blue", "orange", "green", "purple", "yellow", "sky"]) found[key] = read(`--p-${key}`);
    return found;
  }

  const fontFamily = () => getComputedStyle(document.documentElement).getPropertyValue("--sans").trim();

  function layout(colours, extra) {
    return {
      font: { family: colours.font, size: 11.5, color: colours.soft },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { align: "left", bgcolor: colours.ink, bordercolor: colours.ink, font: { family: colours.font, size: 12.5, color: colours.paper } },
      showlegend: false,
      dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
      ...extra,
    };
  }

  const axis = (colours, extra) => ({
    gridcolor: colours.line, zerolinecolor: colours.soft, zerolinewidth: 1, linecolor: colours.soft, ticks: "", automargin: false, ...extra,
  });

  const CONFIG = { displaylogo: false, responsive: false, displayModeBar: false, doubleClick: "reset" };

  function widthOf(element) {
    const room = (element.parentElement.classList.contains("plot-scroll") ? element.parentElement : element).clientWidth;
    if (!paper) return room;
    return element.closest(".pair-plots") ? PAPER_WIDTH / 2 - 10 : PAPER_WIDTH;
  }

  const sources = new Map();

  function source(name) {
    if (!sources.has(name)) {
      const element = document.getElementById(name);
      sources.set(name, element ? JSON.parse(element.textContent) : null);
    }
    return sources.get(name);
  }

  // A chart that cannot be drawn must not take the others with it.
  function draw(element) {
    try {
      drawNow(element);
    } catch (error) {
      element.textContent = "This chart could not be drawn.";
      console.error(error);
    }
  }

  function drawNow(element) {
    if (!element.isConnected) { drawn.delete(element); return; }
    const state = drawn.get(element) || { data: source(element.dataset.source) };
    drawn.set(element, state);
    const width = widthOf(element);
    if (width < 40) return;
    const figure = makers[element.dataset.chart](state.data, { width, colours: theme(), element, state, paper });
    state.width = width;
    element.style.minHeight = "0";
    window.Plotly.react(element, figure.data, { ...figure.layout, width: figure.width || width }, CONFIG);
    if (figure.pair && !state.listens) {
      state.listens = true;
      element.on("plotly_click", (event) => pick(element, state.pair(event.points[0])));
    }
    state.pair = figure.pair;
  }

  // Shows the patients of one pair below the chart in which it was picked.
  function pick(element, pair) {
    const people = source("people");
    const place = element.closest(".chart-block").querySelector(".picked");
    if (!pair || !place || !people) return;
    const figure = document.createElement("figure");
    figure.className = "pair";
    const caption = document.createElement("figcaption");
    figure.append(caption);
    const add = (tag, text) => { const made = document.createElement(tag); made.textContent = text; caption.append(made); };
    add("b", pair[1]);
    const said = people.names[pair[0]];
    if (said) add("span", said);
    add(said ? "small" : "span", pair[0]);
    if (people.features[pair[0]] && people.targets[pair[1]]) {
      const plots = document.createElement("div");
      plots.className = "pair-plots";
      for (const kind of people.sites.length > 1 ? ["group", "site"] : ["group"]) {
        const plot = document.createElement("div");
        plot.className = "plot";
        Object.assign(plot.dataset, { chart: `by-${kind}`, source: "people", feature: pair[0], target: pair[1] });
        const holder = document.createElement("div");
        holder.append(plot);
        plots.append(holder);
      }
      figure.append(plots);
    } else {
      add("small", "The patients of this pair are not on the page; features.parquet and molecules.parquet have them.");
    }
    place.replaceChildren(figure);
    figure.querySelectorAll(".plot").forEach(draw);
  }

  // The chart as an SVG of its own, in the colours of paper.
  async function picture(element, title) {
    const state = drawn.get(element) || { data: source(element.dataset.source) };
    const width = Math.max(widthOf(element), 320);
    const figure = makers[element.dataset.chart](state.data, { width, colours: { ...LIGHT, font: fontFamily() }, element, state, paper: false });
    const size = { width: figure.width || width, height: figure.layout.height + 34 };
    const top = { text: safe(cut(title, Math.floor(width / 7.5))), x: 0, xref: "paper", xanchor: "left", y: 1, yref: "container", yanchor: "top", pad: { t: 8 }, font: { size: 13, color: LIGHT.ink } };
    const margin = { ...figure.layout.margin, t: figure.layout.margin.t + 34 };
    const layout = { ...figure.layout, ...size, margin, title: top, paper_bgcolor: LIGHT.paper, plot_bgcolor: LIGHT.paper };
    const address = await window.Plotly.toImage({ data: figure.data, layout }, { format: "svg", ...size });
    return { text: decodeURIComponent(address.slice(address.indexOf(",") + 1)), ...size };
  }

  const charts = () => Array.from(document.querySelectorAll("[data-chart]"));

  function watch() {
    const seen = new IntersectionObserver((entries) => {
      entries.filter((e) => e.isIntersecting).forEach((e) => { seen.unobserve(e.target); draw(e.target); });
    }, { rootMargin: "600px" });
    charts().forEach((element) => seen.observe(element));
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => drawn.forEach((state, element) => { if (widthOf(element) !== state.width) draw(element); }), 150);
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((_, element) => draw(element)));
  }

  function forPaper() { paper = true; charts().forEach(draw); }
  function forScreen() { paper = false; drawn.forEach((_, element) => draw(element)); }

  document.addEventListener("DOMContentLoaded", watch);
  return { makers, safe, cut, fit, textWidth, wrap, number, place, pValue, layout, axis, draw, picture, forPaper, forScreen };
})();
