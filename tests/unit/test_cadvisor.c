/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics/cadvisor says of one model, byte for byte; then what is left out, and names that are hostile.
 * KTALLY_WRITE_GOLDEN=1 writes the file anew. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "export/cadvisor.h"
#include "export/exposition.h"
#include "exposition_check.c"
#include "model/network.h"

#define GOLDEN "tests/fixtures/cadvisor.prom"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "/kubepods.slice/kubepods-pod1.slice"

static struct model *model;
static struct buffer out;
static struct cadvisor_input input;
static uint64_t next_id = 1;

static void setup(void)
{
	const struct model_limits limits = {
		.containers = 100, .programs_per_container = 20, .processes = 100, .label_length = 40
	};

	cr_assert_eq(model_new(&limits, 1, &model), 0);
	input = (struct cadvisor_input){ model, 1700000123456789012 };
}

static void tear_down(void)
{
	model_free(model);
	buffer_done(&out);
}

TestSuite(cadvisor, .init = setup, .fini = tear_down, .timeout = 60);

static struct cgroup *add(const char *path, enum identity_kind kind, const char *runtime, const char *id,
			  const char *name)
{
	struct identity identity = { .kind = kind };
	struct cgroup *cgroup;

	snprintf(identity.runtime, sizeof(identity.runtime), "%s", runtime);
	snprintf(identity.id, sizeof(identity.id), "%s", id);
	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.pod_uid, sizeof(identity.pod_uid), "%s", strstr(path, "pod1") ? "uid-1" : "");
	cr_assert_eq(model_cgroup_add(model, next_id++, path, &identity, 1, &cgroup), 0);
	cr_assert_not_null(model_cgroup_instance(cgroup));
	return cgroup;
}

static void describe(struct cgroup *cgroup, const char *pod, const char *name, const char *image)
{
	const struct details details = { .id = cgroup->identity->id,
					 .name = name,
					 .namespace = pod[0] ? "shop" : "",
					 .pod = pod,
					 .pod_uid = pod[0] ? "uid-1" : "",
					 .image = image,
					 .is_sandbox = pod[0] && !name[0],
					 .started_ns = 1700000000250000000 };

	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, 1, 1), 0);
}

static void render(void)
{
	char why[300];

	buffer_clear(&out);
	cr_assert_eq(cadvisor_write(&input, SHEET_TEXT, &out), 0);
	cr_assert_geq(exposition_check(out.data, out.size, why), 0, "%s", why);
	buffer_add(&out, "", 1);
	out.size--;
}

static bool has_line(const char *line)
{
	size_t size = strlen(line);

	for (const char *at = out.data; (at = strstr(at, line)); at++)
		if ((at == out.data || at[-1] == '\n') && at[size] == '\n')
			return true;
	return false;
}

#define assert_line(line) cr_expect(has_line(line), "no line %s in:\n%s", line, out.data)
#define assert_no(text) cr_expect_null(strstr(out.data, text), "%s is there", text)

/* Every value is another prime multiple, so that two that are mixed up show. */
static void fill(struct cgroup *cgroup, uint64_t factor)
{
	struct instance_disk *disk = instance_disk_get(cgroup->instance, 8, (uint32_t)factor);

	for (unsigned int i = 0; i < INSTANCE_VALUES; i++)
		instance_set(cgroup->instance, i, (i + 1) * factor * 1000003);
	instance_set(cgroup->instance, INSTANCE_CPU_WEIGHT, 100);
	instance_set(cgroup->instance, INSTANCE_START_TIME, 1699999999750000000);
	cgroup->instance->has[INSTANCE_CPU_SHARES] = false;
	snprintf(disk->name, sizeof(disk->name), "sd%c", (char)('a' + factor % 26));
	for (unsigned int i = 0; i < DISK_VALUES; i++) {
		disk->value[i] = (i + 1) * factor * 10007;
		disk->has[i] = true;
	}
	for (unsigned int i = 0; i < SCHEDULED_VALUES; i++)
		cgroup->scheduled[i] = (i + 1) * factor * 100003;
}

/* The cgroups are in one network namespace, whose devices have counted from `x` on. */
static void connect(uint64_t inode, uint64_t x, struct cgroup *first, struct cgroup *second)
{
	struct network_device devices[3] = { { .name = "eth0" }, { .name = "veth1" }, { .name = "docker0" } };

	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		devices[0].value[i] = x * (i + 1);
	first->network = network_use(model, inode, first);
	if (second)
		second->network = network_use(model, inode, second);
	cr_assert_eq(network_count(model, first->network, first->container, false, devices, 3, 0, 5, 5), 0);
}

static void check_golden(void)
{
	char *golden = calloc(1, 1 << 20);
	FILE *file;

	if (getenv("KTALLY_WRITE_GOLDEN")) {
		file = fopen(GOLDEN, "we");
		cr_assert_not_null(file);
		fwrite(out.data, 1, out.size, file);
		fclose(file);
	}
	file = fopen(GOLDEN, "re");
	cr_assert_not_null(file, "%s", GOLDEN);
	golden[fread(golden, 1, (1 << 20) - 1, file)] = '\0';
	fclose(file);
	cr_expect_str_eq(out.data, golden);
	free(golden);
}

Test(cadvisor, one_model_byte_for_byte)
{
	struct cgroup *web, *pause, *docker, *unit, *other, *root;
	const struct identity machine = { .kind = IDENTITY_SLICE, .id = "/" };

	web = add(POD "/cri-containerd-" HEX ".scope", IDENTITY_CONTAINER, "containerd", HEX, "01234567");
	pause = add(POD "/cri-containerd-fe.scope", IDENTITY_CONTAINER, "containerd", "fe", "fe");
	docker = add("/docker/d0", IDENTITY_CONTAINER, "docker", "d0", "d0");
	unit = add("/system.slice/ssh.service", IDENTITY_UNIT, "systemd", "/system.slice/ssh.service", "ssh");
	other = add("/job", IDENTITY_PATH, "cgroup", "/job", "job");
	root = model_parent_add(model, "/", &machine);
	describe(web, "web-0", "nginx", "registry.example/nginx:1.27");
	describe(pause, "web-0", "", "registry.example/pause:3.9");
	describe(docker, "", "my-redis", "redis:7");
	fill(web, 1);
	fill(pause, 2);
	fill(docker, 3);
	fill(unit, 5);
	fill(other, 7);
	fill(root, 11);
	web->container->value[V_PROCESSES] = 4;
	cr_assert_eq(web->instance->has[INSTANCE_PROCESSES], true);
	web->instance->has[INSTANCE_PROCESSES] = false;
	connect(77, 1009, web, pause);
	connect(78, 2003, docker, NULL);
	model->host_devices = calloc(2, sizeof(*model->host_devices));
	model->host_device_count = 2;
	model->host_devices[0] = (struct network_device){ .name = "lo", .value = { 1 } };
	model->host_devices[1] = (struct network_device){ .name = "ens\xff"
								  "3",
							  .value = { 4001, 4002 } };
	model->machine = (struct machine){ 4, 2, 1, 1ULL << 34, 1 << 20, "b", "m", "u", "6.1.0", "Debian" };
	render();
	check_golden();
}

Test(cadvisor, what_is_not_known_is_absent_and_unlimited_is_what_cadvisor_calls_it)
{
	struct cgroup *job = add("/job", IDENTITY_PATH, "cgroup", "/job", "job");

	model->missing = 1U << NEEDS_TASKS | 1U << NEEDS_USAGE;
	render();
	assert_line(
		"container_last_seen{container=\"\",id=\"/job\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} 1700000123");
	assert_no("container_cpu");
	assert_no("container_memory");
	assert_no("container_processes");
	assert_no("container_spec");
	assert_no("machine_memory_bytes");
	assert_line("container_scrape_error 0");
	assert_line("machine_scrape_error 1");
	instance_set(job->instance, INSTANCE_CPU_QUOTA, INSTANCE_UNLIMITED);
	instance_set(job->instance, INSTANCE_CPU_PERIOD, 100000);
	instance_set(job->instance, INSTANCE_CPU_PERIODS, 0);
	instance_set(job->instance, INSTANCE_MEMORY_LIMIT, INSTANCE_UNLIMITED);
	instance_set(job->instance, INSTANCE_THREADS_LIMIT, INSTANCE_UNLIMITED);
	instance_set(job->instance, INSTANCE_MEMORY_USAGE, 5);
	render();
#define JOB "{container=\"\",id=\"/job\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} "
	assert_no("container_spec_cpu_quota");
	assert_no("container_cpu_cfs");
	assert_line("container_spec_cpu_period" JOB "100000");
	assert_line("container_spec_memory_limit_bytes" JOB "0");
	assert_line("container_threads_max" JOB "0");
	assert_line("container_memory_usage_bytes" JOB "5");
	assert_no("working_set");
	instance_set(job->instance, INSTANCE_CPU_QUOTA, 50000);
	instance_set(job->instance, INSTANCE_MEMORY_INACTIVE_FILE, 7);
	render();
	assert_line("container_spec_cpu_quota" JOB "50000");
	assert_line("container_cpu_cfs_periods_total" JOB "0");
	assert_line("container_memory_working_set_bytes" JOB "0");
}

Test(cadvisor, the_root_of_v2_uses_what_the_machine_says)
{
	const struct identity machine = { .kind = IDENTITY_SLICE, .id = "/" };
	struct cgroup *root = model_parent_add(model, "/", &machine);

	instance_set(root->instance, INSTANCE_MEMORY_RSS, 3);
	instance_set(root->instance, INSTANCE_MEMORY_CACHE, 10);
	instance_set(root->instance, INSTANCE_MEMORY_INACTIVE_FILE, 2);
	model_set_file(model->node, V_MEMORY_SWAP, 17);
	model->node->value[V_THREADS] = 19;
	model->node->value[V_CPU] = 23000000000;
	render();
#define ROOT "{container=\"\",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} "
	assert_line("container_memory_usage_bytes" ROOT "13");
	assert_line("container_memory_working_set_bytes" ROOT "11");
	assert_line("container_memory_swap" ROOT "17");
	assert_line("container_threads" ROOT "19");
	assert_line("container_cpu_schedstat_run_seconds_total" ROOT "23");
}

Test(cadvisor, cgroups_around_containers_are_rows_only_as_parents_and_the_removed_are_none)
{
	const struct identity around = { .kind = IDENTITY_POD, .pod_uid = "uid-1" };
	struct cgroup *web = add(POD "/w", IDENTITY_CONTAINER, "cri-o", "w", "w"), *gone;

	describe(web, "web-0", "nginx", "i");
	add(POD, IDENTITY_POD, "cgroup", POD, "pod1");
	add("/a.slice", IDENTITY_SLICE, "systemd", "/a.slice", "a.slice");
	gone = add("/gone", IDENTITY_PATH, "cgroup", "/gone", "gone");
	model_cgroup_remove(model, gone, 5);
	render();
	assert_no("id=\"" POD "\"");
	assert_no("/a.slice");
	assert_no("/gone");
	assert_line("container_last_seen{container=\"nginx\",id=\"" POD
		    "/w\",image=\"i\",name=\"w\",namespace=\"shop\",pod=\"web-0\"} 1700000123");
	cr_assert_not_null(model_parent_add(model, POD, &around));
	render();
	assert_line("container_last_seen{container=\"\",id=\"" POD
		    "\",image=\"\",name=\"\",namespace=\"shop\",pod=\"web-0\"} 1700000123");
}

Test(cadvisor, scheduled_times_of_cgroups_below_are_the_containers_and_outlive_them)
{
	struct cgroup *top = add("/job", IDENTITY_CONTAINER, "lxc", "job", "job");
	struct cgroup *below = add("/job/a", IDENTITY_CONTAINER, "lxc", "job", "job");
	struct cgroup *beside = add("/jobs", IDENTITY_CONTAINER, "lxc", "job", "job");

	instance_free(below->instance);
	below->instance = NULL;
	top->scheduled[V_CPU] = 1000000000;
	below->scheduled[V_CPU] = 2000000000;
	beside->scheduled[V_CPU] = 4000000000;
	for (int round = 0; round < 2; round++) {
		render();
		assert_line("container_cpu_schedstat_run_seconds_total" JOB "3");
		assert_line(
			"container_cpu_schedstat_run_seconds_total{container=\"\",id=\"/jobs\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} 4");
		if (round == 0) {
			model_cgroup_remove(model, below, 5);
			model_expire(model, 6);
			cr_assert_eq(HASH_COUNT(model->cgroups), 2);
		}
	}
	assert_no("container_processes"); /* two cgroups share the names: whose they are is not known */
}

Test(cadvisor, paths_are_never_cut_and_stay_apart_and_unnamed_disks_have_numbers)
{
	char path[600] = "/";
	struct cgroup *bad = add("/b\xff\"\n\\", IDENTITY_PATH, "cgroup", "/b", "b");

	memset(path + 1, 'x', 590);
	add(path, IDENTITY_PATH, "cgroup", "/x", "x");
	path[590] = 'y';
	add(path, IDENTITY_PATH, "cgroup", "/x", "x");
	add("/b\xfe\"\n\\", IDENTITY_PATH, "cgroup", "/b", "b");
	for (uint32_t i = 0; i <= INSTANCE_DISKS; i++) {
		struct instance_disk *disk = instance_disk_get(bad->instance, 259, i);

		cr_assert_eq(!disk, i == INSTANCE_DISKS);
		if (disk) {
			disk->value[DISK_READS] = i;
			disk->has[DISK_READS] = true;
		}
	}
	cr_assert_eq(bad->instance->disks_left_out, 1);
	render();
	assert_line(
		"container_last_seen{container=\"\",id=\"/b\\\\xff\\\"\\n\\\\\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} 1700000123");
	assert_line(
		"container_fs_reads_total{container=\"\",id=\"/b\\\\xff\\\"\\n\\\\\",image=\"\",name=\"\",namespace=\"\",pod=\"\",device=\"259:255\"} 255");
}

/* Paths and devices that differ in bytes that are no UTF-8, or that are called as these are spelled. */
Test(cadvisor, no_two_rows_are_the_same_series)
{
	static const struct {
		const char *path, *shown; /* in the text format each backslash is two */
	} cases[] = {
		{ "/\xff", "/\\\\xff" },       { "/\xfe", "/\\\\xfe" },
		{ "/\\xff", "/\\\\x5cxff" },   { "/\\x5cxff", "/\\\\x5cx5cxff" },
		{ "/\\\xff", "/\\\\\\\\xff" }, { "/a\\x2db.service", "/a\\\\x2db.service" }, /* as cAdvisor */
		{ "/\\x8", "/\\\\x8" },
	};
	char line[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		add(cases[i].path, IDENTITY_PATH, "cgroup", cases[i].path, "x");
	add("/", IDENTITY_PATH, "cgroup", "/", "");
	model->host_devices = calloc(2, sizeof(*model->host_devices));
	model->host_device_count = 2;
	model->host_devices[0] = (struct network_device){ .name = "\xff", .value = { 1 } };
	model->host_devices[1] = (struct network_device){ .name = "\xfe", .value = { 2 } };
	render();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(
			line, sizeof(line),
			"container_last_seen{container=\"\",id=\"%s\",image=\"\",name=\"\",namespace=\"\",pod=\"\"} 1700000123",
			cases[i].shown);
		assert_line(line);
	}
	assert_line(
		"container_network_receive_bytes_total{container=\"\",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\",interface=\"\\\\xff\"} 1");
	assert_line(
		"container_network_receive_bytes_total{container=\"\",id=\"/\",image=\"\",name=\"\",namespace=\"\",pod=\"\",interface=\"\\\\xfe\"} 2");
}

Test(cadvisor, a_namespace_is_shown_once_by_the_sandbox_or_the_first_who_uses_it)
{
	struct cgroup *web = add(POD "/w", IDENTITY_CONTAINER, "cri-o", "w", "w");
	struct cgroup *pause = add(POD "/p", IDENTITY_CONTAINER, "cri-o", "p", "p");

	connect(77, 1009, web, pause);
	render();
	assert_line("container_network_receive_bytes_total{container=\"\",id=\"" POD
		    "/w\",image=\"\",name=\"w\",namespace=\"\",pod=\"\",interface=\"eth0\"} 1009");
	assert_no("interface=\"veth1\"");
	assert_no("interface=\"docker0\"");
	describe(pause, "web-0", "", "i");
	render();
	assert_line("container_network_transmit_errors_total{container=\"\",id=\"" POD
		    "/p\",image=\"i\",name=\"p\",namespace=\"shop\",pod=\"web-0\",interface=\"eth0\"} 8072");
	cr_expect_null(strstr(strstr(out.data, "container_network_receive_bytes_total{") + 1,
			      "container_network_receive_bytes_total{"));
}

Test(cadvisor, nothing_to_show_is_an_error_that_is_told)
{
	render();
	assert_line("container_scrape_error 1");
	assert_no("container_last_seen");
}

Test(cadvisor, openmetrics_is_answered_as_text)
{
	cr_expect_eq(cadvisor_select("application/openmetrics-text;version=1.0.0")->body, SHEET_TEXT);
	cr_expect_eq(cadvisor_select(NULL)->body, SHEET_TEXT);
}
