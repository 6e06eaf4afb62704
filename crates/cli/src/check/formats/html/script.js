"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const list = byId("units");

  const openTarget = () => {
    const target = location.hash.startsWith("#rule-") && byId(location.hash.slice(1));
    if (target) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  if (!list) return;

  const [search, show, order, none] = ["search", "show", "order", "none"].map(byId);
  const items = [...list.children];
  const orders = {
    level: (a, b) => a.dataset.at - b.dataset.at,
    findings: (a, b) => b.dataset.findings - a.dataset.findings || a.dataset.at - b.dataset.at,
    name: (a, b) => a.dataset.name.localeCompare(b.dataset.name, "en"),
  };
  const fits = (data) => data.name.toLowerCase().includes(search.value.trim().toLowerCase())
    && (!show.value || !["", "0"].includes(data[show.value]));
  const filter = () => {
    let shown = 0;
    for (const item of items) {
      item.hidden = !fits(item.dataset);
      byId("u" + (Number(item.dataset.at) + 1)).hidden = item.hidden;
      shown += item.hidden ? 0 : 1;
    }
    none.hidden = shown > 0;
  };
  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  order.addEventListener("change", () => list.append(...items.sort(orders[order.value])));
  byId("controls").hidden = false;
  filter();
})();
