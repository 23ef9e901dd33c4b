#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Exercises: the page in a browser, against a daemon of invented numbers: 200 containers, names that are attacks, every state.

import { cpuSeconds, eventually, findBarriers, finish, is, ok, openPage, picture, startBrowser } from "./tap.mjs";
import { startMock } from "./mock.mjs";

const mock = await startMock({ containers: 200 });
const browser = await startBrowser();
const session = await browser.newBrowserCDPSession();
const throttled = mock.containers.find((container) => container.trouble === "throttled");
const address = (view, names) => mock.url + "#/" + view + "?" + new URLSearchParams(names);
const namesOf = ({ namespace, pod, container }) => ({ namespace, pod, container });
const loaded = (page) => eventually(page, () => document.querySelectorAll("tbody tr").length > 0 && document.querySelector("#status").textContent === "live");
const cells = (page, column) => page.$$eval(".overview > .table tbody tr", (found, n) => found.map((row) => row.cells[n].innerText.trim()), column);
const painted = (page, selector) => eventually(page, (wanted) => {
	const canvas = document.querySelector(wanted);
	if (!canvas?.width)
		return false;
	const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
	let count = 0;
	for (let i = 3; i < data.length; i += 4)
		count += data[i] > 0;
	return count > 3000;
}, selector);

const watched = [], violations = [];
async function open(url, options) {
	const one = await openPage(browser, mock.url, options);
	watched.push(one);
	await one.page.goto(url ?? mock.url);
	return one;
}

// ---- the table ----

{
	const { page, context } = await open();
	ok("the page shows the containers", await loaded(page));
	const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
	console.log(`# first paint after ${Math.round(paint)} ms`);
	ok("something is painted within a second", paint < 1000, paint);
	is("the worst comes first, and why", (await cells(page, 1))[0].replace(/ \d+\s?s ago/, " ago").replace(/^▲ ?/, ""), "2 OOM kills, last ago");
	ok("each that is out of line says what it is", await eventually(page, () => ["memory at", "throttled in", "threads wait for disk", "of system calls fail"].every((text) => document.querySelector(".overview > .table").innerText.includes(text))));
	ok("the node's cards are drawn", await painted(page, ".cards canvas"));
	await picture(page, "overview");

	await page.getByRole("button", { name: "CPU", exact: true }).click();
	is("a click on a head sorts, the most first", await page.locator("th.cpu").first().getAttribute("aria-sort"), "descending");
	ok("by the number, not its text", await eventually(page, () => {
		const numbers = [...document.querySelectorAll(".overview > .table tbody tr")].slice(0, 8).map((row) => Number(row.cells[2].innerText));
		return numbers[0] > 0.5 && numbers.every((value, i) => i === 0 || value <= numbers[i - 1]);
	}), (await cells(page, 2)).slice(0, 8));
	await page.getByRole("button", { name: "CPU", exact: true }).click();
	is("a second click turns it round", await page.locator("th.cpu").first().getAttribute("aria-sort"), "ascending");
	ok("the address keeps the order", page.url().includes("sort=cpu_cores"), page.url());

	await page.keyboard.press("/");
	await page.keyboard.type("QUEUE");
	ok("a filter works as one types, whatever the case", await eventually(page, () => [...document.querySelectorAll("tbody tr")].length === 20 && [...document.querySelectorAll("tbody tr")].every((row) => row.innerText.includes("queue"))));
	is("and says how many of how many", await page.locator(".count").innerText(), "20 of 204");
	await page.keyboard.type("zzz");
	ok("no match says so", await eventually(page, () => document.querySelector(".empty")?.innerText.includes("queuezzz") || document.body.innerText.includes("QUEUEzzz")));
	await page.keyboard.press("Escape");
	ok("Esc clears the filter", await eventually(page, () => document.querySelector("#filter").value === "" && document.querySelectorAll("tbody tr").length >= 40));

	await page.selectOption("#kind", "units");
	ok("units of the system are a kind of their own", await eventually(page, () => document.querySelector(".overview > .table").innerText.includes("sshd.service") && document.querySelectorAll("tbody tr").length === 4));
	await page.selectOption("#kind", "containers");

	await page.locator(".chooser summary").click();
	await page.getByLabel("System calls").check();
	ok("columns can be chosen", await page.getByRole("button", { name: "System calls", exact: true }).isVisible());
	await page.reload();
	await loaded(page);
	ok("and are kept", await page.getByRole("button", { name: "System calls", exact: true }).isVisible());
	await page.locator(".chooser summary").click();
	await page.getByRole("button", { name: "As at first" }).click();
	await page.keyboard.press("Escape");

	const before = (await cells(page, 2)).join();
	ok("numbers change by themselves", await eventually(page, (old) => [...document.querySelectorAll(".overview > .table tbody tr")].map((row) => row.cells[2].innerText.trim()).join() !== old, before, 8));
	await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
	ok("more rows come as one scrolls", await eventually(page, () => document.querySelectorAll("tbody tr").length > 40));
	await context.close();
}

// ---- the keyboard, and back ----

{
	const { page, context } = await open();
	await loaded(page);
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	const second = await page.evaluate(() => document.activeElement.closest("tr")?.rowIndex);
	is("arrows go from row to row", second, 2);
	const name = await page.evaluate(() => document.activeElement.innerText);
	await page.keyboard.press("Enter");
	ok("Enter opens the row", await eventually(page, (wanted) => document.querySelector("h1")?.innerText === wanted, name));
	ok("the address names it", page.url().includes("#/container?"), page.url());
	await page.keyboard.press("Backspace");
	ok("Backspace goes back", await eventually(page, () => document.querySelector(".overview") !== null && document.querySelectorAll("tbody tr").length > 0));
	await page.keyboard.press("?");
	ok("? lists the keys", await page.locator("#help").isVisible());
	await page.keyboard.press("Escape");
	ok("Esc closes the list", await page.locator("#help").isHidden());
	await page.keyboard.press("n");
	ok("n opens the node", await eventually(page, () => document.querySelector("h1")?.innerText === "This node"));
	await page.goBack();
	ok("the browser's back too", await eventually(page, () => document.querySelector(".overview") !== null));
	await context.close();
}

// ---- a container ----

{
	const { page, context } = await open(address("container", namesOf(mock.containers[0])));
	ok("what there is none of says what", await eventually(page, () => [...document.querySelectorAll(".list")].some((one) => /^Connections\s+None now\.$/.test(one.innerText.trim()))), await page.locator(".tables").innerText());
	await context.close();
}

{
	const { page, context } = await open(address("container", namesOf(throttled)), { viewport: { width: 1280, height: 2600 } });
	ok("a container has a page of its own", await eventually(page, (name) => document.querySelector("h1")?.innerText === name, throttled.container));
	ok("it says what is out of line", await eventually(page, () => document.querySelector(".headline")?.innerText.includes("throttled in")));
	ok("the heat map is drawn", await painted(page, ".chart.wide canvas"));
	const titles = await page.$$eval(".chart:not([hidden]) h3", (found) => found.map((one) => one.innerText));
	const wanted = ["CPU", "Memory", "Throttled", "Waits for a CPU: how long", "Threads that wait, by what for", "System calls", "Files", "Disk", "Network", "TCP", "Pressure", "Processes and threads"];
	ok("it has all charts", wanted.every((title) => titles.includes(title)), titles);
	const tables = await page.$$eval("caption", (found) => found.map((one) => one.innerText));
	ok("it has all tables", ["System calls by class", "Requests to disks", "Network by protocol", "Programs", "Processes", "Connections"].every((title) => tables.includes(title)), tables);
	ok("connections have who the peer is, and its address", await eventually(page, () => /db-0\/<i>db\s+10\.0\.3\.10\s+5432[^]*\(host\)\s+10\.0\.3\.11\s+6379[^]*–\s+10\.0\.3\.12\s+443/.test(document.querySelector(".tables").innerText)));
	ok("rates by class come out of counters", await eventually(page, () => /file\s+(8\.9|9\.0|9\.1)/.test(document.querySelector(".tables").innerText)));
	const heat = await page.locator(".chart.wide .legend").first().innerText();
	ok("it has p50, p90 and p99", /p50 [\d.]+\sms.*p90 [\d.]+\sms.*p99 [\d.]+\sms/s.test(heat.replaceAll("\u00a0", " ")), heat);
	await picture(page, "container");

	const chart = await page.locator(".chart .plot").first().boundingBox();
	const drag = async (from, to) => {
		await page.mouse.move(chart.x + chart.width * from, chart.y + 60);
		await page.mouse.down();
		await page.mouse.move(chart.x + chart.width * (from + to) / 2, chart.y + 60);
		await page.mouse.move(chart.x + chart.width * to, chart.y + 60);
		await page.mouse.up();
	};
	await drag(0.4, 0.7);
	ok("dragging over a chart chooses a time", await eventually(page, () => /[?&]from=\d+&to=\d+/.test(location.hash)));
	const [from, to] = await page.evaluate(() => ["from", "to"].map((name) => Number(new URLSearchParams(location.hash.split("?")[1]).get(name))));
	ok("of the width that was dragged", Math.abs((to - from) - 0.3 * 600 * chart.width / (chart.width - 68)) < 15, { from, to });
	ok("and says which", await page.locator(".chosen").isVisible());
	await page.mouse.move(chart.x + chart.width / 2, chart.y + 300 > 0 ? chart.y + 60 : 0);
	await picture(page, "range");
	await page.goBack();
	ok("back gives the present again", await eventually(page, () => !location.hash.includes("from=") && document.querySelector(".chosen").hidden));
	await drag(0.5, 0.6);
	await eventually(page, () => location.hash.includes("from="));
	await page.keyboard.press("Escape");
	ok("Esc too", await eventually(page, () => !location.hash.includes("from=")));
	await page.getByRole("button", { name: "Half the time" }).click();
	ok("the time can be chosen without dragging", await eventually(page, () => location.hash.includes("from=")));
	await page.keyboard.press("Escape");
	const asked = page.waitForRequest((request) => request.url().includes("step=10&points=360"), { timeout: 15000 }).catch(() => null);
	await page.getByRole("button", { name: "1 hour" }).click();
	ok("an hour is asked for in steps of 10 seconds", await eventually(page, () => location.hash.includes("span=3600")) && await asked !== null);

	await page.getByRole("link", { name: "server" }).first().click();
	ok("a program has a page", await eventually(page, () => document.querySelector("h1")?.innerText === "server" && document.querySelectorAll(".chart").length >= 9));
	await page.getByRole("link", { name: /^pod/ }).click();
	ok("a pod has a page", await eventually(page, (pod) => document.querySelector("h1")?.innerText === pod && document.querySelector(".tables").innerText.includes("Interfaces"), throttled.pod));
	ok("with the heat map of its containers", await painted(page, ".chart.wide canvas"));
	await page.goto(mock.url + "#/container?namespace=&pod=&container=nobody");
	ok("what is not there says so", await eventually(page, () => document.querySelector(".notice-inline")?.innerText.includes("There is nothing of this name")));
	await context.close();
}

// ---- names from outside ----

{
	const { page, context } = await open(mock.url + "#/containers?filter=%3C");
	await loaded(page);
	is("markup in a name is text", (await cells(page, 0)).map((text) => text.split("\n")[0]).sort().join("|"), "\"'><script>alert(2)</script>|<img src=x onerror=alert(1)>");
	await page.goto(address("container", namesOf(mock.containers[0])));
	ok("in the title too", await eventually(page, () => document.querySelector("h1")?.innerText === "<img src=x onerror=alert(1)>" && document.title.includes("<img")));
	is("nothing of it became an element", await page.locator("main img, main script").count(), 0);
	await page.goto(address("container", namesOf(mock.containers[2])));
	await eventually(page, () => document.querySelector("h1")?.innerText.length === 240);
	ok("a name of 240 letters does not widen the page", await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth));
	await context.close();
}

// ---- how it looks ----

{
	const { page, context } = await open(mock.url, { colorScheme: "dark" });
	await loaded(page);
	const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	is("dark where the system is dark", await dark(), "rgb(14, 19, 25)");
	await picture(page, "overview-dark");
	await page.locator("#theme").click();
	is("the switch says light", await dark(), "rgb(243, 245, 248)");
	await page.reload();
	await loaded(page);
	is("and is kept", await dark(), "rgb(243, 245, 248)");
	await context.close();
}

await Promise.all([["light", "overview", mock.url], ["dark", "overview", mock.url], ["light", "container", address("container", namesOf(throttled))], ["dark", "container", address("container", namesOf(throttled))], ["light", "node", mock.url + "#/node"]].map(async ([scheme, view, url]) => {
	const { page, context } = await open(url, { colorScheme: scheme });
	await eventually(page, () => document.querySelectorAll("tbody tr").length > 0 && document.querySelector(".headline, .grid"));
	const barriers = await findBarriers(page);
	ok(`axe-core finds nothing serious: ${view}, ${scheme}`, barriers.length === 0, barriers);
	await context.close();
}));

await Promise.all([["overview", mock.url], ["container", address("container", namesOf(throttled))], ["node", mock.url + "#/node"]].map(async ([view, url]) => {
	const { page, context } = await open(url, { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true });
	await eventually(page, () => document.querySelectorAll("tbody tr").length > 0);
	const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
	ok(`360 pixels are wide enough: ${view}`, width <= 360, width);
	if (view === "overview")
		ok("a row says why there too", await page.locator(".why-inline").first().isVisible());
	await picture(page, `narrow-${view}`);
	await context.close();
}));

// ---- states: a daemon of its own each; what the network says there is no error of the page ----

async function withMode(mode, hash, test) {
	const own = await startMock({ containers: 30 });
	own.mode = mode;
	const { page, context } = await openPage(browser, own.url);
	await page.goto(own.url + hash);
	await test(page, own);
	await picture(page, `state-${mode}`);
	await context.close();
	await own.end();
}

const says = (page, selector, text, seconds) => eventually(page, ([where, wanted]) => document.querySelector(where)?.innerText.includes(wanted), [selector, text], seconds);
const isLive = (page) => eventually(page, () => document.querySelector("#status").textContent === "live" && !document.body.classList.contains("stale"), null, 40);

await Promise.all([
	withMode("unauthorised", "", async (page, own) => {
		ok("who is not let in is told", await says(page, "#notice", "wants a name and a password"));
		own.mode = "good";
		ok("and is let in when that is mended", await isLive(page));
		own.mode = "unauthorised";
		await says(page, "#notice", "wants a name", 40);
	}),
	withMode("no-bpf", "", async (page) => ok("without BPF the reason is said", await says(page, "#notice", "CAP_BPF is missing"))),
	withMode("empty", "", async (page) => ok("an empty node is said to be empty", await says(page, ".overview", "nothing in any cgroup"))),
	withMode("no-stream", "", async (page) => ok("without a stream it asks each second", await isLive(page) && await eventually(page, () => document.querySelectorAll("tbody tr").length > 20))),
	withMode("no-history", "#/node", async (page) => ok("without history the charts begin now", await painted(page, ".grid canvas"))),
	withMode("good", "", async (page, own) => {
		await isLive(page);
		await eventually(page, () => document.querySelectorAll("tbody tr").length > 20);
		own.mode = "silent";
		ok("a daemon that falls silent is gone after some seconds", await says(page, "#notice", "does not answer", 40));
		ok("what it said last stays, greyed", await page.evaluate(() => document.body.classList.contains("stale") && document.querySelectorAll("tbody tr").length > 20));
		await picture(page, "state-gone");
		own.mode = "good";
		ok("and it is back by itself", await isLive(page));
	}),
]);

// ---- what it costs ----

{
	const { page, context } = await open();
	await loaded(page);
	await eventually(page, () => document.querySelectorAll("tbody tr").length >= 40);
	await page.waitForTimeout(3000); // the first pictures and the compiler's work are not what a second costs
	const seconds = 10, before = await cpuSeconds(session);
	await page.waitForTimeout(seconds * 1000);
	const cost = (await cpuSeconds(session) - before) / seconds;
	console.log(`# 200 containers cost the whole browser ${(cost * 100).toFixed(1)} % of a core`);
	// The goal is 5 %; a machine that does other work at the same time has cold caches.
	ok("200 containers cost less than a tenth of a core", cost < 0.1, cost);

	await page.evaluate(() => {
		Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
	});
	await page.waitForTimeout(500);
	const asked = mock.asked.length;
	await page.waitForTimeout(4000); // two turns of the slowest question
	is("a page that nobody sees asks nothing", mock.asked.length - asked, 0);
	await context.close();
}

is("no error in any console", watched.flatMap((one) => one.errors).join("; "), "");
is("no request to another host", watched.flatMap((one) => one.foreign).join(" "), "");
is("nothing that the policy forbids was tried", violations.join("; "), "");
await browser.close();
await mock.end();
finish();
