// The gallery: filter by patient and image, switch outlines, enlarge.
"use strict";
(() => {
  const gallery = document.querySelector("[data-gallery]");
  const zoom = document.getElementById("zoom");
  if (!gallery || !zoom) return;
  const controls = gallery.parentElement;
  const find = (selector) => controls.querySelector(selector);
  const patient = find("[data-panel-filter]");
  const image = find("[data-panel-image]");
  const outlines = find("[data-panel-contours]");
  const more = find("[data-panel-more]");
  const panels = Array.from(gallery.querySelectorAll(".panel"));
  let unfolded = false;

  function filter() {
    const wanted = patient.value.trim().toLowerCase();
    const series = image ? image.value : "";
    let found = 0;
    panels.forEach((panel) => {
      const fits = panel.dataset.patient.toLowerCase().includes(wanted) && (!series || panel.dataset.image === series);
      panel.classList.toggle("filtered", !fits);
      found += fits ? 1 : 0;
    });
    const narrowed = Boolean(wanted || series);
    gallery.classList.toggle("all", unfolded || narrowed);
    find("[data-panel-found]").textContent = narrowed ? `${found} of ${panels.length} pictures` : "";
    if (more) more.hidden = unfolded || narrowed;
  }

  function enlarge(panel) {
    const copy = panel.cloneNode(true);
    copy.classList.remove("beyond");
    const button = copy.querySelector("button.open");
    button.replaceWith(...button.childNodes);
    const close = document.createElement("button");
    close.className = "close";
    close.type = "button";
    close.textContent = "✕";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => zoom.close());
    zoom.replaceChildren(close, copy);
    zoom.classList.toggle("no-contours", !outlines.checked);
    zoom.showModal();
  }

  function step(direction) {
    const shown = panels.filter((p) => p.offsetParent !== null);
    const open = zoom.querySelector(".panel");
    const place = shown.findIndex((p) => p.dataset.patient === open.dataset.patient && p.dataset.image === open.dataset.image);
    const next = shown[place + direction];
    if (next) { zoom.close(); enlarge(next); }
  }

  patient.addEventListener("input", filter);
  if (image) image.addEventListener("change", filter);
  outlines.addEventListener("change", () => gallery.classList.toggle("no-contours", !outlines.checked));
  if (more) more.addEventListener("click", () => { unfolded = true; filter(); });
  const worst = Array.from(document.querySelectorAll("[data-worst] .panel"));
  panels.concat(worst).forEach((panel) => panel.querySelector("button.open").addEventListener("click", () => enlarge(panel)));
  zoom.addEventListener("click", (event) => { if (event.target === zoom) zoom.close(); });
  zoom.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
})();
