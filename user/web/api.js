// SPDX-License-Identifier: Apache-2.0
// Questions to the daemon: one at a time (`ask`), or again at each of its ticks (`Feed`).
// A feed is a stream of server-sent events; where there is none it asks each second. It rests while nobody sees the page.

const ANSWER_MS = 10000;
const SILENCE_MS = 6000; // of a stream whose ticks come each second
const PAUSES_S = [1, 2, 4, 8, 15];
const STREAM_AGAIN_MS = 60000;

export class Problem extends Error {
	constructor(kind, text) {
		super(text);
		this.kind = kind; // gone, unauthorised, missing, refused, busy
	}
}

export function path(name, parameters = {}) {
	const query = new URLSearchParams();
	for (const [key, value] of Object.entries(parameters))
		if (value !== undefined && value !== null)
			query.set(key, value);
	const text = query.toString();
	return "api/v1/" + name + (text ? "?" + text : "");
}

async function explain(answer) {
	let text = answer.status + " " + answer.statusText;
	try {
		text = (await answer.json()).error ?? text;
	} catch { /* not from the API itself */ }
	const kinds = { 401: "unauthorised", 403: "unauthorised", 404: "missing", 429: "busy", 503: "busy" };
	return new Problem(kinds[answer.status] ?? "refused", text);
}

export async function ask(name, parameters, signal) {
	const late = AbortSignal.timeout(ANSWER_MS);
	let answer;
	try {
		answer = await fetch(path(name, parameters), { signal: signal ? AbortSignal.any([signal, late]) : late, cache: "no-store" });
	} catch (error) {
		if (signal?.aborted)
			throw error;
		throw new Problem("gone", late.aborted ? "no answer in 10 seconds" : "no connection");
	}
	if (!answer.ok)
		throw await explain(answer);
	try {
		return await answer.json();
	} catch {
		if (signal?.aborted)
			throw signal.reason;
		throw new Problem("gone", "the answer broke off");
	}
}

export class Feed {
	// questions: {name: parameters}, one of each name. on: { data(name, answer), state(state), hasStream }, where a state is
	// { kind: "live"|"polling"|a problem's, text, again: time in ms of the next try }.
	constructor(questions, on) {
		this.questions = questions;
		this.on = on;
		this.failures = 0;
		this.streamAfter = 0;
		this.seen = () => (document.hidden ? this.rest() : this.resume());
		document.addEventListener("visibilitychange", this.seen);
		this.resume();
	}

	resume() {
		if (document.hidden || this.ended)
			return;
		this.rest();
		this.stop = new AbortController();
		if (this.on.hasStream && Date.now() >= this.streamAfter)
			this.listen();
		else
			this.poll();
	}

	rest() {
		this.stop?.abort();
		this.source?.close();
		clearTimeout(this.timer);
	}

	end() {
		this.ended = true;
		this.rest();
		document.removeEventListener("visibilitychange", this.seen);
	}

	// Other questions from now on; the same connection if they are the same.
	set(questions) {
		if (JSON.stringify(questions) === JSON.stringify(this.questions))
			return;
		this.questions = questions;
		this.resume();
	}

	alive(kind) {
		this.failures = 0;
		this.on.state({ kind, text: "" });
	}

	listen() {
		const query = Object.entries(this.questions).map(([name, parameters]) => "path=" + encodeURIComponent("/" + path(name, parameters)));
		const source = new EventSource("api/v1/stream?" + query.join("&"));
		let hasOpened = false;
		const broken = () => {
			if (this.source !== source)
				return;
			source.close();
			clearTimeout(this.timer);
			if (!hasOpened)
				this.streamAfter = Date.now() + STREAM_AGAIN_MS;
			this.poll(hasOpened); // says what is wrong, if it is more than the stream
		};
		const watch = () => {
			clearTimeout(this.timer);
			this.timer = setTimeout(broken, SILENCE_MS);
		};
		this.source = source;
		watch();
		source.onerror = broken;
		for (const name of Object.keys(this.questions))
			source.addEventListener(name, (event) => {
				let answer;
				hasOpened = true;
				watch();
				try {
					answer = JSON.parse(event.data);
				} catch {
					return broken();
				}
				this.alive("live");
				this.on.data(name, answer);
			});
	}

	async poll(thenListen = false) {
		const { signal } = this.stop;
		const began = Date.now();
		try {
			await Promise.all(Object.entries(this.questions).map(async ([name, parameters]) => {
				const answer = await ask(name, parameters, signal);
				this.on.data(name, answer);
			}));
			this.alive("polling");
			if (this.on.hasStream && (thenListen || Date.now() >= this.streamAfter))
				this.later(thenListen ? 200 : 0);
			else
				this.later(Math.max(200, 1000 - (Date.now() - began)));
		} catch (error) {
			if (signal.aborted)
				return;
			const pause = PAUSES_S[Math.min(this.failures++, PAUSES_S.length - 1)] * 1000;
			this.streamAfter = error.kind === "gone" ? 0 : this.streamAfter;
			this.on.state({ kind: error.kind ?? "refused", text: error.message, again: Date.now() + pause });
			this.timer = setTimeout(() => this.retry(), pause);
		}
	}

	// A page that asks again begins with a question: a stream does not tell why it is refused.
	retry() {
		this.rest();
		this.stop = new AbortController();
		this.poll(true);
	}

	later(pause) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.resume(), pause);
	}
}
