/* SPDX-License-Identifier: Apache-2.0 */
/* Runs pods by a CRI runtime, as a kubelet does, for tests; one request a call. Pods use the host's network, so that no network
 * plug-in is needed. `cri --help` says the rest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "cri_test.pb-c.h"
#include "enrich/grpc.h"

#define SERVICE "/runtime.v1.RuntimeService/"
#define LABELS_MAX 16

static struct loop *loop;
static struct transfers *transfers;
static const char *socket_path, *cgroup_parent = "";
static CriTest__Entry labels[LABELS_MAX], *label_list[LABELS_MAX];
static size_t label_count;
static bool is_kubelet;

static const char help[] =
	"usage: cri [-k] [-l NAME=VALUE]... [-c CGROUP] SOCKET COMMAND ARGUMENT...\n"
	"  pod NAME NAMESPACE UID               runs a sandbox, prints its id\n"
	"  create POD POD_NAME NAMESPACE UID NAME IMAGE COMMAND...\n"
	"                                       makes a container in it, prints its id\n"
	"  start ID | stop ID | remove ID       a container\n"
	"  stop-pod ID | remove-pod ID          a sandbox, with its containers\n"
	"  ask METHOD [ID]                      the message of the answer, as it came\n"
	"-k labels pods and containers as a kubelet does, -l by hand, -c is the parent of the pod's cgroups\n";

/* ---- one call --------------------------------------------------------------------------------------------------- */

static int result;
static uint8_t *message;
static size_t message_size;

static void on_answer(void *context, struct transfer *transfer, const struct transfer_answer *said)
{
	struct grpc_answer answer;

	(void)context;
	grpc_read(transfer, said, &answer);
	if (answer.error || answer.status) {
		fprintf(stderr, "cri: status %u: %s\n", answer.status, answer.reason);
		result = 1;
	}
	message = memcpy(malloc(answer.size + 1), answer.size ? answer.message : (const uint8_t *)"",
			 answer.size);
	message_size = answer.size;
	loop_stop(loop);
}

static int call(const char *method, const ProtobufCMessage *request)
{
	char path[100];
	const struct grpc_call grpc = {
		.unix_socket = socket_path,
		.method = path,
		.message = request,
		.limit_bytes = (size_t)16 << 20,
		.timeout_ns = 60 * NS_PER_S,
		.done = on_answer,
	};

	snprintf(path, sizeof(path), SERVICE "%s", method);
	if (grpc_start(transfers, &grpc, NULL) || loop_run(loop))
		return 1;
	return result;
}

/* The answer is a message whose first field is an id. */
static int print_id(void)
{
	CriTest__Id *id = cri_test__id__unpack(NULL, message_size, message);

	if (!id)
		return 1;
	printf("%s\n", id->id);
	cri_test__id__free_unpacked(id, NULL);
	return 0;
}

/* ---- commands --------------------------------------------------------------------------------------------------- */

static void add_label(const char *name, const char *value)
{
	if (label_count == LABELS_MAX)
		return;
	cri_test__entry__init(&labels[label_count]);
	labels[label_count].key = (char *)name;
	labels[label_count].value = (char *)value;
	label_list[label_count] = &labels[label_count];
	label_count++;
}

static void label_as_kubelet(const char *pod, const char *namespace, const char *uid, const char *container)
{
	if (!is_kubelet)
		return;
	add_label("io.kubernetes.pod.name", pod);
	add_label("io.kubernetes.pod.namespace", namespace);
	add_label("io.kubernetes.pod.uid", uid);
	if (container)
		add_label("io.kubernetes.container.name", container);
}

/* Calls `method` with the configuration of a pod, and of a container in it where there is a name. */
static int call_with_config(const char *sandbox_id, char **pod, char **container, int argument_count)
{
	CriTest__NamespaceOption namespaces = CRI_TEST__NAMESPACE_OPTION__INIT;
	CriTest__SandboxSecurity sandbox_security = CRI_TEST__SANDBOX_SECURITY__INIT;
	CriTest__SandboxPlatform sandbox_platform = CRI_TEST__SANDBOX_PLATFORM__INIT;
	CriTest__SandboxMetadata sandbox_metadata = CRI_TEST__SANDBOX_METADATA__INIT;
	CriTest__SandboxConfig sandbox = CRI_TEST__SANDBOX_CONFIG__INIT;
	CriTest__RunPodSandbox run = CRI_TEST__RUN_POD_SANDBOX__INIT;
	CriTest__ContainerSecurity security = CRI_TEST__CONTAINER_SECURITY__INIT;
	CriTest__ContainerPlatform platform = CRI_TEST__CONTAINER_PLATFORM__INIT;
	CriTest__ContainerMetadata metadata = CRI_TEST__CONTAINER_METADATA__INIT;
	CriTest__Image image = CRI_TEST__IMAGE__INIT;
	CriTest__ContainerConfig config = CRI_TEST__CONTAINER_CONFIG__INIT;
	CriTest__CreateContainer create = CRI_TEST__CREATE_CONTAINER__INIT;

	label_as_kubelet(pod[0], pod[1], pod[2], container ? container[0] : NULL);
	namespaces.network = CRI_TEST__NAMESPACE_MODE__NODE;
	sandbox_security.namespaces = &namespaces;
	sandbox_platform.cgroup_parent = (char *)cgroup_parent;
	sandbox_platform.security = &sandbox_security;
	sandbox_metadata.name = pod[0];
	sandbox_metadata.namespace_ = pod[1];
	sandbox_metadata.uid = pod[2];
	sandbox.metadata = &sandbox_metadata;
	sandbox.platform = &sandbox_platform;
	if (!container) {
		sandbox.labels = label_list;
		sandbox.n_labels = label_count;
		run.config = &sandbox;
		return call("RunPodSandbox", &run.base) || print_id();
	}
	security.namespaces = &namespaces;
	platform.security = &security;
	metadata.name = container[0];
	image.image = container[1];
	config.metadata = &metadata;
	config.image = &image;
	config.command = container + 2;
	config.n_command = (size_t)argument_count - 2;
	config.labels = label_list;
	config.n_labels = label_count;
	config.platform = &platform;
	create.sandbox_id = (char *)sandbox_id;
	create.config = &config;
	create.sandbox_config = &sandbox;
	return call("CreateContainer", &create.base) || print_id();
}

static int call_with_id(const char *method, const char *text)
{
	CriTest__Id id = CRI_TEST__ID__INIT;

	id.id = (char *)text;
	id.verbose = strstr(method, "Status") != NULL;
	return call(method, &id.base);
}

static int run_command(int argc, char **argv)
{
	static const struct {
		const char *command, *method;
	} by_id[] = {
		{ "start", "StartContainer" },        { "stop", "StopContainer" },
		{ "remove", "RemoveContainer" },      { "stop-pod", "StopPodSandbox" },
		{ "remove-pod", "RemovePodSandbox" },
	};
	const char *command = argv[0];

	if (strcmp(command, "pod") == 0 && argc == 4)
		return call_with_config(NULL, argv + 1, NULL, 0);
	if (strcmp(command, "create") == 0 && argc >= 7)
		return call_with_config(argv[1], argv + 2, argv + 5, argc - 5);
	if (strcmp(command, "ask") == 0 && (argc == 2 || argc == 3)) {
		if (call_with_id(argv[1], argc == 3 ? argv[2] : ""))
			return 1;
		return fwrite(message, 1, message_size, stdout) != message_size;
	}
	for (size_t i = 0; i < sizeof(by_id) / sizeof(by_id[0]) && argc == 2; i++) {
		if (strcmp(command, by_id[i].command) == 0)
			return call_with_id(by_id[i].method, argv[1]);
	}
	fputs(help, stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int option, status;

	while ((option = getopt(argc, argv, "+kl:c:")) != -1) {
		char *value = option == 'l' ? strchr(optarg, '=') : NULL;

		if (option == 'k') {
			is_kubelet = true;
		} else if (option == 'c') {
			cgroup_parent = optarg;
		} else if (value) {
			*value = 0;
			add_label(optarg, value + 1);
		} else {
			fputs(help, stderr);
			return 2;
		}
	}
	if (argc - optind < 2) {
		fputs(help, stderr);
		return 2;
	}
	socket_path = argv[optind];
	if (loop_new(&loop) || transfers_new(loop, &transfers)) {
		fputs("cri: out of memory\n", stderr);
		return 1;
	}
	status = run_command(argc - optind - 1, argv + optind + 1);
	free(message);
	transfers_free(transfers);
	loop_free(loop);
	return status;
}
