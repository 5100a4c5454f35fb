// Features by targets: colour is the signed strength, a dot marks what passes the false discovery rate.
"use strict";
(() => {
  const charts = window.imagenomicsCharts;
  const { safe, cut, fit, textWidth, wrap, number, place, pValue } = charts;
  const LEAST_CELL = 13; // pixels; on paper, where nothing scrolls, weaker targets are left out
  const LETTERS = 10.5;
  const SCALE = 245; // pixels that the colour scale and its title need

  function options(element, state) {
    if (state.options) return state.options;
    const block = element.closest(".chart-block");
    const field = (role) => block.querySelector(`[data-role="${role}"]`);
    const narrow = element.parentElement.clientWidth < 560;
    const preset = (select, wanted) => {
      const sizes = Array.from(select.options).map((o) => Number(o.value));
      select.value = String(sizes.filter((s) => s <= wanted).pop() || sizes[0]);
    };
    preset(field("rows"), narrow ? 25 : 40);
    preset(field("columns"), narrow ? 15 : 60);
    state.options = field;
    block.querySelectorAll("[data-role]").forEach((f) => f.addEventListener("input", () => charts.draw(element)));
    return field;
  }

  function strengths(data) {
    const columns = data.targets.length;
    const rows = new Array(data.features.length).fill(-1);
    const targets = new Array(columns).fill(-1);
    data.l.forEach((value, i) => {
      if (value === null) return;
      const row = Math.floor(i / columns);
      const column = i % columns;
      rows[row] = Math.max(rows[row], value);
      targets[column] = Math.max(targets[column], value);
    });
    return { rows, targets };
  }

  const strongest = (strength, n) => strength.map((s, i) => [s, i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, n).map((p) => p[1]);

  function chosen(data, field) {
    const strength = strengths(data);
    const wanted = field("find").value.trim().toLowerCase();
    let rows = strongest(strength.rows, data.features.length);
    let columns = strongest(strength.targets, data.targets.length);
    const untested = rows.filter((i) => strength.rows[i] < 0).length;
    if (!wanted) rows = rows.filter((i) => strength.rows[i] >= 0);
    if (wanted) {
      const fits = (names) => (i) => names[i].join(" ").toLowerCase().includes(wanted);
      const someRows = rows.filter(fits(data.features));
      const someColumns = columns.filter(fits(data.targets));
      if (someRows.length) rows = someRows;
      if (someColumns.length) columns = someColumns;
    }
    rows = rows.slice(0, Number(field("rows").value));
    columns = columns.slice(0, Number(field("columns").value));
    if (field("order").value === "group") rows.sort((a, b) => data.group[a] - data.group[b] || a - b);
    return { rows, columns, left: wanted ? 0 : untested };
  }

  function tooltip(data, cell, row, column) {
    const [exact, said] = data.features[row];
    const feature = said ? `<b>${wrap(said, 46)}</b><br>${wrap(exact, 46)}` : `<b>${wrap(exact, 46)}</b>`;
    const names = `${feature}<br>${wrap(data.targets[column][0], 46)}`;
    if (data.l[cell] === null) {
      const why = data.reasons[data.r[cell]];
      return `${names}<br>not tested${why ? ": " + wrap(why[1] || why[0], 46) : ""}`;
    }
    const kind = data.kinds[data.k[cell]] || ["effect", ""];
    const ends = data.a[cell] === null ? "" : ` (${number(data.a[cell])} to ${number(data.b[cell])})`;
    const maxt = data.m[cell] === null ? "" : `, p maxT ${number(data.m[cell], 2)}`;
    return `${names}<br>${safe(kind[0] || "effect")} ${number(data.e[cell])}${ends}<br>` +
      `q ${number(data.q[cell], 2)}, p ${pValue(data.l[cell])}${maxt}<br>n ${data.n[cell]}${kind[1] ? ", " + safe(kind[1]) : ""}`;
  }

  // Measures of different kinds share one colour scale: each is shown relative to its largest value.
  function largest(data, rows, columns) {
    const most = data.kinds.map(() => 0);
    rows.forEach((row) => columns.forEach((column) => {
      const cell = row * data.targets.length + column;
      const where = place(data.e[cell], data.kinds[data.k[cell]]);
      if (where !== null) most[data.k[cell]] = Math.max(most[data.k[cell]], Math.abs(where));
    }));
    return most;
  }

  function cells(data, rows, columns, byEffect) {
    const z = [], text = [], dots = { x: [], y: [] }, gaps = { x: [], y: [] };
    const reach = largest(data, rows, columns);
    const scales = new Set(data.kinds.map((k) => k[0]));
    let most = byEffect ? 0 : 1.3;
    rows.forEach((row, i) => {
      const values = [], words = [];
      columns.forEach((column, j) => {
        const cell = row * data.targets.length + column;
        const where = place(data.e[cell], data.kinds[data.k[cell]]);
        const effect = where === null ? null : scales.size > 1 ? where / (reach[data.k[cell]] || 1) : where;
        const value = byEffect ? effect : data.l[cell] === null ? null : (where < 0 ? -1 : 1) * data.l[cell];
        if (value !== null) most = Math.max(most, Math.abs(value));
        values.push(value);
        words.push(tooltip(data, cell, row, column));
        if (data.l[cell] === null) { gaps.x.push(j); gaps.y.push(i); }
        if (data.q[cell] !== null && data.q[cell] <= data.passes) { dots.x.push(j); dots.y.push(i); }
      });
      z.push(values);
      text.push(words);
    });
    return { z, text, dots, gaps, most: most || 1, title: effectTitle(data, scales) };
  }

  function effectTitle(data, scales) {
    if (scales.size > 1) return "effect, relative to the largest of its kind";
    const [name, , neutral, ratio] = data.kinds[0] || ["effect", "", 0, 0];
    if (ratio) return `log₂ of the ${safe(name)}`;
    return safe(name || "effect") + (neutral ? ` − ${neutral}` : "");
  }

  function groupMarks(data, rows, colours, { tall, outside, narrow }) {
    const shapes = [], annotations = [];
    let start = 0;
    for (let i = 1; i <= rows.length; i += 1) {
      if (i < rows.length && data.group[rows[i]] === data.group[rows[start]]) continue;
      if (i < rows.length) shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: i - 0.5, y1: i - 0.5, line: { color: colours.ink, width: 1 } });
      if ((i - start) * tall >= 11 && (outside || !narrow)) {
        annotations.push({ xref: "paper", x: outside ? 0 : 1, xanchor: outside ? "right" : "left", xshift: outside ? -6 : 6, y: (start + i - 1) / 2, text: safe(cut(data.groups[data.group[rows[start]]], narrow ? 16 : 26)), showarrow: false, font: { size: 10.5, color: colours.soft } });
      }
      start = i;
    }
    return { shapes, annotations };
  }

  charts.makers.heatmap = (data, { width, colours, element, state, paper }) => {
    const field = options(element, state);
    const { rows, columns: wanted, left: untested } = chosen(data, field);
    const byEffect = field("colour").value === "e";
    const grouped = field("order").value === "group";
    const narrow = width < 560;
    const tall = rows.length > 400 ? 3 : rows.length > 90 ? 7 : 15;
    const labelled = tall >= 11;
    const name = (names, i) => names[i][1] || names[i][0];
    const labels = (indices, names, room) => indices.map((i) => fit(name(names, i), LETTERS, room));
    const longest = (texts) => Math.max(...texts.map((text) => textWidth(text, LETTERS)), 20);
    const rowNames = labels(rows, data.features, narrow ? Math.min(150, width * 0.42) : 330);
    const columnNames = labels(wanted, data.targets, narrow ? 130 : 240);
    const outside = grouped && !labelled; // group names take the place of row names
    const left = labelled ? 16 + longest(rowNames) : outside ? (narrow ? 110 : 170) : 16;
    const right = grouped && labelled && !narrow ? 170 : 22;
    const columns = paper ? wanted.slice(0, Math.max(1, Math.floor((width - left - right) / LEAST_CELL))) : wanted;
    const { z, text, dots, gaps, most, title } = cells(data, rows, columns, byEffect);
    const top = 18 + longest(columnNames.slice(0, columns.length));
    const least = left + right + columns.length * LEAST_CELL;
    const wide = Math.max(width, least);
    const mostWide = left + right + columns.length * 62;
    const figureWidth = Math.min(wide, Math.max(mostWide, left + SCALE + 10, 320));
    const scaleRoom = 52;
    const height = top + Math.max(rows.length * tall, 40) + scaleRoom;
    const marks = grouped ? groupMarks(data, rows, colours, { tall, outside, narrow }) : { shapes: [], annotations: [] };
    const said = element.closest(".chart-block").querySelector(".shown");
    said.textContent = `Shown: ${rows.length.toLocaleString("en")} of ${data.all[0].toLocaleString("en")} features, ${columns.length} of ${data.all[1].toLocaleString("en")} targets.` +
      (untested ? ` ${untested.toLocaleString("en")} features of which no pair could be tested are not drawn; find them by name.` : "") +
      (gaps.x.length ? " ×: not tested." : "");
    const cell = (figureWidth - left - right) / columns.length;
    const scaleFrom = Math.min(0, figureWidth - SCALE - left - 10) / (figureWidth - left - right);
    const heat = {
      type: "heatmap", z, text, hovertemplate: "%{text}<extra></extra>", hoverongaps: true, xgap: columns.length > 90 ? 0 : 1, ygap: tall > 6 ? 1 : 0,
      zmin: -most, zmax: most, colorscale: [[0, colours.low], [0.5, colours.mid], [1, colours.high]],
      colorbar: { orientation: "h", thickness: 9, len: SCALE - 5, lenmode: "pixels", x: scaleFrom, xanchor: "left", xpad: 0, y: 0, yanchor: "top", ypad: 12, outlinewidth: 0, tickfont: { size: 10.5 }, title: { text: byEffect ? title : "−log₁₀ p, with the direction of the effect", side: "bottom", font: { size: 10.5 } } },
    };
    const passing = { type: "scatter", mode: "markers", x: dots.x, y: dots.y, hoverinfo: "skip", marker: { size: Math.max(2, Math.min(5, tall * 0.34, cell * 0.34)), color: colours.ink, line: { color: colours.paper, width: 0.8 } } };
    const untestedCells = { type: "scatter", mode: "text", x: gaps.x, y: gaps.y, text: gaps.x.map(() => (labelled ? "×" : "")), hoverinfo: "skip", textfont: { size: 9, color: colours.soft } };
    const gap = { ticks: "outside", ticklen: 4, tickcolor: "rgba(0,0,0,0)" };
    const ticks = (texts) => ({ tickvals: texts.map((_, i) => i), ticktext: texts.map(safe) });
    const layout = charts.layout(colours, {
      height, margin: { l: left, r: right, t: top, b: scaleRoom },
      xaxis: { side: "top", tickangle: -90, range: [-0.5, columns.length - 0.5], showgrid: false, zeroline: false, ...gap, tickfont: { size: LETTERS, color: colours.ink }, ...ticks(columnNames.slice(0, columns.length)) },
      yaxis: { range: [rows.length - 0.5, -0.5], showgrid: false, zeroline: false, ...gap, showticklabels: labelled, tickfont: { size: LETTERS, color: colours.ink }, ...ticks(rowNames) },
      ...marks,
    });
    const pair = (point) => (point.curveNumber === 0 ? [data.features[rows[point.y]][0], data.targets[columns[point.x]][0]] : null);
    return { data: [heat, passing, untestedCells], layout, width: figureWidth, pair };
  };
})();
