// SPDX-License-Identifier: Apache-2.0
// What is shown is in the address behind '#': #/view?name=value... Back, forward, reload and a copied link keep it.

export const VIEWS = ["containers", "container", "pod", "program", "node"];

export function read(hash = location.hash) {
	const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
	const parameters = Object.fromEntries(new URLSearchParams(query));
	return { view: VIEWS.includes(path) ? path : "containers", parameters };
}

export function link(view, parameters) {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(parameters))
		if (value !== undefined && value !== null)
			query.set(name, value);
	const text = query.toString();
	return "#/" + view + (text ? "?" + text : "");
}

const NAMES = { container: ["namespace", "pod", "container"], pod: ["namespace", "pod"], program: ["namespace", "pod", "container", "program"], node: [] };

// The names that make one of a kind, out of a row or of the address.
export function names(view, from) {
	return Object.fromEntries(NAMES[view].map((name) => [name, from[name] ?? ""]));
}

export function linkTo(view, item) {
	return link(view, names(view, item));
}

// Changes parameters of what is shown; `isStep`: a step that "back" undoes.
export function change(changes, isStep = false) {
	const { view, parameters } = read();
	const address = link(view, { ...parameters, ...changes });
	if (address === location.hash)
		return;
	history[isStep ? "pushState" : "replaceState"](null, "", address);
	dispatchEvent(new Event("routechange"));
}
