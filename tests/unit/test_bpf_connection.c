/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of connections by the other end: found, shared, bounded, and referred to as long as a socket counts there. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bpf_host_sockets.h"
#include "record_connection.h"

#define SHARE 3 /* 24 of bpf_host_setup.h / CONNECTION_SHARE */
#define OUT VALUE_INDEX(direction, OUT)
#define IN VALUE_INDEX(direction, IN)
#define PEER_A "::ffff:10.77.0.2"
#define PEER_B "fd77::2"

TestSuite(connection, .init = setup, .fini = teardown);

static void set_peer(struct host_socket *socket, const char *peer, uint16_t peer_port, uint16_t own_port)
{
	uint8_t address[16];

	cr_assert_eq(inet_pton(AF_INET6, peer, address), 1);
	host_socket_set_peer(socket, address, peer_port, own_port);
}

static const struct connection_row *row(uint64_t cgroup_id, uint32_t direction, const char *peer,
					uint16_t port)
{
	uint8_t address[16];

	cr_assert_eq(inet_pton(AF_INET6, peer, address), 1);
	return host_connection(cgroup_id, direction, address, port);
}

static struct host_socket *connecting(struct host_task *task, const char *peer, uint16_t port)
{
	struct host_socket *socket = host_socket_new(strchr(peer, '.') ? AF_INET : AF_INET6, ROOT);

	set_peer(socket, peer, port, 40009);
	host_switch_unseen(task);
	host_socket_set_state(socket, TCP_SYN_SENT);
	return socket;
}

static void end(struct host_socket *socket)
{
	host_socket_set_state(socket, TCP_CLOSE);
	host_socket_destroy(socket);
}

Test(connection, the_row_of_who_connects_is_by_the_peers_port)
{
	struct host_socket *socket = connecting(task_a, PEER_A, 80);
	const struct connection_row *at = row(CGROUP_A, OUT, PEER_A, 80);

	cr_assert_not_null(at);
	eq(at->references, 1);
	eq(at->opened, 0);
	host_set_time(3000);
	host_socket_set_state(socket, TCP_ESTABLISHED);
	eq(at->opened, 1);
	host_socket_set_round_trip(socket, 7);
	host_socket_retransmit(socket, 3);
	host_set_time(8000);
	host_socket_set_state(socket, TCP_FIN_WAIT1);
	eq(at->closed, 1);
	eq(at->trip_us, 7);
	eq(at->trips, 1);
	eq(at->duration_ns, 5000);
	/* the peer may send on */
	host_socket_retransmit(socket, 2);
	host_socket_set_moved(socket, 1009, 101, 2003, true);
	eq(at->sent_bytes, 0);
	eq(at->references, 1);
	end(socket);
	eq(at->retransmits, 5);
	eq(at->sent_bytes, 1009);
	eq(at->received_bytes, 2003);
	eq(at->references, 0);
	eq(at->closed, 1);
	eq(at->failed, 0);
}

Test(connection, the_row_of_who_listens_is_by_its_own_port)
{
	struct host_socket *listener = host_socket_new(AF_INET6, ROOT), *first, *second;
	const struct connection_row *at;

	host_switch_unseen(task_b);
	host_socket_set_state(listener, TCP_LISTEN);
	set_peer(listener, PEER_B, 40009, 1002);
	first = host_socket_child(listener);
	host_socket_set_state(first, TCP_ESTABLISHED);
	set_peer(listener, PEER_B, 40013, 1002);
	second = host_socket_child(listener);
	host_socket_set_state(second, TCP_ESTABLISHED);
	at = row(CGROUP_B, IN, PEER_B, 1002);
	cr_assert_not_null(at);
	eq(at->opened, 2);
	eq(at->references, 2);
	host_socket_set_moved(first, 11, 0, 13, false);
	end(first);
	eq(at->references, 1);
	eq(at->sent_bytes, 11);
	eq(at->received_bytes, 13);
	end(second);
	end(listener);
	eq(at->references, 0);
	eq(at->closed, 2);
}

Test(connection, one_that_fails_gives_its_row_back)
{
	struct host_socket *socket = connecting(task_a, PEER_B, 9);
	const struct connection_row *at = row(CGROUP_A, OUT, PEER_B, 9);

	host_socket_set_error(socket, ECONNREFUSED);
	end(socket);
	eq(at->failed, 1);
	eq(at->opened, 0);
	eq(at->references, 0);
}

Test(connection, a_socket_that_connects_again_has_the_row_of_its_new_peer)
{
	struct host_socket *socket = connecting(task_a, PEER_A, 9);

	host_socket_state_unseen(socket, TCP_CLOSE);
	set_peer(socket, PEER_A, 10, 40009);
	host_socket_set_state(socket, TCP_SYN_SENT);
	eq(row(CGROUP_A, OUT, PEER_A, 9)->references, 0);
	eq(row(CGROUP_A, OUT, PEER_A, 10)->references, 1);
	end(socket);
}

Test(connection, a_mapped_address_is_the_row_of_ipv4)
{
	struct host_socket *v4 = connecting(task_a, PEER_A, 80), *v6 = host_socket_new(AF_INET6, ROOT);

	set_peer(v6, PEER_A, 80, 40013);
	host_socket_set_state(v6, TCP_SYN_SENT);
	eq(row(CGROUP_A, OUT, PEER_A, 80)->references, 2);
	end(v4);
	end(v6);
}

Test(connection, past_its_share_a_cgroup_has_one_row_for_the_rest)
{
	struct host_socket *sockets[SHARE + 2], *other;

	for (uint16_t i = 0; i < SHARE + 2; i++) {
		sockets[i] = connecting(task_a, PEER_A, 81 + i);
		host_socket_set_state(sockets[i], TCP_ESTABLISHED);
	}
	cr_expect_not_null(row(CGROUP_A, OUT, PEER_A, 80 + SHARE));
	cr_expect_null(row(CGROUP_A, OUT, PEER_A, 80 + SHARE + 1));
	cr_assert_not_null(host_connection(CGROUP_A, OUT, NULL, 0));
	eq(host_connection(CGROUP_A, OUT, NULL, 0)->opened, 2);
	/* of another it takes nothing, and what it has it finds again */
	other = connecting(task_b, PEER_A, 90);
	cr_expect_not_null(row(CGROUP_B, OUT, PEER_A, 90));
	end(other);
	for (uint16_t i = 0; i < SHARE + 2; i++)
		end(sockets[i]);
	other = connecting(task_a, PEER_A, 81);
	host_socket_set_state(other, TCP_ESTABLISHED);
	eq(row(CGROUP_A, OUT, PEER_A, 81)->opened, 2);
	eq(host_connection(CGROUP_A, OUT, NULL, 0)->references, 0);
	end(other);
}

Test(connection, when_no_entry_is_free_the_first_takes_all)
{
	struct host_socket *sockets[16];
	unsigned int count = 0;

	config.connections_per_cgroup = 100;
	host_stop();
	host_start(&config, SLOTS, GROUPS);
	host_task_set_cgroup(task_a, CGROUP_A);
	for (; count < HOST_CONNECTIONS; count++) {
		sockets[count] = connecting(task_a, PEER_B, (uint16_t)(80 + count));
		host_socket_set_state(sockets[count], TCP_ESTABLISHED);
	}
	eq(host_connection_rest()->opened, CONNECTION_FIRST);
	while (count)
		end(sockets[--count]);
	eq(host_connection_rest()->closed, CONNECTION_FIRST);
	eq(host_connection_rest()->references, 0);
}

Test(connection, of_a_listener_that_outlived_its_cgroup_rows_are_nobodys)
{
	struct host_socket *listener = host_socket_new(AF_INET6, ROOT), *child;

	host_switch_unseen(task_b);
	host_socket_set_state(listener, TCP_LISTEN);
	set_peer(listener, PEER_B, 40009, 1002);
	host_group_lose(CGROUP_B);
	child = host_socket_child(listener);
	host_socket_set_state(child, TCP_ESTABLISHED);
	cr_assert_not_null(row(0, IN, PEER_B, 1002));
	cr_expect_null(row(CGROUP_B, IN, PEER_B, 1002));
	eq(row(0, IN, PEER_B, 1002)->opened, 1);
	eq(host_group_tcp(0)->connections, 1);
	end(child);
	eq(row(0, IN, PEER_B, 1002)->closed, 1);
	eq(row(0, IN, PEER_B, 1002)->references, 0);
	end(listener);
}

Test(connection, one_that_was_there_is_found_by_the_lower_port)
{
	struct host_socket *client = host_socket_new(AF_INET, ROOT), *server = host_socket_new(AF_INET, ROOT);

	set_peer(client, PEER_A, 80, 40009);
	set_peer(server, PEER_A, 40009, 80);
	host_socket_state_unseen(client, TCP_ESTABLISHED);
	host_socket_state_unseen(server, TCP_ESTABLISHED);
	host_survey_socket(task_a, client, false);
	host_survey_socket(task_b, server, false);
	eq(row(CGROUP_A, OUT, PEER_A, 80)->found, 1);
	eq(row(CGROUP_A, OUT, PEER_A, 80)->opened, 0);
	eq(row(CGROUP_B, IN, PEER_A, 80)->found, 1);
	end(client);
	end(server);
	eq(row(CGROUP_A, OUT, PEER_A, 80)->closed, 1);
	eq(row(CGROUP_B, IN, PEER_A, 80)->references, 0);
}

Test(connection, one_whose_opening_was_missed_is_found_in_the_row_that_it_has)
{
	struct host_socket *socket = connecting(task_a, PEER_A, 40013);
	const struct connection_row *at = row(CGROUP_A, OUT, PEER_A, 40013);

	host_socket_state_unseen(socket, TCP_ESTABLISHED); /* both programs were skipped */
	host_survey_socket(task_a, socket, false);
	eq(at->references, 1);
	eq(at->found, 1);
	eq(at->opened, 0);
	end(socket);
	eq(at->closed, 1);
	eq(at->references, 0);
}

Test(connection, what_open_ones_moved_is_told_when_they_are_asked)
{
	struct host_socket *first = connecting(task_a, PEER_A, 80), *second = connecting(task_a, PEER_A, 80);
	const struct connection_row *at = row(CGROUP_A, OUT, PEER_A, 80);

	host_socket_set_state(first, TCP_ESTABLISHED);
	host_socket_set_state(second, TCP_ESTABLISHED);
	host_socket_set_moved(first, 101, 7, 103, false);
	host_socket_set_moved(second, 1000, 0, 2000, true);
	host_socket_set_round_trip(first, 5);
	host_survey_connection(first);
	host_survey_connection(second);
	eq(at->open_sent_bytes, 1101);
	eq(at->open_received_bytes, 2103);
	eq(at->open_trip_us, 5);
	eq(at->open_trips, 1);
	eq(at->sent_bytes, 0);
	end(first);
	end(second);
}
