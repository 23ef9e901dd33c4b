/* SPDX-License-Identifier: Apache-2.0 */
/* The runtimes against a CRI server of the test's own. Time is the test's: turns are 250 ms apart and take no time. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

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

static struct reply pack(const ProtobufCMessage *message)
{
	struct reply reply = { .status = "0" };

	cr_assert_leq(protobuf_c_message_get_packed_size(message), sizeof(reply.message));
	reply.size = protobuf_c_message_pack(message, reply.message);
	return reply;
}

static struct reply make_container(const char *id, const char *name, const char *pod, int64_t started)
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

static struct reply make_sandbox(const char *id, const char *pod)
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

static void found(void *context, const char *runtime, const struct details *details)
{
	(void)context;
	founds++;
	details_free(last);
	last = details_copy(details);
	snprintf(last_runtime, sizeof(last_runtime), "%s", runtime);
}

static void stop_loop(void *context)
{
	(void)context;
	loop_stop(loop);
}

static int count_descriptors(void)
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
static void spin(void)
{
	for (int quiet = 0; quiet < 2;) {
		loop_set_alarm(loop, alarm_number, 10 * NS_PER_MS);
		cr_assert_eq(loop_run(loop), 0);
		quiet = count_descriptors() == idle_descriptors ? quiet + 1 : 0;
	}
}

static void turn(void)
{
	now_ns += TURN_NS;
	runtimes_turn(runtimes, now_ns);
	spin();
}

static void turns(uint64_t duration_ns)
{
	for (uint64_t end_ns = now_ns + duration_ns; now_ns < end_ns;)
		turn();
}

static int try_sockets(const char *const *sockets, size_t count, const char *root)
{
	const struct runtimes_settings settings = { .transfers = transfers,
						    .sockets = sockets,
						    .socket_count = count,
						    .root = root,
						    .found = found };

	return runtimes_new(&settings, &runtimes);
}

static void start(void)
{
	static char socket[120];
	static const char *const sockets[] = { socket };

	snprintf(socket, sizeof(socket), "cri=%s", server.path);
	cr_assert_eq(try_sockets(sockets, 1, ""), 0);
}

static struct runtime_status source(size_t index)
{
	struct runtime_status status = {};

	runtimes_status(runtimes, index, &status);
	return status;
}

static void setup(void)
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

static void teardown(void)
{
	runtimes_free(runtimes);
	transfers_free(transfers);
	loop_free(loop);
	server_remove(&server);
}

TestSuite(runtime, .init = setup, .fini = teardown, .timeout = 60);

/* ---- names ------------------------------------------------------------------------------------------------------ */

Test(runtime, a_container_is_named_and_not_asked_for_again)
{
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last_runtime, "containerd");
	cr_assert_str_eq(last->id, ID);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_eq(last->started_ns, 7);
	cr_assert(source(0).up);
	turns(60 * NS_PER_S);
	cr_assert_eq(asked, 1);
}

Test(runtime, while_a_runtime_is_up_it_is_asked_at_once)
{
	start();
	turn();
	cr_assert(source(0).up);
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	runtimes_ask(runtimes, "cgroup", ID, now_ns);
	spin();
	cr_assert_eq(founds, 1, "without a turn");
}

Test(runtime, a_sandbox_is_asked_for_where_there_is_no_container)
{
	script[script_size++] = (struct reply){ .status = "5" };
	script[script_size++] = make_sandbox(ID, "web-0");
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert(last->is_sandbox);
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_str_eq(last->namespace, "shop");
}

Test(runtime, the_sandbox_tells_the_pod_of_a_container_that_does_not)
{
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = make_sandbox(OTHER, "web-0");
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last->id, ID);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "web-0");
	cr_assert_not(last->is_sandbox);
}

Test(runtime, a_sandbox_that_says_nothing_leaves_the_container_without_a_pod)
{
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = (struct reply){ .status = "14" }; /* not now: asked again */
	script[script_size++] = make_container(ID, "app", "", 7);
	script[script_size++] = make_sandbox(ID, "web-0"); /* another one's */
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 0);
	turns(NS_PER_S);
	cr_assert_eq(founds, 1);
	cr_assert_str_eq(last->name, "app");
	cr_assert_str_eq(last->pod, "");
	cr_assert_eq(source(0).refused, 1);
	cr_assert_eq(source(0).failures, 1);
}

Test(runtime, a_container_that_has_not_started_is_told_and_asked_for_again)
{
	script[script_size++] = make_container(ID, "app", "web-0", 0);
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 1);
	turns(2 * NS_PER_S);
	cr_assert_eq(founds, 2);
	cr_assert_eq(last->started_ns, 7);
	cr_assert_eq(asked, 2);
}

Test(runtime, what_is_not_known_is_asked_for_with_growing_pauses)
{
	start();
	turn();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	spin();
	turns(16 * NS_PER_S);
	cr_assert_eq(asked, 2 * 7,
		     "at 0, 0.25, 0.75, 1.75, 3.75, 7.75 and 15.75 s, as a container and as a sandbox: %d",
		     asked);
	runtimes_forget(runtimes, ID);
	runtimes_forget(runtimes, ID);
	turns(60 * NS_PER_S);
	cr_assert_eq(asked, 2 * 7, "nobody wants to know any more");
	cr_assert_eq(source(0).failures, 0);
	cr_assert_eq(source(0).refused, 0);
}

static struct reply make_list(char ids[][65], size_t count)
{
	Cri__ListContainersResponse response = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__Container containers[64], *pointers[64];

	for (size_t i = 0; i < count; i++) {
		cri__container__init(&containers[i]);
		containers[i].id = ids[i];
		pointers[i] = &containers[i];
	}
	response.containers = pointers;
	response.n_containers = count;
	return pack(&response.base);
}

Test(runtime, many_are_listed_and_then_asked_for_a_few_at_once)
{
	enum { MANY = 41 };
	static char ids[MANY][65];

	start();
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%064d", i);
		runtimes_ask(runtimes, "containerd", ids[i], now_ns);
	}
	list = make_list(ids, MANY);
	turn();
	cr_assert_eq(versions, 3, "the version and two lists");
	cr_assert_eq(founds, 2 * MANY, "both lists name them all");
	cr_assert_eq(asked, 2 * MANY);
	cr_assert_leq(most_answering, 8);
	cr_assert_geq(most_answering, 2);
}

Test(runtime, a_path_may_be_wrong_about_the_runtime)
{
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	turn();
	runtimes_ask(runtimes, "docker", ID, now_ns);
	spin();
	cr_assert_eq(founds, 1);
}

/* ---- liars ------------------------------------------------------------------------------------------------------- */

Test(runtime, wrong_answers_are_refused_and_the_next_one_counts)
{
	script[script_size++] = make_container(OTHER, "app", "web-0", 7); /* not what was asked for */
	script[script_size++] = (struct reply){ .status = "0", .message = { 0xff, 0xff }, .size = 2 };
	script[script_size++] = (struct reply){ .status = "0" }; /* no message */
	script[script_size++] = (struct reply){ .status = "99" };
	script[script_size++] = (struct reply){ .status = "13" }; /* internal error: no lie */
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turns(16 * NS_PER_S);
	cr_assert_eq(founds, 1);
	cr_assert_eq(source(0).refused, 4);
	cr_assert_eq(source(0).failures, 1);
	cr_assert(source(0).up);
}

Test(runtime, a_name_without_end_is_refused)
{
	static char name[5000];

	memset(name, 'x', sizeof(name) - 1);
	script[script_size++] = make_container(ID, name, "web-0", 7);
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_eq(founds, 0);
	cr_assert_eq(source(0).refused, 1);
}

Test(runtime, an_older_runtime_is_not_asked)
{
	version = (struct reply){ .status = "12" };
	start();
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	turn();
	cr_assert_not(source(0).up);
	cr_assert_str_eq(source(0).reason, "does not serve runtime.v1");
	cr_assert_eq(asked, 0);
}

Test(runtime, the_reason_is_one_of_our_texts)
{
	version = (struct reply){ .status = "14" }; /* and a message of the runtime's own: h2_server.h */
	start();
	turn();
	cr_assert_not(source(0).up);
	cr_assert_str_eq(source(0).reason, "gRPC status 14 (unavailable)");
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

Test(runtime, one_that_ended_is_tried_again_with_growing_pauses_and_a_new_socket_at_once)
{
	start();
	turn();
	cr_assert(source(0).up);
	shutdown(server.fd, SHUT_RDWR);
	turns(12 * NS_PER_S);
	cr_assert_not(source(0).up);
	cr_assert_str_neq(source(0).reason, "");
	turns(100 * NS_PER_S);
	cr_assert_eq(source(0).failures, 9,
		     "the last ping, 0.5, 1, 2, 4, 8, 16 and twice 30 s after each other: %lu",
		     source(0).failures);
	runtimes_ask(runtimes, "containerd", ID, now_ns);
	unlink(server.path);
	turns(2 * NS_PER_S);
	cr_assert_str_eq(source(0).reason, "No such file or directory");
	versions = 0;
	script[script_size++] = make_container(ID, "app", "web-0", 7);
	idle_descriptors++; /* the old socket stays open */
	server_start_again(&server);
	turns(2 * NS_PER_S);
	cr_assert(source(0).up);
	cr_assert_str_eq(source(0).reason, "");
	cr_assert_eq(founds, 1, "what was wanted meanwhile is asked for");
}

Test(runtime, a_socket_under_two_names_is_asked_once)
{
	char link[120], first[130], second[130];
	const char *const sockets[] = { first, second };

	snprintf(link, sizeof(link), "%s/link", server.folder);
	cr_assert_eq(symlink(server.path, link), 0);
	snprintf(first, sizeof(first), "cri=%s", server.path);
	snprintf(second, sizeof(second), "cri=%s", link);
	cr_assert_eq(try_sockets(sockets, 2, ""), 0);
	turn();
	cr_assert(source(0).up);
	cr_assert_not(source(1).up);
	cr_assert_str_eq(source(1).source, second);
	cr_assert_eq(versions, 1);
	unlink(link);
}

Test(runtime, usual_sockets_are_looked_for_below_the_root)
{
	char path[200];

	cr_assert_eq(try_sockets(NULL, 0, server.folder), 0);
	turns(2 * NS_PER_S);
	cr_assert_eq(runtimes_status(runtimes, 0, &(struct runtime_status){}), 0, "none was ever there");
	for (const char *const *part = (const char *const[]){ "/run", "/run/crio", NULL }; *part; part++) {
		snprintf(path, sizeof(path), "%s%s", server.folder, *part);
		cr_assert_eq(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/run/crio/crio.sock", server.folder);
	cr_assert_eq(rename(server.path, path), 0);
	turns(3 * NS_PER_S);
	cr_assert_eq(runtimes_status(runtimes, 0, &(struct runtime_status){}), 1);
	cr_assert_str_eq(source(0).source, "cri-o");
	cr_assert(source(0).up);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		*strrchr(path, '/') = 0;
		rmdir(path);
	}
}

Test(runtime, settings_that_make_no_sense)
{
	static const char *const wrong[] = { "cri",     "cri=", "cri=run/x", "CRI=/run/x", "nothing=/run/x",
					     "=/run/x", "" };
	static const char *const twice[] = { "cri=/run/x", "cri=/run/x" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(try_sockets(&wrong[i], 1, ""), -EINVAL, "'%s'", wrong[i]);
	cr_assert_eq(try_sockets(twice, 2, ""), -EEXIST);
	runtimes_free(NULL);
	runtimes_ask(NULL, "cgroup", ID, 0);
	runtimes_forget(NULL, ID);
}

Test(runtime, the_table_of_wanted_ids_has_a_bound)
{
	struct runtimes_counts counts;
	char id[200];

	start();
	for (int i = 0; i < 8193; i++) {
		snprintf(id, sizeof(id), "%064d", i);
		runtimes_ask(runtimes, "containerd", id, now_ns);
	}
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = 0;
	runtimes_ask(runtimes, "containerd", id, now_ns);
	runtimes_count(runtimes, &counts);
	cr_assert_eq(counts.wanted, 8192);
	cr_assert_eq(counts.dropped, 2, "one too many, and one whose id is too long");
}
