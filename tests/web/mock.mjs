// SPDX-License-Identifier: Apache-2.0
// A daemon that answers /api/v1 from invented but steady numbers: for states of the page that a real one is seldom in.
//   node tests/web/mock.mjs [PORT [CONTAINERS]]
// In tests: const mock = await startMock({ containers: 200 }); mock.mode = "unauthorised" ...

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const WEB = new URL("../../user/web/", import.meta.url);
const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HOSTILE = ["<img src=x onerror=alert(1)>", "\u202e\u05e9\u05dc\u05d5\u05dd-txet", "a".repeat(240), "\"'><script>alert(2)</script>", "\u0645\u0631\u062d\u0628\u0627 web", "tab\tand\nline"];
const NAMES = ["api", "web", "worker", "cache", "db", "queue", "search", "auth", "mail", "proxy"];
const SPACES = ["shop", "media", "billing", "kube-system", "monitoring"];

// A number from 0 to 1 that two numbers always give.
function noise(a, b) {
	let x = (a * 374761393 + b * 668265263) | 0;
	x = Math.imul(x ^ (x >>> 13), 1274126177);
	return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}

function wave(i, time, name) {
	const slow = Math.sin(time / (60 + (i % 7) * 31) + i) * 0.5 + 0.5;
	return 0.35 + 0.45 * slow + 0.2 * noise(i * 31 + name.length, Math.floor(time));
}

function makeContainers(count) {
	const made = [];
	for (let i = 0; i < count; i++) {
		const name = i < HOSTILE.length ? HOSTILE[i] : NAMES[i % NAMES.length];
		const namespace = SPACES[i % SPACES.length];
		made.push({ i, namespace, pod: `${NAMES[i % NAMES.length]}-${(noise(i, 1) * 1e9 | 0).toString(36)}`, container: name, kind: "container", runtime: "containerd", image: `registry.example/${namespace}/${NAMES[i % NAMES.length]}:1.${i % 9}`, id: (noise(i, 2) * 1e15).toString(16), load: 2 ** (-(i % 12) / 1.5) });
	}
	made.push({ i: 9001, namespace: "", pod: "", container: "", kind: "host", runtime: "", image: "", id: "/", load: 0.4 });
	for (const [n, unit] of ["sshd.service", "cron.service", "systemd-journald.service"].entries())
		made.push({ i: 9002 + n, namespace: "", pod: "", container: unit, kind: "unit", runtime: "systemd", image: "", id: "/system.slice/" + unit, load: 0.02 });
	if (count > 20) {
		made[11].trouble = "throttled";
		made[12].trouble = "memory";
		made[13].trouble = "disk";
		made[14].trouble = "oom";
		made[17].trouble = "errors";
	}
	return made;
}

const SERIES = {
	cpu_user_cores: (c, t) => 0.7 * c.load * wave(c.i, t, "user"),
	cpu_system_cores: (c, t) => 0.25 * c.load * wave(c.i, t, "sys"),
	cpu_cores: (c, t) => SERIES.cpu_user_cores(c, t) + SERIES.cpu_system_cores(c, t),
	cpu_waiting_threads: (c, t) => (c.trouble === "throttled" ? 2.1 : 0.12) * c.load * wave(c.i, t, "wait"),
	cpu_waiting_p50_seconds: (c, t) => 4e-5 * wave(c.i, t, "p"),
	cpu_waiting_p90_seconds: (c, t) => 9e-4 * wave(c.i, t, "p"),
	cpu_waiting_p99_seconds: (c, t) => (c.trouble === "throttled" ? 9e-2 : 4e-3) * wave(c.i, t, "p"),
	cpu_throttled_ratio: (c, t) => (c.trouble === "throttled" ? 0.43 + 0.2 * (wave(c.i, t, "thr") - 0.5) : c.i % 4 === 0 ? 0 : undefined),
	wait_disk_threads: (c, t) => (c.trouble === "disk" ? 2.4 : 0.01) * wave(c.i, t, "disk"),
	wait_network_threads: (c, t) => 2 * wave(c.i, t, "net"),
	wait_lock_threads: (c, t) => 0.8 * wave(c.i, t, "lock"),
	wait_poll_threads: (c, t) => 5 * wave(c.i, t, "poll"),
	wait_sleep_threads: (c, t) => 2 + wave(c.i, t, "sleep"),
	wait_pipe_threads: (c, t) => 0.3 * wave(c.i, t, "pipe"),
	wait_other_threads: (c, t) => 0.2 * wave(c.i, t, "other"),
	context_switches_per_second: (c, t) => Math.round(9000 * c.load * wave(c.i, t, "cs")),
	page_faults_per_second: (c, t) => Math.round(700 * c.load * wave(c.i, t, "pf")),
	major_faults_per_second: () => 0,
	syscalls_per_second: (c, t) => Math.round(42000 * c.load * wave(c.i, t, "sc")),
	syscall_errors_per_second: (c, t) => Math.round((c.trouble === "errors" ? 38000 : 300) * c.load * wave(c.i, t, "sc")),
	file_read_bytes_per_second: (c, t) => 3e6 * c.load * wave(c.i, t, "fr"),
	file_written_bytes_per_second: (c, t) => 8e5 * c.load * wave(c.i, t, "fw"),
	file_reads_per_second: (c, t) => Math.round(700 * c.load * wave(c.i, t, "r")),
	file_writes_per_second: (c, t) => Math.round(200 * c.load * wave(c.i, t, "w")),
	file_opens_per_second: (c, t) => Math.round(90 * c.load * wave(c.i, t, "o")),
	disk_read_bytes_per_second: (c, t) => (c.trouble === "disk" ? 9e7 : 2e5 * c.load) * wave(c.i, t, "dr"),
	disk_written_bytes_per_second: (c, t) => 4e5 * c.load * wave(c.i, t, "dw"),
	network_receive_bytes_per_second: (c, t) => 2e6 * c.load * wave(c.i, t, "nr"),
	network_transmit_bytes_per_second: (c, t) => 7e6 * c.load * wave(c.i, t, "nt"),
	memory_usage_bytes: (c, t) => SERIES.memory_working_set_bytes(c, t) * 1.3,
	memory_working_set_bytes: (c, t) => (c.trouble === "memory" ? 0.955 + 0.02 * wave(c.i, t, "m") : 0.3 + 0.1 * wave(c.i, t, "m")) * 5.4e8 * (c.trouble === "memory" ? 1 : 0.3 + 2 * noise(c.i, 5)),
	memory_rss_bytes: (c, t) => SERIES.memory_working_set_bytes(c, t) * 0.8,
	memory_cache_bytes: (c, t) => SERIES.memory_working_set_bytes(c, t) * 0.4,
	memory_swap_bytes: () => 0,
	processes: (c) => 3 + (c.i % 5),
	threads: (c) => 12 + (c.i % 40),
	process_starts_per_second: (c, t) => (noise(c.i, Math.floor(t)) > 0.97 ? 1 : 0),
	process_failures_per_second: () => 0,
	pressure_cpu_ratio: (c, t) => 0.1 * c.load * wave(c.i, t, "pc"),
	pressure_memory_ratio: (c) => (c.trouble === "memory" ? 0.07 : 0),
	pressure_io_ratio: (c, t) => (c.trouble === "disk" ? 0.35 : 0.002) * wave(c.i, t, "pio"),
	tcp_connections: (c) => c.i % 60,
	tcp_opened_per_second: (c, t) => 12 * c.load * wave(c.i, t, "to"),
	tcp_retransmits_per_second: () => 0,
};
const NODE_MAX = new Set(["cpu_waiting_p50_seconds", "cpu_waiting_p90_seconds", "cpu_waiting_p99_seconds", "pressure_cpu_ratio", "pressure_memory_ratio", "pressure_io_ratio"]);
const BOUNDS = Array.from({ length: 23 }, (_, i) => 2 ** (i - 15));

function heatRow(container, time) {
	const middle = 3 + 3 * wave(container.i, time, "heat");
	return BOUNDS.map((_, i) => Math.round(4000 * container.load * Math.exp(-((i - middle) ** 2) / 4) + (container.trouble === "throttled" && i > 9 && i < 13 ? 80 * wave(container.i, time, "tail") : 0)));
}

class Mock {
	constructor(count) {
		this.containers = makeContainers(count);
		this.mode = "good"; // unauthorised, no-bpf, no-history, no-stream, empty, silent
		this.cores = 8;
		this.events = [];
		this.asked = [];
		this.tick = Date.now() / 1000;
		this.began = this.tick;
		const troubled = this.containers.find((container) => container.trouble === "oom") ?? this.containers[0];
		const throttled = this.containers.find((container) => container.trouble === "throttled") ?? this.containers[0];
		this.addEvent("daemon", { container: "" }, { text: "start" }, 900);
		this.addEvent("container_start", throttled, {}, 800);
		this.addEvent("throttled", throttled, { detail: { begins: 1, throttled_ratio: 0.43 } }, 500);
		this.addEvent("process_exit", troubled, { program: "python3", pid: 4711, detail: { exit_code: 1, signal: 0 } }, 200);
		this.addEvent("oom_kill", troubled, { program: "python3", pid: 4712, detail: { memory_limit_bytes: 268435456 } }, 95);
		this.addEvent("oom_kill", troubled, { program: "python3", pid: 4790, detail: { memory_limit_bytes: 268435456 } }, 12);
	}

	addEvent(type, { namespace = "", pod = "", container = "" }, more, secondsAgo = 0) {
		this.events.push({ sequence: this.events.length + 1, time: Date.now() / 1000 - secondsAgo, type, namespace, pod, container, ...more });
	}

	item(c, detail) {
		const made = { namespace: c.namespace, pod: c.pod, container: c.container, kind: c.kind, runtime: c.runtime, image: c.image, id: c.id, pod_uid: "", alive: true, instances: 1, started_seconds: this.began - 86400, oom_kills: c.trouble === "oom" ? 2 : 0 };
		for (const [name, value] of Object.entries(SERIES))
			made[name] = value(c, this.tick);
		if (c.trouble === "throttled" || c.i % 4 === 0)
			made.cpu_limit_cores = c.trouble === "throttled" ? 0.5 : 2;
		if (c.kind === "container" && c.i % 3 !== 1)
			made.memory_limit_bytes = 5.4e8;
		if (this.mode === "no-bpf")
			for (const name of Object.keys(SERIES))
				if (!/^(cpu_cores|memory|pressure|processes|threads)/.test(name))
					delete made[name];
		if (detail)
			made.metrics = this.metrics(c);
		return made;
	}

	metrics(c) {
		const t = this.tick - this.began;
		const classes = { file: 9000, network: 7000, poll: 4000, sync: 2500, memory: 600, process: 40, time: 900, ipc: 0, other: 20 };
		const rows = (scale) => Object.entries(classes).map(([name, rate]) => ({ class: name, value: Math.round(rate * scale * t) }));
		const counts = BOUNDS.map((_, i) => Math.round(300 * t * Math.exp(-((i - 4) ** 2) / 6)));
		return {
			ktally_container_syscalls_total: rows(1), ktally_container_syscall_errors_total: rows(0.03),
			ktally_container_network_receive_bytes_total: [{ protocol: "tcp", value: 1.9e6 * t }, { protocol: "unix", value: 1e4 * t }],
			ktally_container_network_transmit_bytes_total: [{ protocol: "tcp", value: 6e6 * t }, { protocol: "unix", value: 2e4 * t }],
			ktally_container_disk_transferred_bytes_total: [{ operation: "read", value: 2e5 * t }, { operation: "write", value: 4e5 * t }],
			ktally_container_disk_latency_seconds: ["read", "write"].map((operation) => ({ operation, count: counts.reduce((a, b) => a + b, 0), sum: 1, buckets: BOUNDS.map((bound, i) => [bound, counts[i]]) })),
		};
	}

	node() {
		const made = { hostname: "node-7.example", version: "0.1.0", revision: "0000000", kernel: "6.12.0", system: "Debian GNU/Linux 12", cores: this.cores, memory_bytes: 64 * 2 ** 30, uptime_seconds: 864000, profile: "default", bpf: this.mode === "no-bpf" ? { on: false, reason: "no privilege: CAP_BPF is missing", programs: [] } : { on: true, reason: "", programs: [{ name: "sched_switch", up: true, reason: "" }] } };
		for (const [name, value] of Object.entries(SERIES)) {
			const values = this.containers.map((c) => value(c, this.tick)).filter((v) => v !== undefined);
			made[name] = NODE_MAX.has(name) ? Math.max(...values) * 0.5 : this.nodeOf(name, values);
		}
		made.disks = [{ device: "nvme0n1", read_bytes_per_second: 9.1e7, written_bytes_per_second: 3e6, operations_per_second: 2100, p50_seconds: 9e-5, p99_seconds: 4.2e-3, queue_depth: 3 }];
		made.interfaces = [{ interface: "eth0", receive_bytes_per_second: 4.1e6, transmit_bytes_per_second: 1.3e7, receive_dropped_per_second: 0, transmit_dropped_per_second: 0, receive_errors_per_second: 0, transmit_errors_per_second: 0 }];
		made.counts = { containers: this.containers.length, pods: this.containers.length, programs: 500, processes: 900, threads: 4000 };
		if (this.mode === "no-bpf")
			for (const name of Object.keys(SERIES))
				if (!/^(cpu_cores|cpu_user|cpu_system|memory|pressure|processes|threads)/.test(name))
					delete made[name];
		return made;
	}

	nodeOf(name, values) {
		const sum = values.reduce((a, b) => a + b, 0);
		return name.startsWith("cpu_") && name.endsWith("cores") ? sum * this.cores * 0.62 / Math.max(1, this.containers.length * 0.16) : sum;
	}

	find(query) {
		return this.containers.filter((c) => ["namespace", "pod", "container"].every((name) => !query.has(name) || query.get(name) === c[name]));
	}

	list(items, query) {
		const sort = query.get("sort") ?? "-cpu_cores";
		const field = sort.replace("-", "");
		const sign = sort.startsWith("-") ? -1 : 1;
		const text = (query.get("filter") ?? "").toLowerCase();
		const matched = items.filter((item) => !text || [item.namespace, item.pod, item.container, item.program].some((name) => name?.toLowerCase().includes(text)));
		matched.sort((a, b) => (a[field] < b[field] ? -sign : a[field] > b[field] ? sign : 0));
		const limit = Number(query.get("limit") ?? 100), offset = Number(query.get("offset") ?? 0);
		let shown = matched.slice(offset, offset + limit);
		if (query.has("fields")) {
			const names = query.get("fields").split(",");
			shown = shown.map((item) => Object.fromEntries([...names, "history"].filter((name) => item[name] !== undefined).map((name) => [name, item[name]])));
		}
		return { total: items.length, matched: matched.length, offset, limit, items: shown };
	}

	history(query) {
		const step = Number(query.get("step") ?? 10), points = Number(query.get("points") ?? 60);
		const from = query.get("level") === "node" ? this.containers : this.find(query);
		const scale = query.get("level") === "program" ? 0.7 : 1;
		const times = Array.from({ length: points }, (_, i) => this.tick - (points - 1 - i) * step);
		const value = (name, t) => {
			const values = from.map((c) => SERIES[name]?.(c, t)).filter((v) => v !== undefined);
			if (values.length === 0)
				return null;
			return query.get("level") === "node" ? (NODE_MAX.has(name) ? Math.max(...values) * 0.5 : this.nodeOf(name, values)) : values[0] * scale;
		};
		const series = Object.fromEntries(query.get("series").split(",").map((name) => [name, times.map((t) => value(name, t))]));
		const answer = { step_seconds: step, points, series };
		if (query.has("histogram"))
			answer.histogram = { bounds_seconds: BOUNDS, counts: times.map((t) => heatRow(from[0], t)) };
		return answer;
	}

	programs(query) {
		return this.find(query).flatMap((c) => ["server", "helper", "sh"].map((program, i) => ({ ...this.item({ ...c, load: c.load / (1 + i * 3) }), program }))).filter((item) => !query.has("program") || query.get("program") === item.program)
			.map((item) => (query.get("detail") ? { ...item, metrics: this.metrics({}) } : item));
	}

	answer(path, query) {
		const base = { time: this.tick, interval_seconds: 1 };
		const containers = () => this.find(query).map((c) => this.item(c, query.get("detail")));
		switch (path) {
		case "": return { version: "0.1.0", endpoints: ["containers", "pods", "programs", "processes", "connections", "events", "node", "history", "syscalls", "self", "stream"].map((name) => ({ path: "/api/v1/" + name, description: "", parameters: ["history"], fields: [...Object.keys(SERIES), "namespace", "pod", "container", "kind", "runtime", "image", "alive", "cpu_limit_cores", "memory_limit_bytes", "processes_limit", "oom_kills"] })) };
		case "node": return { ...base, ...this.node() };
		case "containers": {
			if (this.mode === "empty")
				return { ...base, ...this.list([], query) };
			const items = containers();
			if (query.has("history"))
				for (const item of items) {
					const c = this.containers.find((one) => one.container === item.container && one.pod === item.pod && one.namespace === item.namespace);
					const points = Number(query.get("history_points") ?? 60);
					item.history = Object.fromEntries(query.get("history").split(",").map((name) => [name, Array.from({ length: points }, (_, i) => SERIES[name](c, this.tick - points + 1 + i) ?? null)]));
				}
			return { ...base, ...this.list(items, query) };
		}
		case "pods": return { ...base, ...this.list(containers().map((item) => ({ ...item, container: undefined, containers: 1, qos: "burstable", interfaces: [{ interface: "eth0", receive_bytes_per_second: 2e6, transmit_bytes_per_second: 6e6, receive_dropped_per_second: 0, transmit_dropped_per_second: 0 }] })), query) };
		case "programs": return { ...base, ...this.list(this.programs(query), query) };
		case "processes": return { ...base, ...this.list(this.programs(query).map((item, i) => ({ ...item, metrics: undefined, pid: 1000 + i * 7, start_seconds: this.began, cpu_seconds: 12.5 + i, memory_resident_bytes: 4e7 })), query) };
		case "connections": return { ...base, ...this.list(this.find(query).filter((c) => c.i % 60).flatMap((c) => [5432, 6379, 443].map((port, i) => ({ namespace: c.namespace, pod: c.pod, container: c.container, direction: i === 2 ? "in" : "out", peer_address: "10.0.3." + (10 + i), ...[{ peer_kind: "container", peer_namespace: "shop", peer_pod: "db-0", peer_container: "<i>db" }, { peer_kind: "host" }, {}][i], port, opened: 400 - i * 31, open: 12 - i, failed: i, sent_bytes: 4e7, received_bytes: 9e8, retransmits: 3, round_trip_seconds: 4e-4 }))), query) };
		case "events": return { time: this.tick, oldest: 1, newest: this.events.length, lost: 0, items: this.events.filter((event) => event.sequence > Number(query.get("after") ?? 0)) };
		case "history": return this.mode === "no-history" ? null : query.get("level") !== "node" && this.find(query).length === 0 ? undefined : { ...base, time: this.tick, ...this.history(query) };
		case "syscalls": return { ...base, items: ["read", "write", "epoll_wait", "futex", "openat", "close", "recvfrom", "sendto"].map((syscall, i) => ({ syscall, calls: 1e6 - i * 1e5, calls_per_second: 9000 - i * 1000, errors: 3 * i })) };
		}
		return undefined;
	}

	async serve(request, response) {
		const url = new URL(request.url, "http://mock");
		const send = (status, type, body, more = {}) => {
			response.writeHead(status, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff", ...more });
			response.end(body);
		};
		const json = (status, value) => send(status, "application/json", JSON.stringify(value), { "cache-control": "no-store" });
		if (url.pathname.startsWith("/api/v1/")) {
			const path = url.pathname.slice("/api/v1/".length);
			this.asked.push(request.url);
			if (this.mode === "silent")
				return;
			if (this.mode === "unauthorised")
				return json(401, { error: "Unauthorized" });
			if (path === "stream")
				return this.mode === "no-stream" ? json(404, { error: "not found" }) : this.stream(url, request, response);
			const answer = this.answer(path, url.searchParams);
			if (answer === null)
				return json(503, { error: "history is off (history.memory is 0)" });
			return answer ? json(200, answer) : json(404, { error: "not found" });
		}
		const file = url.pathname === "/" ? "index.html" : url.pathname.replace(/^\/web\//, "");
		if (!/^[a-z_]+\.(html|css|js|svg)$/.test(file))
			return send(404, "text/plain", "not found\n");
		try {
			send(200, TYPES[file.split(".").pop()], await readFile(fileURLToPath(new URL(file, WEB))), { "cache-control": "no-cache" });
		} catch {
			send(404, "text/plain", "not found\n");
		}
	}

	stream(url, request, response) {
		const paths = url.searchParams.getAll("path").map((path) => new URL(path, "http://mock"));
		response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
		const send = () => {
			for (const path of paths) {
				const name = path.pathname.slice("/api/v1/".length);
				response.write(`event: ${name}\nid: ${Math.round(this.tick)}\ndata: ${JSON.stringify(this.answer(name, path.searchParams))}\n\n`);
			}
		};
		send();
		const timer = setInterval(() => (this.mode === "silent" ? null : send()), 1000);
		request.on("close", () => clearInterval(timer));
	}
}

export async function startMock({ containers = 200, port = 0 } = {}) {
	const mock = new Mock(containers);
	const server = createServer((request, response) => mock.serve(request, response));
	const clock = setInterval(() => { mock.tick = Date.now() / 1000; }, 1000);
	await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
	mock.url = `http://127.0.0.1:${server.address().port}/`;
	mock.end = () => {
		clearInterval(clock);
		server.closeAllConnections();
		return new Promise((resolve) => server.close(resolve));
	};
	return mock;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const mock = await startMock({ port: Number(process.argv[2] ?? 10080), containers: Number(process.argv[3] ?? 200) });
	console.log(mock.url);
}
