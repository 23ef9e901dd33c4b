/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams without room count for the cgroup that has the socket, whoever runs when they come. */
#include <errno.h>
#include <sys/socket.h>

#include "bpf_host_setup.h"
#include "record_tcp.h"

#define ROOT 1
#define UDP 17

static struct probe_config config;
static struct host_task *task_a, *task_b;
static struct host_socket *sink;

static void setup(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	task_a = host_task_new(NULL, 101, AFTER, CGROUP_A, "a");
	task_b = host_task_new(NULL, 103, AFTER, CGROUP_B, "b");
	sink = NULL;
}

static void teardown(void)
{
	if (sink)
		host_socket_destroy(sink);
	host_task_free(task_a);
	host_task_free(task_b);
	host_stop();
}

TestSuite(udp, .init = setup, .fini = teardown);

static void open_sink(uint64_t maker_cgroup_id)
{
	sink = host_socket_new(AF_INET6, maker_cgroup_id);
	host_socket_set_protocol(sink, UDP);
}

static void restart_on_v1(bool storage)
{
	host_stop();
	config.cgroup_v1 = true;
	config.has_socket_storage = storage;
	host_start(&config, SLOTS, GROUPS);
	host_task_set_cgroup(task_a, CGROUP_A | CGROUP_V1);
	host_task_set_cgroup(task_b, CGROUP_B | CGROUP_V1);
}

static uint64_t dropped(uint64_t cgroup_id, unsigned int cause)
{
	return host_group_tcp(cgroup_id ? host_group_of(cgroup_id) : 0)
		->value[UDP_VALUE(RECEIVE_DROPS) + cause];
}

static uint64_t full(uint64_t cgroup_id)
{
	return dropped(cgroup_id, VALUE_INDEX(udp_receive_drop, RECEIVE_BUFFER));
}

static uint64_t no_memory(uint64_t cgroup_id)
{
	return dropped(cgroup_id, VALUE_INDEX(udp_receive_drop, MEMORY));
}

static void drop(unsigned int count)
{
	host_switch_unseen(task_b);
	for (unsigned int i = 0; i < count; i++)
		host_socket_drop(sink, -ENOMEM);
}

Test(udp, a_drop_counts_for_who_made_the_socket_by_its_cause)
{
	open_sink(CGROUP_A);
	drop(7);
	host_socket_drop(sink, -ENOBUFS);
	eq(full(CGROUP_A), 7);
	eq(no_memory(CGROUP_A), 1);
	eq(host_group_of(CGROUP_B), 0);
	eq(full(0), 0);
}

Test(udp, a_drop_of_a_socket_without_a_cgroup_is_nobodys)
{
	open_sink(0);
	drop(3);
	eq(full(0), 3);
}

Test(udp, on_v1_the_process_that_has_the_socket_is_looked_for)
{
	restart_on_v1(true);
	open_sink(CGROUP_B); /* a v2 cgroup, which does not count here */
	drop(5);
	host_socket_drop(sink, -ENOBUFS);
	eq(full(0), 5);
	host_survey_drops(task_a, NULL);
	host_survey_drops(task_a, sink);
	eq(full(0), 0);
	eq(no_memory(0), 0);
	eq(full(CGROUP_A | CGROUP_V1), 5);
	eq(no_memory(CGROUP_A | CGROUP_V1), 1);
	drop(6); /* known from now on */
	eq(full(CGROUP_A | CGROUP_V1), 11);
	host_survey_drops(task_b, sink); /* inherited */
	eq(full(CGROUP_A | CGROUP_V1), 11);
	eq(host_group_of(CGROUP_B | CGROUP_V1), 0);
}

Test(udp, on_v1_other_sockets_are_left_alone)
{
	restart_on_v1(true);
	open_sink(ROOT);
	host_survey_drops(task_a, sink); /* dropped nothing yet */
	eq(host_group_of(CGROUP_A | CGROUP_V1), 0);
	drop(2);
	host_socket_set_protocol(sink, 6);
	host_survey_drops(task_a, sink);
	eq(full(0), 2);
}

Test(udp, a_cgroup_that_is_gone_gets_no_more)
{
	restart_on_v1(true);
	open_sink(ROOT);
	drop(1);
	host_survey_drops(task_a, sink);
	host_group_lose(CGROUP_A | CGROUP_V1);
	drop(13);
	eq(full(0), 13);
}

Test(udp, on_v1_without_socket_storage_drops_are_nobodys)
{
	restart_on_v1(false);
	open_sink(ROOT);
	drop(17);
	eq(full(0), 17);
	eq(host_group_of(ROOT), 0);
}
