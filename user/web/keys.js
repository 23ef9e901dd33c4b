// SPDX-License-Identifier: Apache-2.0
// The keyboard. Keys that belong to what has the focus are left to it.

import { next } from "./theme.js";
import { link } from "./route.js";

const help = document.getElementById("help");

function isTyping(target) {
	return target.matches?.("input:not([type=checkbox]), textarea, select");
}

export function bindKeys(view) {
	const move = (step) => () => view()?.table?.move(step);
	const keys = {
		ArrowDown: move(1),
		ArrowUp: move(-1),
		PageDown: (event) => event.target.closest?.("tbody") && view()?.table?.move(15),
		PageUp: (event) => event.target.closest?.("tbody") && view()?.table?.move(-15),
		Home: (event) => event.target.closest?.("tbody") && view()?.table?.move("first"),
		End: (event) => event.target.closest?.("tbody") && view()?.table?.move("last"),
		Backspace: () => { history.back(); return true; },
		"/": () => { view()?.filter?.focus(); return Boolean(view()?.filter); },
		"?": () => { help.showModal(); return true; },
		Escape: () => {
			const did = view()?.escape();
			document.activeElement?.blur?.();
			return did;
		},
		t: () => { next(); return true; },
		n: () => { location.hash = link("node", {}); return true; },
	};
	document.getElementById("help-button").addEventListener("click", () => help.showModal());
	addEventListener("keydown", (event) => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || help.open)
			return;
		if (isTyping(event.target)) {
			if (event.key === "Escape" || (event.key === "ArrowDown" && event.target.matches("input")) || (event.key === "Enter" && event.target.id === "filter")) {
				const { key } = event;
				if (key === "Escape" ? keys.Escape() : move("first")())
					event.preventDefault();
			}
			return;
		}
		if (keys[event.key]?.(event))
			event.preventDefault();
	});
}
