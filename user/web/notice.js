// SPDX-License-Identifier: Apache-2.0
// How the daemon is, in words: in the bar, and above everything when there is something to know.

import { element, setClass, setText } from "./dom.js";
import { UNKNOWN } from "./units.js";

const SAY = {
	gone: ["daemon gone", "ktally does not answer", "Below is what it said last, greyed."],
	unauthorised: ["not let in", "ktally wants a name and a password", "Reload the page to give them."],
	missing: ["not there", "This address is not one of ktally's API", "Is a proxy in between that leaves out api/v1/?"],
	busy: ["busy", "ktally has no time for this page", "Too many connections or questions; below is what it said last."],
	refused: ["refused", "ktally did not take a question of this page", "The page may be older than the daemon: reload it."],
};

export class Notice {
	constructor() {
		this.status = document.getElementById("status");
		this.node = document.getElementById("notice");
		this.text = element("span");
		this.button = element("button", { type: "button", hidden: true }, "Try now");
		this.node.append(this.text, this.button);
	}

	showState({ kind, text, again }, retry) {
		clearInterval(this.timer);
		this.problem = SAY[kind];
		if (!this.problem) {
			setText(this.status, "live");
			setClass(this.status, "status live");
			this.status.title = kind === "live" ? "Each tick of the daemon, as a stream" : "Asked for each second: there is no stream";
			return this.show();
		}
		setClass(this.status, "status bad");
		const [short, what, help] = this.problem;
		const say = () => {
			const seconds = Math.ceil((again - Date.now()) / 1000);
			setText(this.status, seconds > 0 ? `${short}, again in ${seconds} s` : `${short}, trying`);
		};
		this.problemText = `${what} (${text}). ${help}`;
		this.button.onclick = retry;
		say();
		this.timer = setInterval(say, 1000);
		this.show();
	}

	// Without BPF much is not known: say why.
	showNode({ bpf }) {
		const off = (bpf?.programs ?? []).filter((program) => program.up === false);
		this.bpfText = !bpf ? "" : bpf.on === false ?
			`BPF is off: ${bpf.reason || "no reason is known"}. Shown is what cgroup files and procfs tell; the rest is “${UNKNOWN}”.` :
			off.length ? `Some of BPF is off, ${off.map((program) => program.name + (program.reason ? " (" + program.reason + ")" : "")).join(", ")}: what it counts is “${UNKNOWN}”.` : "";
		this.show();
	}

	show() {
		const text = this.problem ? this.problemText : this.bpfText ?? "";
		setText(this.text, text);
		this.button.hidden = !this.problem;
		this.node.hidden = !text;
		setClass(this.node, this.problem ? "notice bad" : "notice");
	}
}
