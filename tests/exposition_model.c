/* SPDX-License-Identifier: Apache-2.0 */
/* Models to be written as expositions: put together by hand, so that every number is known. For the unit tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "export/exposition.h"
#include "model/disk_device.h"

#define CREATED_NS 1700000000123456789ULL

static struct model model;
static struct self self;
static struct buffer out;
static struct self_process process;
static struct exposition_input input;

static struct container *make_container(const char *namespace, const char *pod, const char *name)
{
	struct container *container = calloc(1, sizeof(*container));
	size_t a = strlen(namespace) + 1, b = strlen(pod) + 1, c = strlen(name) + 1;

	container->key = malloc(a + b + c);
	container->key_size = (uint32_t)(a + b + c);
	container->namespace = memcpy(container->key, namespace, a);
	container->pod = memcpy(container->key + a, pod, b);
	container->name = memcpy(container->key + a + b, name, c);
	return container;
}

static struct container *add_container(const char *namespace, const char *pod, const char *name)
{
	struct container *container = make_container(namespace, pod, name);

	container->created_ns = CREATED_NS;
	HASH_ADD_KEYPTR(hh, model.containers, container->key, container->key_size, container);
	return container;
}

static struct program *add_program(struct container *container, const char *name, bool is_other)
{
	struct program *program = calloc(1, sizeof(*program));

	program->container = container;
	program->created_ns = CREATED_NS + 1;
	snprintf(program->name, sizeof(program->name), "%s", name);
	if (is_other)
		container->other = program;
	else
		HASH_ADD_STR(container->programs, name, program);
	return program;
}

static void add_instance(struct container *container, const char *id, const char *runtime,
			 const char *pod_uid)
{
	struct cgroup *cgroup = calloc(1, sizeof(*cgroup)), **link = &container->instances;

	cgroup->container = container;
	container->instance_count++;
	if (id) {
		cgroup->identity = calloc(1, sizeof(*cgroup->identity));
		snprintf(cgroup->identity->id, sizeof(cgroup->identity->id), "%s", id);
		snprintf(cgroup->identity->runtime, sizeof(cgroup->identity->runtime), "%s", runtime);
		snprintf(cgroup->identity->pod_uid, sizeof(cgroup->identity->pod_uid), "%s", pod_uid);
	}
	while (*link)
		link = &(*link)->next_instance;
	*link = cgroup;
}

/* Reads and flushes of a container and of a disk; a disk that did nothing yet. */
static inline void fill_disks(struct container *container)
{
	static const struct histogram reads = { .bucket = { [5] = 1, [60] = 7, [HISTOGRAM_BUCKETS - 1] = 1 },
						.count = 9,
						.sum = 1234567 },
				      flushes = { .bucket = { [50] = 2 }, .count = 2, .sum = 77 };
	struct disk_device *device = disk_device_get(&model, "nvme0n1", 1700000001000000000);

	container->disk = calloc(DIMENSION_WIDTH(operation), sizeof(struct histogram));
	container->disk[VALUE_INDEX(operation, READ)] = device->latency[VALUE_INDEX(operation, READ)] = reads;
	container->disk[VALUE_INDEX(operation, FLUSH)] = device->latency[VALUE_INDEX(operation, FLUSH)] =
		flushes;
	device->bytes[VALUE_INDEX(operation, READ)] = 36864;
	device->queue_depth = 3;
	disk_device_get(&model, "sda", 0);
}

/* A connection that was too fast to be measured but for its bytes, and two of more than there are buckets for. */
static inline void fill_connections(struct container *container)
{
	container->tcp = calloc(TCP_HISTOGRAMS, sizeof(struct histogram));
	container->tcp[TCP_TIMES + TCP_SENT] =
		(struct histogram){ .bucket = { [0] = 1, [15] = 5 }, .count = 6, .sum = 7000003 };
	container->tcp[TCP_TIMES + TCP_RECEIVED] = (struct histogram){
		.bucket = { [14] = 3, [BYTES_BUCKETS - 1] = 2 }, .count = 5, .sum = 1ULL << 41
	};
}

/* An empty model. */
static void model_setup(void)
{
	model = (struct model){ .limits.label_length = 200, .node = make_container("", "", "") };
	input = (struct exposition_input){
		.model = &model, .version = "1.2.3", .revision = "abcdef", .node = "worker-1"
	};
}

/* One of everything, in numbers that differ. */
static inline void model_fill(void)
{
	struct container *web = add_container("shop", "web-0", "nginx");
	struct container *dead = add_container("", "", "old \"job\"");
	struct container *host = add_container("", "", "");
	uint64_t *worker = add_program(web, "nginx", false)->value, *rest;

	add_program(web, "sh", false);
	rest = add_program(web, "other", true)->value;
	for (unsigned int i = 0; i < PROGRAM_VALUES; i++) {
		worker[i] = i * 1000000007ULL;
		rest[i] = 1;
	}
	for (unsigned int i = 0; i < CONTAINER_VALUES; i++) {
		web->value[i] = i < PROGRAM_VALUES ? worker[i] + rest[i] : 4096 * i;
		dead->value[i] = 5;
		model.node->value[i] = web->value[i] + 5;
		if (i >= PROGRAM_VALUES) {
			web->has_file[i - PROGRAM_VALUES] = i != V_MEMORY_LIMIT;
			dead->has_file[i - PROGRAM_VALUES] = true;
			model.node->has_file[i - PROGRAM_VALUES] = i < V_PRESSURE || i % 2;
		}
	}
	dead->dead_since_ns = 1;
	host->value[V_CPU] = 1;
	web->value[V_CPU_LIMIT] = 1500;
	web->runqueue = (struct histogram){ .bucket = { [0] = 3, [21] = 2, [HISTOGRAM_BUCKETS - 1] = 1 },
					    .count = 6,
					    .sum = 7 };
	model.node->latency = calloc(DIMENSION_WIDTH(class), sizeof(struct histogram));
	model.node->latency[1] =
		(struct histogram){ .bucket = { [80] = 2, [81] = 1 }, .count = 3, .sum = 3000000001 };
	fill_disks(web);
	fill_connections(web);
	add_instance(web, "0123abcd", "containerd", "8f7c");
	add_instance(web, NULL, NULL, NULL);
	add_instance(web, "0123abcd", "containerd", "8f7c");
	add_instance(web, "4567cdef", "containerd", "8f7c");
	add_instance(dead, "/system.slice/old.service", "systemd", "");
	model.calls_by_number[SYS_read] = 11;
	model.calls_by_number[SYS_write] = 22;
	model.calls_by_number[SYSCALL_NUMBERS - 1] = 33;
	model.errors_by_number[2] = 44;
	model.errors_by_number[ERRNO_NUMBERS - 1] = 55;
	self_set(&self, SELF_PROBE_UP, "sched", "", 1);
	self_set(&self, SELF_TICK_DURATION, NULL, NULL, 1234567);
	self_set(&self, SELF_PROBE_UP, "syscall", "refused: \"line 1\"\nline 2", 0);
	self_set(&self, SELF_SERIES, "nonsense", NULL, 1);
	process = (struct self_process){ 1230000000, 1 << 20, 1 << 30, 17, 1024, 1700000000123000000 };
	input.self = &self;
	input.process = &process;
}

/* Histograms for all that spans and differences can be: nothing, all, one end alone, gaps of one, two and three empty buckets, great
 * steps up and down. */
static inline void fill_latency(struct container *container)
{
	container->latency = calloc(DIMENSION_WIDTH(class), sizeof(struct histogram));
	for (unsigned int i = 0; i < DIMENSION_WIDTH(class); i++) {
		struct histogram *histogram = &container->latency[i];

		for (unsigned int b = 0; b < HISTOGRAM_BUCKETS; b++) {
			const bool filled[] = { false,      true,       b == HISTOGRAM_BUCKETS - 1,
						b == 0,     b % 2 == 1, b % 3 == 0,
						b % 4 == 0, b % 16 < 3, b == 1 || b == 60 || b == 61 };

			if (filled[i])
				histogram->bucket[b] = b % 5 == 0 ? 1ULL << (b % 40) : b + 1;
			histogram->count += histogram->bucket[b];
		}
		histogram->sum = histogram->count * 1000;
	}
}

/* Names that try to be something else: label values that end early, lines, comments, broken UTF-8, more than fits. */
static inline void model_fill_hostile(void)
{
	char name[301];
	struct container *container;

	memset(name, 'n', 300);
	name[300] = '\0';
	memcpy(name + 198, "\xe2\x82\xac", 3);
	container = add_container("\"},evil{x=\"", "line\nbreak\\", name);
	add_program(container, "\xff\xfe\"\n", false);
	add_program(container, "} 1\n# EOF\n", false);
	add_program(container, "\r\t\x01\x7f\u2028", false);
	add_program(container, "\\n\\\\\"", false);
	add_program(container, "a,b=\"c\" # {} 1 1", false);
	add_instance(container, "\xc3", "a\"b", "\n");
	fill_latency(container);
	self_set(&self, SELF_PROBE_UP, "sys\"call\\", "line 1\nline 2", 0);
	input.self = &self;
	input.node = "no\"de\xf0\x9f";
	input.version = "\"";
}
