"use strict";
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;

  function colourOf(name) {
    const [key, opacity] = name.split("/");
    const hex = getComputedStyle(root).getPropertyValue(key).trim();
    if (!opacity) return hex;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    return `rgba(${r},${g},${b},${opacity})`;
  }

  // Colours stand in the data as the names of the page's own.
  function coloured(value) {
    if (typeof value === "string") return value.startsWith("--") ? colourOf(value) : value;
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
    }
    return value;
  }

  function themed(layout, narrow) {
    const found = coloured(layout);
    const axis = { gridcolor: colourOf("--line"), zerolinecolor: colourOf("--line"), automargin: true };
    for (const key of Object.keys(found)) {
      if (/^[xy]axis\d*$/.test(key)) found[key] = { ...axis, ...found[key] };
    }
    const legend = { orientation: "h", y: 1.01, yanchor: "bottom", x: 0 };
    return {
      margin: narrow ? { l: 40, r: 8, t: 12, b: 40 } : { l: 56, r: 16, t: 16, b: 48 },
      hovermode: "closest", legend, ...found,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colourOf("--ink"), family: "system-ui, sans-serif", size: narrow ? 11 : 13 },
      hoverlabel: { bgcolor: colourOf("--card"), bordercolor: colourOf("--line"), font: { color: colourOf("--ink") } },
    };
  }

  const plots = [...document.querySelectorAll(".plot")];
  function draw(place) {
    const { data, layout } = JSON.parse(document.getElementById(`${place.id}-data`).textContent);
    const narrow = place.clientWidth < 560;
    const config = { responsive: true, displaylogo: false, displayModeBar: narrow ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
    return Plotly.react(place, coloured(data), themed(layout, narrow), config).then(() => {
      place.dataset.drawn = "yes";
      if (place.dataset.listens) return;
      place.dataset.listens = "yes";
      place.on("plotly_click", (event) => {
        const found = event.points.map((point) => point.customdata).find((one) => typeof one === "string");
        if (found) openFrame(document.getElementById(found));
      });
    });
  }
  function wear() {
    root.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
    plots.forEach(draw);
  }
  dark.addEventListener("change", wear);
  document.getElementById("theme").addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    wear();
  });

  // The viewer of single frames: a wipe between reference and encode.
  const viewer = document.getElementById("viewer");
  const frames = [...document.querySelectorAll(".frames button")];
  let shown = 0;

  function openFrame(button) {
    if (!button) return;
    shown = frames.indexOf(button);
    const [reference, encode, difference] = button.querySelectorAll("img");
    const pair = viewer.querySelector(".pair");
    viewer.querySelector("h2").textContent = button.dataset.title;
    for (const [name, image] of Object.entries({ under: reference, over: encode, apart: difference })) {
      const target = pair.querySelector(`.${name}`);
      target.src = image.src;
      target.alt = image.alt;
    }
    pair.style.setProperty("--ratio", `${reference.getAttribute("width") / reference.getAttribute("height")}`);
    look();
    if (!viewer.open) viewer.showModal();
  }
  function look() {
    const view = viewer.querySelector("input[name=view]:checked").value;
    const pair = viewer.querySelector(".pair");
    const range = viewer.querySelector("input[type=range]");
    const wipe = { wipe: range.value, reference: 100, encode: 0, difference: 100 }[view];
    pair.style.setProperty("--wipe", `${wipe}%`);
    pair.querySelector(".apart").hidden = view !== "difference";
    pair.querySelector(".line").hidden = view !== "wipe";
    pair.querySelectorAll(".tag").forEach((tag) => { tag.hidden = view !== "wipe"; });
    range.disabled = view !== "wipe";
  }
  function step(by) { openFrame(frames[(shown + by + frames.length) % frames.length]); }

  if (viewer) {
    const pair = viewer.querySelector(".pair");
    const range = viewer.querySelector("input[type=range]");
    frames.forEach((button) => button.addEventListener("click", () => openFrame(button)));
    viewer.addEventListener("input", look);
    viewer.querySelector("#before").addEventListener("click", () => step(-1));
    viewer.querySelector("#after").addEventListener("click", () => step(1));
    viewer.querySelector("#actual").addEventListener("change", (event) => pair.classList.toggle("actual", event.target.checked));
    viewer.addEventListener("close", () => frames[shown]?.focus());
    const drag = (event) => {
      if (range.disabled || (event.type === "pointermove" && !event.buttons)) return;
      const box = pair.getBoundingClientRect();
      range.value = Math.round((100 * (event.clientX - box.left)) / box.width);
      look();
    };
    pair.addEventListener("pointerdown", drag);
    pair.addEventListener("pointermove", drag);
    viewer.addEventListener("keydown", (event) => {
      if (event.target.matches("input")) return;
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
  }
  wear();
})();
