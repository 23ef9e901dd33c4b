// SPDX-License-Identifier: Apache-2.0
// Puts the view that the address names on the page, and says how the daemon is.

import { ask } from "./api.js";
import { Detail } from "./detail.js";
import { setAttribute, setText } from "./dom.js";
import { bindKeys } from "./keys.js";
import { Notice } from "./notice.js";
import { Overview } from "./overview.js";
import { link, names, read } from "./route.js";
import * as theme from "./theme.js";

const main = document.getElementById("main");
const notice = new Notice();
let view = null, identity = null, endpoints = null;

// What makes another view of it; everything else is a change of the same.
function identify({ view: name, parameters }) {
	return name === "containers" ? name : link(name, { ...names(name, parameters), span: parameters.span });
}

function onNode(node) {
	const host = document.getElementById("host");
	setText(host, node.hostname ?? "");
	setText(document.getElementById("version"), "ktally " + (node.version ?? ""));
	const title = (read().view === "containers" ? "" : (main.querySelector("h1")?.textContent ?? "") + " – ") + (node.hostname ?? "") + " – ktally";
	if (document.title !== title)
		document.title = title;
	notice.showNode(node);
}

function onState(state) {
	notice.showState(state, () => view?.feed.retry());
	document.body.classList.toggle("stale", state.kind !== "live" && state.kind !== "polling");
}

function route() {
	const at = read();
	const wanted = identify(at);
	if (wanted !== identity) {
		view?.end();
		identity = wanted;
		const callbacks = { onState, onNode, endpoints };
		view = at.view === "containers" ? new Overview(callbacks) : new Detail(at.view, at.parameters, callbacks);
		main.replaceChildren(view.node);
		scrollTo(0, 0);
	}
	view.route(at.parameters);
}

// Which questions this daemon answers: a page asks no others.
async function learn() {
	try {
		const { endpoints: list } = await ask("", {});
		endpoints = new Map(list.map(({ path, parameters, fields }) => [path.replace(/^\/?(api\/v1\/)?/, ""), { parameters: new Set(parameters), fields: new Set(fields) }]));
	} catch { /* the feed says what is wrong */ }
}

theme.begin();
theme.onTheme(() => view?.timeline.draw(true));
theme.onTheme(() => view?.dirty());
bindKeys(() => view);
addEventListener("hashchange", route);
addEventListener("popstate", route);
addEventListener("routechange", route);
setAttribute(main, "aria-busy", null);
await learn();
route();
