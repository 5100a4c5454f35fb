// Volcano plots, and the patients behind a pair: by group and by site.
"use strict";
(() => {
  const charts = window.imagenomicsCharts;
  const { safe, cut, fit, textWidth, wrap, number, place, pValue } = charts;
  const NAMED = 6;

  function kindOf(data, element, state) {
    const select = element.closest(".chart-block").querySelector('[data-role="kind"]');
    if (select && !state.kind) {
      select.addEventListener("input", () => charts.draw(element));
      state.kind = true;
    }
    return select ? Number(select.value) : 0;
  }

  function cloud(data, indices, marker) {
    return {
      type: "scatter", mode: "markers", marker, hovertemplate: "%{text}<extra></extra>",
      x: indices.map((i) => place(data.x[i], data.kinds[data.k[i]])), y: indices.map((i) => data.y[i]),
      text: indices.map((i) => `<b>${wrap(data.features[data.f[i]], 46)}</b><br>${wrap(data.targets[data.t[i]], 46)}<br>effect ${number(data.x[i])}, q ${number(data.q[i], 2)}, p ${pValue(data.y[i])}, n ${data.n[i]}`),
    };
  }

  // Labels of the strongest pairs, of every target about as many, towards the empty middle, none on top of another.
  function names(data, indices, colours, { pixels, width }) {
    const ranked = [...indices].sort((a, b) => data.y[b] - data.y[a]);
    const most = Math.ceil(NAMED / new Set(ranked.map((i) => data.t[i])).size);
    const taken = new Map();
    const chosen = ranked.filter((i) => {
      taken.set(data.t[i], (taken.get(data.t[i]) || 0) + 1);
      return taken.get(data.t[i]) <= most;
    }).slice(0, NAMED);
    const called = (name) => data.short[name] || name;
    const room = Math.min(400, width * 0.42);
    const label = (i) => {
      const target = fit(called(data.targets[data.t[i]]), 11, room / 2);
      return `${fit(called(data.features[data.f[i]]), 11, room - textWidth(target, 11) - 10)} · ${target}`;
    };
    const last = { left: -Infinity, right: -Infinity };
    return chosen.map((i) => {
      const x = place(data.x[i], data.kinds[data.k[i]]);
      const side = x < 0 ? "left" : "right";
      const spot = pixels(data.y[i]);
      const wanted = Math.max(spot - 8, last[side] + 15);
      last[side] = wanted;
      return {
        x, y: data.y[i], text: safe(label(i)), showarrow: true, arrowwidth: 0.8, arrowcolor: colours.soft, arrowhead: 0,
        ax: side === "left" ? 30 : -30, ay: wanted - spot, xanchor: side, bgcolor: colours.paper, opacity: 0.9, borderpad: 1, font: { size: 11, color: colours.ink },
      };
    });
  }

  // Places are measured from 'no effect'; the labels say the measure itself.
  function ticks(scale, left, right) {
    if (!scale[3] && !scale[2]) return {};
    const values = [];
    const step = scale[3] ? 1 : 0.1;
    for (let v = Math.ceil(left / step) * step; v <= right; v += step) values.push(Math.round(v * 100) / 100 + 0);
    const label = (v) => (scale[3] ? (v < 0 ? `1/${2 ** -v}` : String(2 ** v)) : number(v + scale[2]));
    return { tickvals: values, ticktext: values.map(label) };
  }

  charts.makers.volcano = (data, { width, colours, element, state }) => {
    const kind = kindOf(data, element, state);
    const indices = data.x.map((_, i) => i).filter((i) => data.k[i] === kind && data.x[i] !== null && data.y[i] !== null);
    const passes = (i) => data.q[i] !== null && data.q[i] <= data.passes;
    const some = indices.filter(passes);
    const rest = indices.filter((i) => !passes(i));
    const line = some.length && rest.length ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: Math.min(...some.map((i) => data.y[i])), y1: Math.min(...some.map((i) => data.y[i])), line: { color: colours.soft, width: 1, dash: "dot" } }] : [];
    const label = line.length ? [{ xref: "paper", x: 0, xanchor: "left", y: line[0].y0, yanchor: "bottom", text: `q = ${number(data.passes)}`, showarrow: false, font: { size: 10.5, color: colours.soft } }] : [];
    const scale = data.kinds[kind] || ["effect", "", 0, 0, 1];
    const reach = Math.max(...indices.map((i) => Math.abs(place(data.x[i], scale))), 0.1) * 1.12;
    const left = scale[4] ? -reach : 0;
    const highest = Math.max(...indices.map((i) => data.y[i]), 1) * 1.06;
    const height = width < 560 ? 340 : 400;
    const pixels = (y) => (1 - y / highest) * (height - 58);
    const layout = charts.layout(colours, {
      height, margin: { l: 46, r: 14, t: 14, b: 44 }, hovermode: "closest",
      xaxis: charts.axis(colours, { title: { text: safe(scale[0] || "effect"), standoff: 8 }, range: [left, reach], ...ticks(scale, left, reach) }),
      yaxis: charts.axis(colours, { title: { text: "−log₁₀ p", standoff: 6 }, range: [0, highest] }),
      shapes: line, annotations: [...label, ...names(data, some, colours, { pixels, width })],
    });
    const quiet = cloud(data, rest, { color: colours.soft, size: 4.5, opacity: 0.4 });
    const loud = cloud(data, some, { color: some.map((i) => (place(data.x[i], scale) < 0 ? colours.low : colours.high)), size: 6.5, opacity: 0.85 });
    const pair = (point) => { const i = (point.curveNumber === 0 ? rest : some)[point.pointNumber]; return [data.features[data.f[i]], data.targets[data.t[i]]]; };
    return { data: [quiet, loud], layout, pair };
  };

  // The patients who have both the feature and the target.
  function pairOf(people, element) {
    const { feature, target } = element.dataset;
    const values = people.features[feature];
    const { levels, groups } = people.targets[target];
    const have = values.map((v, i) => (v !== null && groups[i] !== null ? i : -1)).filter((i) => i >= 0);
    const take = (list) => have.map((i) => list[i]);
    return { feature, target, levels, unit: people.units[feature] || "", said: people.names[feature] || "", sites: people.sites, patients: take(people.patients), values: take(values), groups: take(groups), site: take(people.site) };
  }

  const palette = (c) => [c.blue, c.orange, c.green, c.purple, c.yellow, c.sky, c.ink, c.soft];
  const places = (values, wanted) => values.map((v, i) => (v === wanted ? i : -1)).filter((i) => i >= 0);
  const words = (data, i) => `${wrap(data.patients[i], 40)}<br>${number(data.values[i], 4)}`;

  function boxes(data, indices, extra, colour, fill) {
    return {
      type: "box", y: indices.map((i) => data.values[i]), text: indices.map((i) => words(data, i)), hovertemplate: "%{text}<extra></extra>", hoveron: "points",
      boxpoints: "all", jitter: 0.55, pointpos: 0, line: { color: colour, width: 1.4 }, fillcolor: fill, marker: { color: colour, size: 4, opacity: 0.6 }, ...extra,
    };
  }

  // Findings that are there or not: their share in each group, with the counts.
  const isFinding = (data) => data.values.every((v) => v === 0 || v === 1) && new Set(data.values).size === 2;

  function shares(data, own, colour, extra) {
    const counts = own.map((list) => list.filter((i) => data.values[i] === 1).length);
    const said = own.map((list, k) => (list.length ? `${counts[k]}/${list.length}` : ""));
    return {
      type: "bar", y: own.map((list, k) => (list.length ? (100 * counts[k]) / list.length : null)), text: said, textposition: "outside", cliponaxis: false, textfont: { size: 11, color: colour },
      hovertemplate: "%{y:.0f}% (%{text})<extra></extra>", marker: { color: colour, opacity: 0.8 }, ...extra,
    };
  }

  function shareFrame(data, drawing, xaxis, extra) {
    const layout = frame(data, drawing, xaxis, extra);
    layout.yaxis = { ...layout.yaxis, range: [0, 112], tickvals: [0, 25, 50, 75, 100], ticktext: ["0%", "25%", "50%", "75%", "100%"], title: { ...layout.yaxis.title, text: safe(fit(`patients with ${nameOf(data)}`, 11, layout.height - 60)) } };
    return layout;
  }

  function nameOf(data) {
    const parts = data.feature.split(".");
    return data.said || parts.slice(parts.length > 2 ? 2 : 1).join(".") || data.feature;
  }

  const NO_FILL = "rgba(127,127,127,0.09)";

  function frame(data, { colours, paper, width }, xaxis, extra) {
    const tall = paper ? 225 : 300;
    const across = xaxis.title ? { title: { standoff: 6, font: { size: 11 }, text: safe(fit(xaxis.title.text, 11, width - 40)) } } : {};
    const known = data.values.filter((v) => v !== null);
    const low = Math.min(...known), high = Math.max(...known), room = (high - low || 1) * 0.06;
    const unit = data.unit ? ` (${data.unit})` : "";
    return charts.layout(colours, {
      height: tall, margin: { l: 52, r: 10, t: 30, b: 46, autoexpand: false }, hovermode: "closest",
      xaxis: charts.axis(colours, { showgrid: false, zeroline: false, ...xaxis, ...across }),
      yaxis: charts.axis(colours, { zeroline: false, range: [low - room, high + room], title: { text: safe(fit(nameOf(data) + unit, 11, tall - 40)), standoff: 6, font: { size: 11 } } }),
      ...extra,
    });
  }

  const heading = (text, colours) => [{ xref: "paper", yref: "paper", x: 0, y: 1, yshift: 22, xanchor: "left", text, showarrow: false, font: { size: 11.5, color: colours.soft } }];

  charts.makers["by-group"] = (people, drawing) => {
    const { colours, element } = drawing;
    const data = pairOf(people, element);
    if (!data.levels.length) {
      const points = { type: "scatter", mode: "markers", x: data.groups, y: data.values, text: data.patients.map((_, i) => words(data, i)), hovertemplate: "%{text}<extra></extra>", marker: { color: colours.blue, size: 5.5, opacity: 0.65 } };
      return { data: [points], layout: frame(data, drawing, { title: { text: data.target }, showgrid: true }, { annotations: heading("All patients", colours) }) };
    }
    const colour = palette(colours);
    const groups = data.levels.map((_, g) => places(data.groups, g));
    const traces = isFinding(data) ? data.levels.map((name, g) => shares(data, [groups[g]], colour[g % colour.length], { x: [g], name: safe(name), width: 0.5 })) : data.levels.map((name, g) => {
      const own = groups[g];
      return boxes(data, own, { x: own.map(() => g), name: safe(name), width: 0.6 }, colour[g % colour.length], NO_FILL);
    });
    const ticks = { tickvals: data.levels.map((_, g) => g), ticktext: data.levels.map((n, g) => `${safe(cut(n, 16))}<br>n ${places(data.groups, g).length}`), range: [-0.6, data.levels.length - 0.4] };
    const made = isFinding(data) ? shareFrame : frame;
    return { data: traces, layout: made(data, drawing, ticks, { annotations: heading("By group", colours) }) };
  };

  charts.makers["by-site"] = (people, drawing) => {
    const { colours, element } = drawing;
    const data = pairOf(people, element);
    const colour = palette(colours);
    const ticks = { tickvals: data.sites.map((_, s) => s), ticktext: data.sites.map((n, s) => `${safe(cut(n, 9))}<br>${places(data.site, s).length}`), range: [-0.6, data.sites.length - 0.4] };
    if (!data.levels.length) {
      const traces = data.sites.map((name, s) => { const own = places(data.site, s); return boxes(data, own, { x: own.map(() => s), name: safe(name), width: 0.6 }, colours.blue, NO_FILL); });
      return { data: traces, layout: frame(data, drawing, ticks, { annotations: heading("By site", colours) }) };
    }
    const finding = isFinding(data);
    const traces = data.levels.map((name, g) => {
      const own = places(data.groups, g).filter((i) => data.site[i] >= 0);
      if (finding) return shares(data, data.sites.map((_, s) => own.filter((i) => data.site[i] === s)), colour[g % colour.length], { x: data.sites.map((_, s) => s), name: safe(cut(name, 16)) });
      return boxes(data, own, { x: own.map((i) => data.site[i]), name: safe(cut(name, 16)), offsetgroup: String(g) }, colour[g % colour.length], NO_FILL);
    });
    const extra = { boxmode: "group", barmode: "group", bargap: 0.25, boxgap: 0.25, boxgroupgap: 0.1, annotations: heading("By site", colours), showlegend: true, legend: { orientation: "h", x: 1, xanchor: "right", y: 1.0, yanchor: "bottom", font: { size: 10.5 } } };
    return { data: traces, layout: (finding ? shareFrame : frame)(data, drawing, ticks, extra) };
  };
})();
