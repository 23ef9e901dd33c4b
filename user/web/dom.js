// SPDX-License-Identifier: Apache-2.0
// Elements. Names come from outside: they go in as text or attributes only, never as markup.

export function element(tag, attributes = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === null || value === undefined)
			continue;
		if (name.startsWith("on"))
			made.addEventListener(name.slice(2), value);
		else if (name in made && typeof value !== "string")
			made[name] = value;
		else
			made.setAttribute(name, value);
	}
	made.append(...children.filter((child) => child !== null && child !== undefined));
	return made;
}

// Touches the page only where the text is another one.
export function setText(node, text) {
	if (node.shownText === text)
		return;
	node.shownText = text;
	node.textContent = text;
}

export function setAttribute(node, name, value) {
	if (value === null || value === undefined) {
		if (node.hasAttribute(name))
			node.removeAttribute(name);
	} else if (node.getAttribute(name) !== String(value)) {
		node.setAttribute(name, value);
	}
}

export function setClass(node, name) {
	if (node.className !== name)
		node.className = name;
}
