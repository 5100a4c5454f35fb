// Saves charts as SVG or PNG files, in the colours of paper; nothing leaves the machine.
"use strict";
(() => {
  const SCALE = 3; // pixels of a PNG for each pixel of the page
  const MARGIN = 12;
  const TITLE = 26;
  const KEY_ROW = 16;
  const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "font-variant-numeric"];
  const SPACE = "http://www.w3.org/2000/svg";

  // The colours of the page outside of dark mode: what the style sheet says of :root.
  function lightColours(host) {
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule.selectorText !== ":root") continue;
        for (const name of rule.style) if (name.startsWith("--")) host.style.setProperty(name, rule.style.getPropertyValue(name));
      }
    }
  }

  // The key of the models, where a chart has lines of several: what is on the page beside all charts goes along.
  function addKey(copy, chart, box) {
    const block = chart.closest("details.block");
    const rows = block ? Array.from(block.querySelectorAll(".model-key li")) : [];
    const drawn = (row) => chart.querySelector(`.curve.${row.querySelector("line").classList[1]}`);
    const used = chart.querySelectorAll(".curve").length > 1 ? rows.filter(drawn) : [];
    used.forEach((row, i) => {
      const group = document.createElementNS(SPACE, "g");
      group.setAttribute("transform", `translate(${i % 2 ? box.width / 2 : 0} ${box.height + 8 + KEY_ROW * Math.floor(i / 2)})`);
      const text = document.createElementNS(SPACE, "text");
      text.setAttribute("class", "tick");
      text.setAttribute("x", "30");
      text.setAttribute("y", "8.5");
      text.textContent = row.querySelector("span").textContent;
      group.append(row.querySelector("line").cloneNode(true), text);
      copy.append(group);
    });
    return used.length ? 8 + KEY_ROW * Math.ceil(used.length / 2) : 0;
  }

  // A copy of a chart that carries its own styles, with a title and paper behind it.
  function standalone(chart, title) {
    const box = chart.viewBox.baseVal;
    const host = document.createElement("div");
    lightColours(host);
    Object.assign(host.style, { position: "absolute", left: "-9999px", top: "0", width: `${box.width}px` });
    const copy = chart.cloneNode(true);
    host.append(copy);
    const key = addKey(copy, chart, box);
    copy.setAttribute("viewBox", `0 0 ${box.width} ${box.height + key}`);
    document.body.append(host);
    for (const element of [copy, ...copy.querySelectorAll("*")]) {
      const style = getComputedStyle(element);
      KEPT.forEach((name) => element.style.setProperty(name, style.getPropertyValue(name)));
    }
    host.remove();
    const width = box.width + 2 * MARGIN, height = box.height + key + 2 * MARGIN + TITLE;
    const whole = document.createElementNS(SPACE, "svg");
    const set = (element, values) => { Object.entries(values).forEach(([k, v]) => element.setAttribute(k, v)); return element; };
    set(whole, { xmlns: SPACE, viewBox: `0 0 ${width} ${height}`, width, height });
    whole.append(set(document.createElementNS(SPACE, "rect"), { width, height, fill: "#ffffff" }));
    const text = set(document.createElementNS(SPACE, "text"), { x: MARGIN, y: MARGIN + 13, "font-family": "sans-serif", "font-size": 13, "font-weight": 600, fill: "#1c2630" });
    text.textContent = title;
    copy.removeAttribute("class");
    whole.append(text, set(copy, { x: MARGIN, y: MARGIN + TITLE, width: box.width, height: box.height + key }));
    return { text: new XMLSerializer().serializeToString(whole), width, height };
  }

  function raster({ text, width, height }) {
    return new Promise((done, failed) => {
      const picture = new Image();
      picture.onerror = failed;
      picture.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = width * SCALE;
        canvas.height = height * SCALE;
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png");
      };
      picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    });
  }

  function hand(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "chart";
  const words = (element) => { // without the explanations that a hint carries
    if (!element) return "";
    const copy = element.cloneNode(true);
    copy.querySelectorAll(".tip, small, .badge").forEach((part) => part.remove());
    return copy.textContent.trim();
  };

  function titleOf(chart) {
    const block = chart.closest("details.block");
    const figure = chart.closest("figure, .chart-block");
    const own = figure && words(figure.querySelector("figcaption > b, h4"));
    const outer = block && words(block.querySelector(":scope > .block-head > span"));
    const kind = chart.dataset && (chart.dataset.chart || "").replace(/^by-/, "by ");
    const feature = chart.dataset && chart.dataset.feature;
    return [outer, own, feature, feature ? kind : ""].filter(Boolean).join(" · ");
  }

  async function save(chart, form) {
    const title = titleOf(chart);
    const made = chart.dataset.chart ? await window.imagenomicsCharts.picture(chart, title) : standalone(chart, title);
    hand(form === "svg" ? new Blob([made.text], { type: "image/svg+xml" }) : await raster(made), `${slug(title)}.${form}`);
  }

  function offer(chart) {
    const bar = document.createElement("p");
    bar.className = "save screen-only";
    bar.append("Save picture ");
    for (const form of ["svg", "png"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.save = form;
      button.textContent = form.toUpperCase();
      button.setAttribute("aria-label", `Save ${titleOf(chart) || "this chart"} as ${form.toUpperCase()}`);
      button.addEventListener("click", () => save(chart, form).catch((error) => { button.textContent = "failed"; console.error(error); }));
      bar.append(button);
    }
    (chart.closest(".plot-scroll") || chart).after(bar);
  }

  document.querySelectorAll(".small-chart svg.chart, .tree-map svg.chart, [data-chart]").forEach(offer);
})();
