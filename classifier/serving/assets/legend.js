// What each label means, with the slider of its threshold.
import { both, el, named, percent, shownLanguage } from "./dom.js";

/** Fill the legend; `changed(name, value)` is called while a slider moves, value null for the model's. */
export function showLegend(place, labels, changed) {
  const rows = labels.map((label) => {
    const id = `threshold-${label.name}`;
    const value = el("output", { for: id }, "");
    const slider = el("input", {
      type: "range",
      id,
      min: "0.01",
      max: "0.99",
      step: "0.01",
      disabled: true,
      "aria-describedby": `about-${label.name}`,
      input: () => changed(label.name, Number(slider.value)),
    });
    const devices = label.devices.map((device) =>
      el("li", {}, el("b", {}, named(device.title)), " – ", named(device.definition)),
    );
    const element = el(
      `section.entry.${label.code}`,
      {},
      el("h3", {}, el(`span.tag.${label.code}`, { "aria-hidden": "true" }, label.code), " ", el(`span.u.${label.code}`, {}, named(label.title))),
      el("p", { id: `about-${label.name}` }, named(label.definition)),
      el("div.slider", {}, el("label", { for: id }, both("threshold_of"), el("span.unseen", {}, " ", named(label.title))), slider, value),
      el("details", {}, el("summary", {}, named({ fr: `${label.devices.length} procédés`, en: `${label.devices.length} devices` })), el("ul", {}, devices)),
    );
    return { label, slider, value, element };
  });
  const reset = el("button.plain", { type: "button", hidden: true, click: () => changed(null, null) }, both("reset"));
  place.replaceChildren(...rows.map((row) => row.element), reset);
  return {
    /** Put the sliders where the thresholds are. */
    set(thresholds, own) {
      for (const { label, slider, value } of rows) {
        const threshold = thresholds[label.name];
        if (document.activeElement !== slider || Math.abs(slider.value - threshold) > 0.006) slider.value = threshold;
        slider.disabled = false;
        const said = percent(threshold, shownLanguage());
        slider.setAttribute("aria-valuetext", said);
        value.textContent = said;
      }
      reset.hidden = labels.every((label) => thresholds[label.name] === own[label.name]);
    },
  };
}
