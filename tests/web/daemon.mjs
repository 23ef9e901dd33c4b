// SPDX-License-Identifier: Apache-2.0
// The browser's part of 20-daemon.sh: prints a line per check, and the lines "stop", "start" and "end" for the script.

import { createInterface } from "node:readline";
import { eventually, findBarriers, openPage, picture, startBrowser } from "./tap.mjs";

const url = process.env.URL + "/";
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = async (line) => {
	console.log(line);
	await answers.next();
};

function check(sentence, isTrue, detail) {
	console.log((isTrue ? "ok - " : "not ok - ") + sentence);
	if (!isTrue)
		console.log("# " + JSON.stringify(detail ?? null));
}

const browser = await startBrowser();
const { page, errors, foreign, violations } = await openPage(browser, url);
const includes = (selector, text, seconds) => eventually(page, ([where, wanted]) => document.querySelector(where)?.innerText.includes(wanted), [selector, text], seconds);
const rowSays = (name, text, seconds) => eventually(page, ([row, wanted]) => [...document.querySelectorAll(".overview > .table tbody tr")].some((one) => one.cells[0].innerText.startsWith(row) && one.innerText.includes(wanted)), [name, text], seconds);
const openRow = async (name) => {
	await page.evaluate((wanted) => [...document.querySelectorAll(".overview > .table tbody tr a")].find((link) => link.innerText.startsWith(wanted))?.click(), name);
	return eventually(page, (wanted) => document.querySelector("h1")?.innerText.startsWith(wanted), name);
};

await page.goto(url);
check("the page of the daemon shows live numbers", await eventually(page, () => document.querySelector("#status").textContent === "live" && document.querySelectorAll("tbody tr").length >= 4, null, 30));
const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
console.log(`# first paint after ${Math.round(paint)} ms`);
check("something is painted within a second", paint < 1000, paint);
check("the hog is said to be throttled, and its limit", await rowSays("hog", "throttled in", 60) && await rowSays("hog", "limit 0.050 cores", 30), await page.locator(".overview > .table").innerText());
check("the eater is said to be killed for memory", await rowSays("eater", "OOM kill", 40), await page.locator(".overview > .table").innerText());
check("the headline has what is worst", await includes(".headline", "OOM kill", 20));
check("the kills are among the events", await includes(".events", "killed for lack of memory", 20));
check("the node's cards have numbers", await eventually(page, () => [...document.querySelectorAll(".card-head strong")].every((one) => /\d/.test(one.innerText))));
await page.waitForTimeout(Number(process.env.PICTURES_AFTER_S ?? 5) * 1000); // something to be drawn
await page.mouse.move(0, 0);
await picture(page, "daemon-overview");
let barriers = await findBarriers(page);
check("axe-core finds nothing serious", barriers.length === 0, barriers);

await page.setViewportSize({ width: 1280, height: 1700 });
check("the hog has a page", await openRow("hog"));
check("with its limit", await includes(".meta", "0.050 cores", 20));
check("with its heat map", await eventually(page, () => /p99\s+[\d.]+\s(µs|ms|s)/.test(document.querySelector(".chart.wide .legend")?.innerText ?? ""), null, 20), await page.locator(".grid").innerText());
check("with its throttling", await eventually(page, () => [...document.querySelectorAll(".chart:not([hidden])")].some((one) => /Throttled[\s\S]*\d\s%/.test(one.innerText)), null, 20));
check("with its program", await eventually(page, () => [...document.querySelectorAll(".list")].some((one) => /^Programs[\s\S]*busybox/.test(one.innerText)), null, 20));
check("with its four processes", await eventually(page, () => [...document.querySelectorAll(".list")].some((one) => one.innerText.startsWith("Processes") && one.querySelectorAll("tbody tr").length === 4), null, 20), await page.locator(".tables").innerText());
// 0.05, and what a second of a loaded machine is off.
check("its CPU is what the limit lets through", await eventually(page, () => {
	const cpu = Number(document.querySelector(".chart .legend").innerText.match(/user\s+([\d.]+)/)?.[1]);
	return cpu > 0.005 && cpu < 0.2;
}), await page.locator(".chart .legend").first().innerText());
await picture(page, "daemon-hog");
await page.getByRole("link", { name: "busybox" }).first().click();
check("its program has a page", await eventually(page, () => document.querySelector("h1")?.innerText === "busybox" && document.querySelectorAll(".chart:not([hidden])").length >= 6, null, 20));
await page.goBack();
await page.goBack();
check("back twice is the table", await eventually(page, () => document.querySelectorAll(".overview > .table tbody tr").length >= 4));
await page.goto(url + "#/node");
check("the node has a page", await eventually(page, () => document.querySelector("h1")?.innerText === "This node" && document.querySelectorAll(".chart:not([hidden])").length >= 8, null, 20));
check("with the most called system calls, or without that table", await page.evaluate(() => document.querySelectorAll("caption").length >= 2));
await page.waitForTimeout(3000); // rates of files begin with the page
await picture(page, "daemon-node");
barriers = await findBarriers(page);
check("axe-core finds nothing serious there", barriers.length === 0, barriers);
await page.goto(url);
await eventually(page, () => document.querySelectorAll(".overview > .table tbody tr").length >= 4, null, 20);
check("no error in the console", errors.length === 0, errors);

await tell("stop");
check("a daemon that ended is gone", await includes("#notice", "does not answer", 30));
check("what it said last stays", await page.locator(".overview > .table tbody tr").count() >= 4);
await tell("start");
check("a daemon that began anew is live by itself", await eventually(page, () => document.querySelector("#status").textContent === "live" && !document.body.classList.contains("stale"), null, 60));
check("and tells of the hog again", await rowSays("hog", "throttled in", 60));
check("no request to another host", foreign.length === 0, foreign);
const tried = await violations();
check("nothing that the policy forbids was tried", tried.length === 0, tried);
await browser.close();
console.log("end");
process.exit(0);
