// SPDX-License-Identifier: Apache-2.0
// Light or dark: as the system has it, or as the switch says. Canvases get their colours here, from the style sheet.

const CHOICES = ["auto", "light", "dark"];
const NAMES = ["text", "muted", "grid", "panel", "bad", "warn", "accent", "limit", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "heat0", "heat1", "heat2", "heat3"];
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let colours = null;

function keep(choice) {
	try {
		localStorage.setItem("ktally.theme", choice);
	} catch { /* a browser that keeps nothing */ }
}

function kept() {
	try {
		return localStorage.getItem("ktally.theme");
	} catch {
		return null;
	}
}

export function palette() {
	if (!colours) {
		const style = getComputedStyle(document.documentElement);
		colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
	}
	return colours;
}

export const onTheme = (listener) => listeners.add(listener);

function apply(choice) {
	const isDark = choice === "dark" || (choice === "auto" && system.matches);
	document.documentElement.dataset.theme = isDark ? "dark" : "light";
	const button = document.getElementById("theme");
	button.textContent = "Colours: " + choice;
	button.title = choice === "auto" ? "As the system has them" : "Chosen here";
	colours = null;
	for (const listener of listeners)
		listener();
}

export function next() {
	const choice = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
	current = choice;
	keep(choice);
	apply(choice);
}

let current = CHOICES.includes(kept()) ? kept() : "auto";

export function begin() {
	apply(current);
	system.addEventListener("change", () => apply(current));
	document.getElementById("theme").addEventListener("click", next);
}
