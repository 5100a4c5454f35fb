// Tables that sort and can be searched, the contents that follow the reader, and the page on paper.
"use strict";
(() => {
  const PRINTED_ROWS = 25;
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  function cellValue(row, column, numeric) {
    const cell = row.children[column];
    if (!cell) return numeric ? -Infinity : "";
    if (!numeric) return cell.textContent.trim().toLowerCase();
    const value = parseFloat(cell.dataset.value);
    return Number.isNaN(value) ? Infinity : value;
  }

  function sortBy(table, column) {
    const heads = all("thead th", table);
    const head = heads[column];
    const numeric = head.hasAttribute("data-numeric");
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1);
    rows.sort((a, b) => compare(cellValue(a, column, numeric), cellValue(b, column, numeric)));
    body.append(...rows);
  }

  function search(field) {
    const block = field.closest(".table-block");
    const wanted = field.value.trim().toLowerCase();
    const rows = all("tbody tr", block);
    let found = 0;
    rows.forEach((row) => {
      row.hidden = Boolean(wanted) && !row.textContent.toLowerCase().includes(wanted);
      found += row.hidden ? 0 : 1;
    });
    block.querySelector(".found").textContent = wanted ? `${found} of ${rows.length} rows` : "";
  }

  function prepareTables() {
    all("table.data:not(.plain)").forEach((table) => {
      table.classList.add("sortable");
      all("thead th", table).forEach((head, column) => {
        head.tabIndex = 0;
        head.addEventListener("click", () => sortBy(table, column));
        head.addEventListener("keydown", (event) => event.key === "Enter" && sortBy(table, column));
      });
      Array.from(table.tBodies[0].rows).slice(PRINTED_ROWS).forEach((row) => row.classList.add("unprinted"));
      const left = table.tBodies[0].rows.length - PRINTED_ROWS;
      if (left > 0) {
        const said = document.createElement("p");
        said.className = "note print-only";
        said.textContent = `${left} further rows are on the page on screen.`;
        table.closest(".table-block").append(said);
      }
    });
    all("[data-search]").forEach((field) => field.addEventListener("input", () => search(field)));
  }

  // On a phone every cell says what it is; tables with drawings in their heads go on scrolling.
  function stackTables() {
    all("table.data:not(.paired):not(.characteristics)").forEach((table) => {
      if (!table.tHead || !table.tBodies.length) return;
      table.classList.add("stacks");
      const heads = all("thead th", table).map((head) => (head.querySelector("svg") ? "" : head.textContent.trim()));
      all("tbody tr", table).forEach((row) => Array.from(row.children).forEach((cell, column) => {
        if (heads[column]) cell.dataset.head = heads[column];
        cell.classList.toggle("blank", ["", "–"].includes(cell.textContent.trim()) && !cell.querySelector("svg"));
      }));
    });
  }

  // A table that is wider than its frame says so.
  function markSideways() {
    if (!window.ResizeObserver) return;
    const seen = new ResizeObserver((entries) => entries.forEach(({ target }) => {
      target.classList.toggle("sideways", target.scrollWidth > target.clientWidth + 2);
    }));
    all(".table-block > .scroll").forEach((frame) => {
      const note = document.createElement("p");
      note.className = "note screen-only sideways-note";
      note.textContent = "More columns: scroll the table sideways →";
      frame.after(note);
      seen.observe(frame);
    });
  }

  function followReader() {
    const links = new Map(all(".contents a").map((a) => [a.getAttribute("href").slice(1), a]));
    const sections = all("main > section");
    const mark = () => {
      const edge = window.innerHeight * 0.3;
      let here = sections[0];
      sections.forEach((s) => { if (s.getBoundingClientRect().top < edge) here = s; });
      links.forEach((a, id) => a.classList.toggle("here", id === here.id));
    };
    document.addEventListener("scroll", mark, { passive: true });
    mark();
  }

  function copyText(button) {
    const text = document.getElementById(button.dataset.copy).textContent;
    const done = () => { button.textContent = "Copied"; };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
  }

  function forPaper() {
    const opened = [];
    window.addEventListener("beforeprint", () => {
      all("details.block:not([open]), details.glossary:not([open])").forEach((d) => { d.open = true; opened.push(d); });
      if (window.imagenomicsCharts) window.imagenomicsCharts.forPaper();
    });
    window.addEventListener("afterprint", () => {
      opened.splice(0).forEach((d) => { d.open = false; });
      if (window.imagenomicsCharts) window.imagenomicsCharts.forScreen();
    });
  }

  prepareTables();
  stackTables();
  markSideways();
  followReader();
  forPaper();
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => copyText(button)));
})();
