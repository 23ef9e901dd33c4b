/* SPDX-License-Identifier: Apache-2.0 */
/* TCP connections count for the cgroup that connects or listens, whoever runs when their packets come. */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bpf_host_sockets.h"

#define SYN_RECV TCP_SYN_RECV
#define NEW_SYN_RECV 12

TestSuite(tcp, .init = setup, .fini = teardown);

static void restart(bool storage, bool v1)
{
	host_stop();
	config.has_socket_storage = storage;
	config.cgroup_v1 = v1;
	host_start(&config, SLOTS, GROUPS);
	host_task_set_cgroup(task_a, v1 ? CGROUP_A | CGROUP_V1 : CGROUP_A);
	host_task_set_cgroup(task_b, v1 ? CGROUP_B | CGROUP_V1 : CGROUP_B);
}

static const struct group_tcp *of(uint64_t cgroup_id)
{
	return host_group_tcp(cgroup_id ? host_group_of(cgroup_id) : 0);
}

static uint64_t opened_out(uint64_t cgroup_id)
{
	return of(cgroup_id)->value[TCP_VALUE(OPENED) + VALUE_INDEX(direction, OUT)];
}

static uint64_t opened_in(uint64_t cgroup_id)
{
	return of(cgroup_id)->value[TCP_VALUE(OPENED) + VALUE_INDEX(direction, IN)];
}

static uint64_t observed(uint64_t cgroup_id, enum tcp_histogram which, uint64_t duration_ns)
{
	return of(cgroup_id)->histogram[which].bucket[host_histogram_bucket(&config, duration_ns)];
}

static struct host_socket *connecting(struct host_task *task, uint16_t family)
{
	struct host_socket *socket = host_socket_new(family, ROOT);

	host_switch_unseen(task);
	host_socket_set_state(socket, TCP_SYN_SENT);
	return socket;
}

static struct host_socket *listening(struct host_task *task, uint64_t maker_cgroup_id)
{
	struct host_socket *socket = host_socket_new(AF_INET, maker_cgroup_id);

	host_switch_unseen(task);
	host_socket_set_state(socket, TCP_LISTEN);
	return socket;
}

static void end(struct host_socket *socket)
{
	host_socket_set_state(socket, TCP_FIN_WAIT1);
	host_socket_set_state(socket, TCP_FIN_WAIT2);
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
}

Test(tcp, a_connection_counts_for_who_connects_whoever_runs_when_it_comes_about)
{
	struct host_socket *socket = connecting(task_a, AF_INET6);

	eq(opened_out(CGROUP_A), 0);
	host_switch_unseen(task_b);
	host_set_time(1000 + 70000);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	eq(opened_out(CGROUP_A), 1);
	eq(opened_in(CGROUP_A), 0);
	eq(observed(CGROUP_A, TCP_CONNECT_LATENCY, 70000), 1);
	eq(of(CGROUP_A)->histogram[TCP_CONNECT_LATENCY].sum_ns, 70000);

	host_socket_set_round_trip(socket, 51);
	host_set_time(1000 + 70000 + 3000000);
	host_socket_set_state(socket, TCP_CLOSE_WAIT);
	eq(of(CGROUP_A)->closed, 0);
	host_socket_set_state(socket, TCP_LAST_ACK);
	eq(of(CGROUP_A)->closed, 1);
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
	eq(of(CGROUP_A)->closed, 1);
	eq(observed(CGROUP_A, TCP_DURATION, 3000000), 1);
	eq(observed(CGROUP_A, TCP_ROUND_TRIP, 51000), 1);
	eq(of(CGROUP_A)->histogram[TCP_ROUND_TRIP].sum_ns, 51000);
	eq(host_group_of(CGROUP_B), 0);
}

Test(tcp, a_connection_that_comes_in_counts_for_who_listens)
{
	struct host_socket *listener = listening(task_a, ROOT), *child;

	host_switch_unseen(task_b);
	child = host_socket_child(listener);
	eq(opened_in(CGROUP_A), 0);
	host_socket_set_state(child, TCP_ESTABLISHED);
	eq(opened_in(CGROUP_A), 1);
	eq(opened_out(CGROUP_A), 0);
	eq(observed(CGROUP_A, TCP_CONNECT_LATENCY, 0), 0);
	end(child);
	eq(of(CGROUP_A)->closed, 1);
	child = host_socket_child(listener); /* a handshake that never ends */
	host_socket_set_state(child, TCP_CLOSE);
	host_socket_destroy(child);
	host_socket_set_state(listener, TCP_CLOSE);
	host_socket_destroy(listener);
	eq(opened_in(CGROUP_A), 1);
	eq(of(CGROUP_A)->closed, 1);
	for (unsigned int i = 0; i < DIMENSION_WIDTH(connect_failure); i++)
		eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + i], 0);
}

static uint64_t moved(uint64_t cgroup_id, enum tcp_bytes which, uint64_t bytes)
{
	return of(cgroup_id)->bytes[which].bucket[host_histogram_bytes_bucket(bytes)];
}

Test(tcp, the_bytes_of_a_connection_are_told_once_when_nothing_comes_any_more)
{
	struct host_socket *socket = connecting(task_a, AF_INET);

	host_set_twins(true);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	host_socket_set_moved(socket, 103, 7, 0, false);
	host_socket_set_state(socket, TCP_FIN_WAIT1);
	host_socket_set_moved(socket, 1009, 7, 0, false); /* what was still to be sent */
	host_socket_set_state(socket, TCP_FIN_WAIT2);
	eq(of(CGROUP_A)->closed, 1);
	eq(of(CGROUP_A)->ended, 0);
	eq(of(CGROUP_A)->bytes[TCP_SENT].sum_bytes, 0);
	host_socket_set_moved(socket, 1009, 7, 100003, true);
	host_socket_set_state(socket, TCP_CLOSE);
	eq(of(CGROUP_A)->ended, 1);
	host_socket_destroy(socket);
	eq(of(CGROUP_A)->ended, 1);
	eq(of(CGROUP_A)->bytes[TCP_SENT].sum_bytes, 1009);
	eq(of(CGROUP_A)->bytes[TCP_RECEIVED].sum_bytes, 100003);
	eq(moved(CGROUP_A, TCP_SENT, 1009), 1);
	eq(moved(CGROUP_A, TCP_RECEIVED, 100003), 1);
}

Test(tcp, a_connection_that_never_came_about_has_no_bytes)
{
	struct host_socket *socket = connecting(task_a, AF_INET), *listener = listening(task_a, ROOT);

	host_socket_set_error(socket, ECONNREFUSED);
	end(listener);
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
	eq(of(CGROUP_A)->ended, 0);
	eq(moved(CGROUP_A, TCP_SENT, 0), 0);
}

Test(tcp, a_connect_that_fails_is_told_by_its_error)
{
	static const struct {
		int error;
		unsigned int cause, packets;
	} cases[] = {
		{ ECONNREFUSED, VALUE_INDEX(connect_failure, REFUSED), 1 },
		{ ETIMEDOUT, VALUE_INDEX(connect_failure, TIMEOUT), 1 },
		{ EHOSTUNREACH, VALUE_INDEX(connect_failure, UNREACHABLE), 1 },
		{ ENETUNREACH, VALUE_INDEX(connect_failure, UNREACHABLE), 1 },
		{ 0, VALUE_INDEX(connect_failure, ABORTED), 1 },
		{ 0, VALUE_INDEX(connect_failure, OTHER), 0 }, /* no port was free */
		{ EPROTO, VALUE_INDEX(connect_failure, OTHER), 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_socket *socket = connecting(task_a, AF_INET);
		uint64_t before = of(CGROUP_A)->value[TCP_VALUE(FAILURES) + cases[i].cause];

		host_switch_unseen(task_b);
		host_socket_set_error(socket, cases[i].error);
		host_socket_set_sent(socket, cases[i].packets);
		host_socket_set_state(socket, TCP_CLOSE);
		host_socket_destroy(socket);
		eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + cases[i].cause], before + 1);
	}
	eq(opened_out(CGROUP_A), 0);
	eq(of(CGROUP_A)->closed, 0);
}

Test(tcp, what_a_kernel_thread_connects_counts_for_the_maker_of_the_socket)
{
	struct host_socket *path = host_socket_new(AF_INET, CGROUP_B), *own = host_socket_new(AF_INET, ROOT);

	host_task_set_kernel_thread(task_a);
	host_switch_unseen(task_a);
	host_socket_set_state(path, TCP_SYN_SENT);
	host_socket_set_state(path, TCP_ESTABLISHED);
	host_socket_set_state(own, TCP_SYN_SENT);
	host_socket_set_state(own, TCP_ESTABLISHED);
	eq(opened_out(CGROUP_B), 1);
	eq(opened_out(CGROUP_A), 1); /* where it is itself: made by nobody else */
	end(path);
	end(own);
}

Test(tcp, a_connect_without_a_way_there_is_a_failure_though_no_state_tells)
{
	enum { CONNECT = 42, TCP = 5, SENT = 6, UDP = 7, GONE = 8 };

	host_task_set_socket(task_a, TCP, AF_INET6, SOCK_STREAM, 6, false);
	host_task_set_socket(task_a, SENT, AF_INET, SOCK_STREAM, 6, false);
	host_task_set_socket_sent(task_a, SENT);
	host_task_set_socket(task_a, UDP, AF_INET, SOCK_DGRAM, 17, false);
	host_sched_switch(false, NULL, task_a);
	for (int i = 0; i < 3; i++)
		host_sys_exit(CONNECT, TCP, -ENETUNREACH);
	host_sys_exit(CONNECT, TCP, -EHOSTUNREACH);
	host_sys_exit(CONNECT, TCP, -ECONNREFUSED);
	host_sys_exit(CONNECT, TCP, 0);
	host_sys_exit(CONNECT, SENT, -EHOSTUNREACH); /* its states told */
	host_sys_exit(CONNECT, UDP, -ENETUNREACH);
	host_sys_exit(CONNECT, GONE, -ENETUNREACH);
	eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + VALUE_INDEX(connect_failure, UNREACHABLE)], 4);
	eq(opened_out(CGROUP_A), 0);
}

Test(tcp, segments_sent_again_and_resets_count_for_the_owner)
{
	struct host_socket *socket = connecting(task_a, AF_INET), *listener = listening(task_b, ROOT);
	struct host_socket *remains = host_socket_new(AF_INET, CGROUP_A);

	host_socket_retransmit(socket, 1);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	host_socket_retransmit(socket, 7);
	host_socket_retransmit_synack(listener);
	eq(of(CGROUP_A)->value[TCP_VALUE(RETRANSMITS)], 8);
	eq(of(CGROUP_B)->value[TCP_VALUE(RETRANSMITS)], 1);

	host_socket_send_reset(socket);
	host_socket_receive_reset(socket);
	host_socket_receive_reset(socket);
	host_socket_send_reset(NULL);
	host_socket_state_unseen(remains, TCP_TIME_WAIT);
	host_socket_send_reset(remains);
	host_socket_state_unseen(remains, NEW_SYN_RECV);
	host_socket_send_reset(remains);
	eq(of(CGROUP_A)->value[TCP_VALUE(RESETS) + VALUE_INDEX(direction, OUT)], 1);
	eq(of(CGROUP_A)->value[TCP_VALUE(RESETS) + VALUE_INDEX(direction, IN)], 2);
	eq(of(0)->value[TCP_VALUE(RESETS) + VALUE_INDEX(direction, OUT)], 0);
	host_socket_state_unseen(remains, TCP_ESTABLISHED); /* never seen before: its maker's */
	host_socket_send_reset(remains);
	eq(of(CGROUP_A)->value[TCP_VALUE(RESETS) + VALUE_INDEX(direction, OUT)], 2);
	end(socket);
	end(remains);
	end(listener);
}

Test(tcp, a_socket_that_outlives_its_cgroup_counts_for_nobody_else)
{
	struct host_socket *socket = connecting(task_a, AF_INET), *other;
	uint32_t group = host_group_of(CGROUP_A);

	host_socket_set_state(socket, TCP_ESTABLISHED);
	host_group_lose(CGROUP_A);
	other = connecting(task_b, AF_INET);
	eq(host_group_of(CGROUP_B), group);
	end(socket);
	eq(of(CGROUP_B)->closed, 0);
	eq(of(0)->closed, 1);
	end(other);
}

Test(tcp, sockets_that_were_there_are_found_once)
{
	struct host_socket *socket = host_socket_new(AF_INET, ROOT),
			   *listener = host_socket_new(AF_INET6, ROOT);
	struct host_socket *unix_socket = host_socket_new(AF_UNIX, ROOT), *child;

	host_socket_state_unseen(socket, TCP_ESTABLISHED);
	host_socket_state_unseen(unix_socket, TCP_ESTABLISHED);
	host_socket_state_unseen(listener, TCP_LISTEN);
	host_survey_socket(task_a, socket, false);
	host_survey_socket(task_b, socket, false); /* inherited */
	host_survey_socket(task_a, unix_socket, false);
	host_survey_socket(task_b, listener, false);
	host_survey_socket(task_a, NULL, false);
	eq(of(CGROUP_A)->found, 1);
	eq(of(CGROUP_B)->found, 0);
	host_set_time(5000);
	end(socket);
	eq(of(CGROUP_A)->closed, 1);
	eq(opened_out(CGROUP_A), 0);
	eq(of(CGROUP_A)->histogram[TCP_DURATION].sum_ns, 0);
	child = host_socket_child(listener);
	host_socket_set_state(child, TCP_ESTABLISHED);
	eq(opened_in(CGROUP_B), 1);
	end(child);
	end(listener);
	end(unix_socket);
	eq(of(CGROUP_A)->closed, 1);
}

Test(tcp, who_comes_to_a_listener_before_the_hooks_is_found_with_its_owner)
{
	struct host_socket *listener = host_socket_new(AF_INET, ROOT), *early, *late;
	struct host_socket *connected = host_socket_new(AF_INET, ROOT);

	host_socket_state_unseen(listener, TCP_LISTEN);
	host_socket_state_unseen(connected, TCP_ESTABLISHED);
	host_survey_socket(task_b, listener, true);
	host_survey_socket(task_b, connected, true);
	eq(of(CGROUP_B)->found, 0);
	early = host_socket_child(listener);
	host_socket_state_unseen(early, TCP_ESTABLISHED);
	late = host_socket_child(listener);
	host_socket_set_state(late, TCP_ESTABLISHED);
	host_survey_socket(task_a, listener, false);
	host_survey_socket(task_a, early, false);
	host_survey_socket(task_a, late, false);
	host_survey_socket(task_a, connected, false);
	eq(of(CGROUP_B)->found, 1);
	eq(opened_in(CGROUP_B), 1);
	eq(of(CGROUP_A)->found, 1);
	end(early);
	end(late);
	end(connected);
	end(listener);
	eq(of(CGROUP_B)->closed, 2);
	eq(of(CGROUP_A)->closed, 1);
}

Test(tcp, one_that_was_never_seen_before_it_ends_went_out_where_programs_are_skipped)
{
	for (unsigned int skipped = 0; skipped < 2; skipped++) {
		struct host_socket *socket;

		config.is_preemptible = skipped;
		restart(true, false);
		socket = host_socket_new(AF_INET, CGROUP_A);
		host_socket_state_unseen(socket, TCP_ESTABLISHED);
		host_socket_set_state(socket, TCP_FIN_WAIT1);
		end(socket);
		eq(opened_out(CGROUP_A), skipped);
		eq(of(CGROUP_A)->closed, skipped);
	}
}

Test(tcp, states_that_went_unseen_are_made_up_for_at_the_end)
{
	struct host_socket *socket = connecting(task_a, AF_INET), *failed = connecting(task_a, AF_INET);
	struct host_socket *unknown = host_socket_new(AF_INET, CGROUP_B);

	host_socket_set_state(socket, TCP_ESTABLISHED);
	host_socket_state_unseen(socket, TCP_CLOSE);
	host_socket_destroy(socket);
	eq(of(CGROUP_A)->closed, 1);
	host_socket_set_error(failed, ETIMEDOUT);
	host_socket_state_unseen(failed, TCP_CLOSE);
	host_socket_destroy(failed);
	eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + VALUE_INDEX(connect_failure, TIMEOUT)], 1);

	socket = connecting(task_a, AF_INET);
	host_socket_state_unseen(socket, TCP_ESTABLISHED);
	host_socket_set_state(socket, TCP_FIN_WAIT1);
	eq(opened_out(CGROUP_A), 2);
	eq(of(CGROUP_A)->closed, 2);
	eq(of(CGROUP_A)->histogram[TCP_CONNECT_LATENCY].sum_ns, 0);
	end(socket);
	eq(of(CGROUP_A)->closed, 2);

	socket = host_socket_new(AF_INET, CGROUP_A);
	host_socket_state_unseen(socket, TCP_SYN_SENT);
	host_socket_set_error(socket, ECONNREFUSED);
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
	eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + VALUE_INDEX(connect_failure, REFUSED)], 1);

	host_socket_state_unseen(unknown, TCP_SYN_SENT);
	host_socket_set_state(unknown, TCP_ESTABLISHED);
	eq(opened_out(CGROUP_B), 1);
	eq(of(CGROUP_B)->histogram[TCP_CONNECT_LATENCY].sum_ns, 0);
	end(unknown);
	eq(of(CGROUP_B)->closed, 1);
}

Test(tcp, the_twin_changes_nothing)
{
	struct host_socket *socket, *listener, *child;

	host_set_twins(true);
	socket = connecting(task_a, AF_INET);
	listener = listening(task_a, ROOT);
	child = host_socket_child(listener);
	host_set_time(5000);
	host_socket_set_round_trip(socket, 3);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	host_socket_set_state(child, TCP_ESTABLISHED);
	end(socket);
	end(child);
	socket = connecting(task_a, AF_INET);
	host_socket_set_error(socket, ETIMEDOUT);
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
	end(listener);
	eq(opened_out(CGROUP_A), 1);
	eq(opened_in(CGROUP_A), 1);
	eq(of(CGROUP_A)->closed, 2);
	eq(of(CGROUP_A)->histogram[TCP_CONNECT_LATENCY].sum_ns, 4000);
	eq(of(CGROUP_A)->histogram[TCP_ROUND_TRIP].sum_ns, 3000);
	eq(of(CGROUP_A)->value[TCP_VALUE(FAILURES) + VALUE_INDEX(connect_failure, TIMEOUT)], 1);
}

Test(tcp, another_protocol_is_left_alone)
{
	struct host_socket *socket = host_socket_new(AF_INET, CGROUP_A);

	host_socket_set_protocol(socket, 132); /* SCTP has the same tracepoint */
	host_switch_unseen(task_a);
	host_socket_set_state(socket, TCP_SYN_SENT);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	end(socket);
	eq(host_group_of(CGROUP_A), 0);
	eq(opened_out(0), 0);
}

Test(tcp, without_socket_storage_the_owner_is_kept_by_address)
{
	struct host_socket *socket, *listener, *child;

	restart(false, false);
	socket = connecting(task_a, AF_INET);
	listener = listening(task_a, CGROUP_A);
	eq(host_sockets_by_address(), 2);
	host_switch_unseen(task_b);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	child = host_socket_child(listener);
	host_socket_set_state(child, TCP_ESTABLISHED);
	eq(opened_out(CGROUP_A), 1);
	eq(opened_in(CGROUP_A), 1);
	eq(host_sockets_by_address(), 3);
	end(child);
	end(socket);
	end(listener);
	eq(of(CGROUP_A)->closed, 2);
	eq(host_sockets_by_address(), 0);
}

Test(tcp, without_storage_the_v2_root_owns_nothing_on_v1)
{
	struct host_socket *socket, *child, *listener;

	restart(false, true);
	socket = connecting(task_a, AF_INET);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	eq(opened_out(CGROUP_A | CGROUP_V1), 1);
	listener = listening(task_a, ROOT);
	child = host_socket_child(listener);
	host_socket_set_state(child, TCP_ESTABLISHED);
	eq(opened_in(CGROUP_A | CGROUP_V1), 0);
	eq(host_group_of(ROOT), 0);
	eq(opened_in(0), 1);
	end(child);
	eq(of(0)->closed, 1);
	end(socket);
	end(listener);
}
