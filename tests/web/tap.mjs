// SPDX-License-Identifier: Apache-2.0
// Checks that print TAP, and a browser that tells what went wrong in it.

import { accessSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
// From the lock file's packages in build/, where tools/deps puts them.
const require = createRequire(ROOT + "build/web/");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
let chromium, AXE;
try {
	({ chromium } = require("playwright-core"));
	AXE = require.resolve("axe-core/axe.min.js");
	accessSync(CHROMIUM);
} catch {
	console.log("1..0 # SKIP no browser: tools/deps web");
	process.exit(0);
}

let checks = 0, failures = 0;

export function ok(sentence, isTrue, detail) {
	checks++;
	console.log(`${isTrue ? "ok" : "not ok"} ${checks} - ${sentence}`);
	if (!isTrue) {
		failures++;
		console.log("# " + (typeof detail === "string" ? detail : JSON.stringify(detail ?? null)).replaceAll("\n", "\n# "));
	}
}

export const is = (sentence, got, expected) => ok(sentence, Object.is(got, expected), `got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);

// Waits until the function in the page gives something true, at most so many seconds: true or false.
export async function eventually(page, test, argument, seconds = 15) {
	try {
		await page.waitForFunction(test, argument, { timeout: seconds * 1000, polling: 100 });
		return true;
	} catch {
		return false;
	}
}

export function finish() {
	console.log("1.." + checks);
	process.exitCode = failures ? 1 : 0;
}

export async function startBrowser() {
	return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

// A page that remembers what must not happen: { page, errors, foreign, violations() }.
export async function openPage(browser, url, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const page = await context.newPage();
	const errors = [], foreign = [];
	page.on("console", (message) => message.type() === "error" && errors.push(message.text() + " " + (message.location().url ?? "")));
	page.on("pageerror", (error) => errors.push(error.stack));
	page.on("dialog", (dialog) => { errors.push("dialog: " + dialog.message()); dialog.dismiss(); });
	page.on("request", (request) => { if (!request.url().startsWith(url)) foreign.push(request.url()); });
	await page.addInitScript(() => {
		window.violations = [];
		document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
	});
	const violations = () => page.evaluate(() => window.violations);
	return { page, context, errors, foreign, violations };
}

export async function picture(page, name) {
	mkdirSync(ROOT + "build/web", { recursive: true });
	await page.screenshot({ path: `${ROOT}build/web/${name}.png` });
}

// What axe-core finds of weight: a line each.
export async function findBarriers(page) {
	await page.evaluate(`(() => { ${readFileSync(AXE, "utf8")} })()`);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	return violations.filter((one) => one.impact === "serious" || one.impact === "critical").map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

// CPU seconds of the whole browser so far.
export async function cpuSeconds(session) {
	const { processInfo } = await session.send("SystemInfo.getProcessInfo");
	return processInfo.reduce((sum, one) => sum + one.cpuTime, 0);
}
