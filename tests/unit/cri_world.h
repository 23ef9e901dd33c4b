/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Runtimes against a CRI server of the test's own. Time is the test's: turns are 250 ms apart and take no time. */
#include <criterion/criterion.h>
#include <dirent.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "base/time.h"
#include "cri.pb-c.h"
#include "enrich/runtime.h"
#include "h2_server.h"

#define ID "49e79fb0f1683b387c354d2625d518bb7ffafc4b0e3cb3946eefcf7c08fad5dc"
#define OTHER "1130be4d2960181514b703c6d8c13b332ecac63e27abb500e31b835621f7641a"
#define TURN_NS (250 * NS_PER_MS)

/* ---- the server: its answers about single ids come from `script`, in this order, then they are NOT_FOUND -------- */

struct reply {
	const char *status;
	uint8_t message[8192];
	size_t size;
};

static struct server server;
static struct reply script[10], version, list;
static int script_size;
static atomic_int versions, asked, answering, most_answering; /* requests so far; at once */

static void h2_answer(int fd, uint32_t stream, const uint8_t *body, size_t size)
{
	static const struct reply not_found = { .status = "5" };
	const struct reply *reply = &not_found;

	(void)body;
	if (size == 5) { /* Version and lists ask without an argument */
		reply = versions++ ? &list : &version;
	} else {
		int number = asked++, now = ++answering;

		if (now > most_answering)
			most_answering = now;
		if (number < script_size)
			reply = &script[number];
		usleep(1000);
		answering--;
	}
	if (reply->status)
		h2_grpc(fd, stream, reply->status, reply->size ? reply->message : NULL, reply->size);
}

static inline struct reply pack(const ProtobufCMessage *message)
{
	struct reply reply = { .status = "0" };

	cr_assert_leq(protobuf_c_message_get_packed_size(message), sizeof(reply.message));
	reply.size = protobuf_c_message_pack(message, reply.message);
	return reply;
}

static inline struct reply make_container(const char *id, const char *name, const char *pod, int64_t started)
{
	Cri__ContainerStatusResponse response = CRI__CONTAINER_STATUS_RESPONSE__INIT;
	Cri__ContainerStatus status = CRI__CONTAINER_STATUS__INIT;
	Cri__ContainerMetadata metadata = CRI__CONTAINER_METADATA__INIT;
	Cri__Entry entry = CRI__ENTRY__INIT, *entries = &entry, info = CRI__ENTRY__INIT, *infos = &info;

	metadata.name = (char *)name;
	status.id = (char *)id;
	status.metadata = &metadata;
	status.started_at = started;
	entry.key = (char *)"io.kubernetes.pod.name";
	entry.value = (char *)pod;
	status.labels = &entries;
	status.n_labels = 1;
	info.key = (char *)"info";
	info.value = (char *)"{\"sandboxID\":\"" OTHER "\"}";
	response.status = &status;
	response.info = &infos;
	response.n_info = 1;
	return pack(&response.base);
}

static inline struct reply make_sandbox(const char *id, const char *pod)
{
	Cri__PodSandboxStatusResponse response = CRI__POD_SANDBOX_STATUS_RESPONSE__INIT;
	Cri__PodSandboxStatus status = CRI__POD_SANDBOX_STATUS__INIT;
	Cri__PodSandboxMetadata metadata = CRI__POD_SANDBOX_METADATA__INIT;

	metadata.name = (char *)pod;
	metadata.namespace_ = (char *)"shop";
	status.id = (char *)id;
	status.metadata = &metadata;
	status.created_at = 7;
	response.status = &status;
	return pack(&response.base);
}

/* ---- what the runtimes told, and time ---------------------------------------------------------------------------- */

static struct loop *loop;
static struct transfers *transfers;
static struct runtimes *runtimes;
static uint64_t now_ns;
static int founds, alarm_number, idle_descriptors;
static struct details *last;
static char last_runtime[50];

static inline void found(void *context, const char *runtime, const struct details *details)
{
	(void)context;
	founds++;
	details_free(last);
	last = details_copy(details);
	snprintf(last_runtime, sizeof(last_runtime), "%s", runtime);
}

static inline void stop_loop(void *context)
{
	(void)context;
	loop_stop(loop);
}

static inline int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	cr_assert_not_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Until nothing is under way: each request has a connection of its own, with a descriptor at either end. */
static inline void spin(void)
{
	for (int quiet = 0; quiet < 2;) {
		loop_set_alarm(loop, alarm_number, 10 * NS_PER_MS);
		cr_assert_eq(loop_run(loop), 0);
		quiet = count_descriptors() == idle_descriptors ? quiet + 1 : 0;
	}
}

static inline void turn(void)
{
	now_ns += TURN_NS;
	runtimes_turn(runtimes, now_ns);
	spin();
}

static inline void turns(uint64_t duration_ns)
{
	for (uint64_t end_ns = now_ns + duration_ns; now_ns < end_ns;)
		turn();
}

static inline int try_sockets(const char *const *sockets, size_t count, const char *root)
{
	const struct runtimes_settings settings = { .transfers = transfers,
						    .sockets = sockets,
						    .socket_count = count,
						    .root = root,
						    .found = found };

	return runtimes_new(&settings, &runtimes);
}

static inline void start(void)
{
	static char socket[120];
	static const char *const sockets[] = { socket };

	snprintf(socket, sizeof(socket), "cri=%s", server.path);
	cr_assert_eq(try_sockets(sockets, 1, ""), 0);
}

static inline struct runtime_status source(size_t index)
{
	struct runtime_status status = {};

	runtimes_status(runtimes, index, &status);
	return status;
}

static inline void setup(void)
{
	Cri__VersionResponse response = CRI__VERSION_RESPONSE__INIT;

	response.runtime_name = (char *)"containerd";
	version = pack(&response.base);
	list = version;
	server_start(&server, h2_serve);
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(loop_add_alarm(loop, stop_loop, NULL, &alarm_number), 0);
	cr_assert_eq(transfers_new(loop, &transfers), 0);
	now_ns = 1000 * NS_PER_S;
	idle_descriptors = count_descriptors();
}

static inline void teardown(void)
{
	runtimes_free(runtimes);
	transfers_free(transfers);
	loop_free(loop);
	server_remove(&server);
}
