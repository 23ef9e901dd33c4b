/* SPDX-License-Identifier: Apache-2.0 */
/* Payload of files and sockets: by the end of system calls, by the hooks of sockets, by io_uring. */
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bpf_host_setup.h"

#define READ 0
#define WRITE 1
#define CLOSE 3
#define OPENAT 257
#define CLOSE_RANGE 436
#define SENDFILE 40
#define SENDTO 44
#define RECVFROM 45
#define RECVMSG 47
#define SPLICE 275
#define RECVMMSG 299
#define SENDMMSG 307
#define IO_GETEVENTS 208
#define EBADF_ 9
#define ENOTSOCK_ 88

#define RX(x) (V_NETWORK_RECEIVE + VALUE_INDEX(protocol, x))
#define TX(x) (V_NETWORK_TRANSMIT + VALUE_INDEX(protocol, x))
#define NARROW(x) (record->narrow[V_##x - RECORD_VALUES])

#define FILE_FD 3
#define PIPE_FD 4
#define TCP_FD 5
#define UDP_FD 6
#define UNIX_FD 7
#define RAW_FD 8
#define CLOSED_FD 9

static struct probe_config config;
static struct host_task *task;
static struct record *record;

static void start(void)
{
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	host_task_set_descriptor(task, FILE_FD, HOST_FILE);
	host_task_set_descriptor(task, PIPE_FD, HOST_FIFO);
	host_task_set_socket(task, TCP_FD, AF_INET6, SOCK_STREAM, 6, true);
	host_task_set_socket(task, UDP_FD, AF_INET, SOCK_DGRAM, 17, false);
	host_task_set_socket(task, UNIX_FD, AF_UNIX, SOCK_STREAM, 0, true);
	host_task_set_socket(task, RAW_FD, AF_INET, SOCK_RAW, 6, false);
	host_sched_switch(false, NULL, task);
	record = host_record(host_cpu(0)->slot);
}

static void restart(bool hooks, bool cast)
{
	host_task_free(task);
	host_stop();
	config.has_socket_hooks = hooks;
	config.has_rdonly_cast = cast;
	start();
}

static void set_up(void)
{
	host_settings(&config);
	config.has_socket_hooks = false;
	config.uring = URING_ENTRY;
	start();
}

static void tear_down(void)
{
	host_task_free(task);
	host_stop();
}

TestSuite(bpf_traffic, .init = set_up, .fini = tear_down, .timeout = 60);

static uint64_t sum_of_bytes(void)
{
	uint64_t sum = 0;

	for (int i = BYTES_BEGIN; i < BYTES_END; i++)
		sum += record->value[i];
	return sum;
}

static void books_balance(void)
{
	eq(host_cpu(0)->bytes, sum_of_bytes());
}

static void call(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth,
		 long result)
{
	host_task_set_arguments(task, second, third, fourth);
	host_sys_exit(number, first, result);
}

Test(bpf_traffic, reads_and_writes_of_a_file_are_counted_with_their_bytes)
{
	for (unsigned int cast = 0; cast < 2; cast++) {
		restart(false, cast);
		for (int i = 0; i < 7; i++)
			call(READ, FILE_FD, 0, 0, 0, 1009);
		for (int i = 0; i < 5; i++)
			call(WRITE, FILE_FD, 0, 0, 0, 503);
		call(READ, FILE_FD, 0, 0, 0, 0);   /* at its end */
		call(READ, FILE_FD, 0, 0, 0, -14); /* an error is none */
		eq(record->value[V_FILE_READ], 7 * 1009);
		eq(record->value[V_FILE_WRITTEN], 5 * 503);
		eq(NARROW(FILE_READS), 8);
		eq(NARROW(FILE_WRITES), 5);
		eq(NARROW(FILE_OPENS), 0);
		eq(record->calls, 14);
		books_balance();
	}
}

Test(bpf_traffic, pipes_and_devices_have_no_bytes)
{
	host_task_set_descriptor(task, 10, HOST_DEVICE);
	call(READ, PIPE_FD, 0, 0, 0, 4096);
	call(WRITE, 10, 0, 0, 0, 4096);
	eq(sum_of_bytes(), 0);
	eq(host_cpu(0)->bytes, 0);
	eq(host_cpu(0)->unknown_bytes, 0);
}

Test(bpf_traffic, the_protocol_is_that_of_the_socket)
{
	for (unsigned int cast = 0; cast < 2; cast++) {
		restart(false, cast);
		call(READ, TCP_FD, 0, 0, 0, 11);
		call(WRITE, TCP_FD, 0, 0, 0, 13);
		call(SENDTO, UDP_FD, 0, 0, 0, 17);
		call(RECVFROM, UDP_FD, 0, 0, 0, 19);
		call(RECVMSG, UNIX_FD, 0, 0, 0, 23);
		call(SENDTO, UNIX_FD, 0, 0, 0, 29);
		call(RECVFROM, RAW_FD, 0, 0, 0, 31); /* a raw socket of protocol TCP is none of TCP's */
		eq(record->value[RX(TCP)], 11);
		eq(record->value[TX(TCP)], 13);
		eq(record->value[TX(UDP)], 17);
		eq(record->value[RX(UDP)], 19);
		eq(record->value[RX(UNIX)], 23);
		eq(record->value[TX(UNIX)], 29);
		eq(record->value[RX(OTHER)], 31);
		eq(sum_of_bytes(), 11 + 13 + 17 + 19 + 23 + 29 + 31);
		books_balance();
	}
}

Test(bpf_traffic, what_is_only_looked_at_is_received_later)
{
	call(RECVFROM, TCP_FD, 0, 0, MSG_PEEK, 101);
	call(RECVMSG, TCP_FD, 0, MSG_PEEK | MSG_WAITALL, 0, 101);
	call(RECVMSG, UDP_FD, 0, MSG_ERRQUEUE, 0, 101);
	eq(sum_of_bytes(), 0);
	call(RECVMSG, TCP_FD, 0, MSG_WAITALL, MSG_PEEK, 101); /* its fourth argument is none */
	eq(record->value[RX(TCP)], 101);
	eq(record->value[CALL(NETWORK)], 4);
	books_balance();
}

Test(bpf_traffic, failed_calls_of_sockets_keep_their_class)
{
	call(SENDTO, CLOSED_FD, 0, 0, 0, -EBADF_);
	call(RECVFROM, FILE_FD, 0, 0, 0, -ENOTSOCK_);
	eq(record->value[ERROR(NETWORK)], 2);
	eq(host_cpu(0)->unknown_bytes, 0);
}

Test(bpf_traffic, a_transfer_between_two_descriptors_is_counted_on_both_sides)
{
	call(SENDFILE, TCP_FD, FILE_FD, 0, 0, 1009);
	eq(record->value[V_FILE_READ], 1009);
	eq(record->value[TX(TCP)], 1009);
	call(SPLICE, UNIX_FD, 0, PIPE_FD, 0, 211);
	eq(record->value[RX(UNIX)], 211);
	call(SPLICE, PIPE_FD, 0, FILE_FD, 0, 211);
	eq(record->value[V_FILE_WRITTEN], 211);
	call(326, FILE_FD, 0, FILE_FD, 0, 307); /* copy_file_range */
	eq(record->value[V_FILE_READ], 1009 + 307);
	eq(record->value[V_FILE_WRITTEN], 211 + 307);
	eq(NARROW(FILE_READS), 2);
	eq(NARROW(FILE_WRITES), 2);
	books_balance();
}

Test(bpf_traffic, opens_are_those_that_give_a_descriptor)
{
	static const uint64_t numbers[] = { 2, 85, OPENAT, 304, 437 };

	for (unsigned int i = 0; i < 5; i++) {
		call(numbers[i], 0, 0, 0, 0, i);
		call(numbers[i], 0, 0, 0, 0, -2);
	}
	eq(NARROW(FILE_OPENS), 5);
	eq(NARROW(FILE_OPEN_FAILURES), 5);
	eq(NARROW(FILE_CLOSES), 0);
	eq(record->value[ERROR(FILE)], 5);
	eq(sum_of_bytes(), 0);
}

Test(bpf_traffic, an_open_that_a_signal_interrupts_is_no_failure)
{
	for (int error = 512; error <= 516; error++)
		call(OPENAT, 0, 0, 0, 0, -error);
	eq(NARROW(FILE_OPEN_FAILURES), 0);
	call(OPENAT, 0, 0, 0, 0, -511);
	call(OPENAT, 0, 0, 0, 0, -517);
	eq(NARROW(FILE_OPEN_FAILURES), 2);
}

Test(bpf_traffic, closes_are_those_that_succeed_also_of_a_range)
{
	for (int i = 0; i < 7; i++)
		call(CLOSE, CLOSED_FD, 0, 0, 0, 0);
	for (int i = 0; i < 3; i++)
		call(CLOSE, CLOSED_FD, 0, 0, 0, -9);
	for (int i = 0; i < 5; i++)
		call(CLOSE_RANGE, 3, ~0U, 0, 0, 0);
	eq(NARROW(FILE_CLOSES), 12);
	eq(NARROW(FILE_OPENS), 0);
	eq(NARROW(FILE_OPEN_FAILURES), 0);
	eq(sum_of_bytes(), 0);
	eq(host_cpu(0)->unknown_bytes, 0);
}

Test(bpf_traffic, lengths_of_many_messages_are_summed_up)
{
	struct mmsghdr messages[3] = { { .msg_len = 101 }, { .msg_len = 103 }, { .msg_len = 107 } };

	call(SENDMMSG, UDP_FD, (uintptr_t)messages, 3, 0, 3);
	eq(record->value[TX(UDP)], 311);
	call(RECVMMSG, UDP_FD, (uintptr_t)messages, 3, 0, 2); /* of three asked for */
	eq(record->value[RX(UDP)], 204);
	call(RECVMMSG, UDP_FD, (uintptr_t)messages, 3, MSG_PEEK, 3);
	eq(record->value[RX(UDP)], 204);
	eq(host_cpu(0)->unknown_messages, 0);
	books_balance();
}

Test(bpf_traffic, lengths_that_cannot_be_are_counted_as_unknown_messages)
{
	struct mmsghdr messages[2] = { { .msg_len = 0xffffffff }, { .msg_len = 103 } };
	struct mmsghdr *many = calloc(1000, sizeof(*many));

	call(SENDMMSG, UDP_FD, (uintptr_t)messages, 2, 0, 2);
	eq(record->value[TX(UDP)], 103);
	eq(host_cpu(0)->unknown_messages, 1);
	call(SENDMMSG, UDP_FD, 64, 5, 0, 5); /* unreadable */
	eq(record->value[TX(UDP)], 103);
	eq(host_cpu(0)->unknown_messages, 6);
	for (int i = 0; i < 1000; i++)
		many[i].msg_len = 7;
	call(SENDMMSG, UDP_FD, (uintptr_t)many, 1000, 0, 1000); /* more than are looked at */
	eq(record->value[TX(UDP)], 103 + 128 * 7);
	eq(host_cpu(0)->unknown_messages, 6 + 1000 - 128);
	books_balance();
	free(many);
}

/* ---- AIO ---------------------------------------------------------------------------------------------------------- */

static struct io_event event_of(struct iocb *request, uint16_t operation, uint32_t descriptor, long result)
{
	*request = (struct iocb){ .aio_lio_opcode = operation, .aio_fildes = descriptor };
	return (struct io_event){ .obj = (uintptr_t)request, .res = result };
}

Test(bpf_traffic, completions_of_aio_are_counted_by_their_requests)
{
	for (unsigned int cast = 0; cast < 2; cast++) {
		struct iocb requests[9];
		struct io_event events[] = {
			event_of(&requests[0], IOCB_CMD_PREAD, FILE_FD, 101),
			event_of(&requests[1], IOCB_CMD_PWRITE, FILE_FD, 103),
			event_of(&requests[2], IOCB_CMD_PREADV, TCP_FD, 107),
			event_of(&requests[3], IOCB_CMD_PWRITEV, UNIX_FD, 109),
			event_of(&requests[4], IOCB_CMD_PWRITE, PIPE_FD, 113),
			event_of(&requests[5], IOCB_CMD_PREAD, FILE_FD, -5),
			event_of(&requests[6], IOCB_CMD_FSYNC, FILE_FD, 0),
			event_of(&requests[7], IOCB_CMD_POLL, TCP_FD, 1),
			event_of(&requests[8], IOCB_CMD_PREAD, FILE_FD, 0),
		};

		restart(false, cast);
		call(IO_GETEVENTS, 0, 0, 9, (uintptr_t)events, 9);
		eq(record->value[V_FILE_READ], 101);
		eq(record->value[V_FILE_WRITTEN], 103);
		eq(NARROW(FILE_READS), 2);
		eq(NARROW(FILE_WRITES), 1);
		eq(record->value[RX(TCP)], 107);
		eq(record->value[TX(UNIX)], 109);
		eq(sum_of_bytes(), 101 + 103 + 107 + 109);
		eq(host_cpu(0)->unknown_messages, 0);
		eq(host_cpu(0)->unknown_bytes, 0);
		books_balance();
	}
}

Test(bpf_traffic, completions_of_aio_that_say_nothing_are_told_as_unknown)
{
	struct iocb request;
	struct io_event events[3] = { event_of(&request, IOCB_CMD_PREAD, CLOSED_FD, 101),
				      event_of(&request, IOCB_CMD_PREAD, CLOSED_FD, 1L << 40) };
	struct io_event *many = calloc(1000, sizeof(*many));

	call(IO_GETEVENTS, 0, 0, 3, (uintptr_t)events, 3); /* the third has no request */
	eq(host_cpu(0)->unknown_bytes, 101);
	eq(host_cpu(0)->unknown_messages, 2);
	call(IO_GETEVENTS, 0, 0, 5, 64, 5); /* unreadable */
	call(IO_GETEVENTS, 0, 0, 5, 64, 0);
	call(IO_GETEVENTS, 0, 0, 5, 64, -4);
	eq(host_cpu(0)->unknown_messages, 7);
	for (int i = 0; i < 1000; i++)
		many[i] = event_of(&request, IOCB_CMD_PREAD, FILE_FD, 7);
	call(IO_GETEVENTS, 0, 0, 1000, (uintptr_t)many, 1000); /* more than are looked at */
	eq(record->value[V_FILE_READ], 128 * 7);
	eq(host_cpu(0)->unknown_messages, 7 + 1000 - 128);
	books_balance();
	free(many);
}

Test(bpf_traffic, bytes_of_a_descriptor_that_is_gone_are_unknown)
{
	for (unsigned int cast = 0; cast < 2; cast++) {
		restart(false, cast);
		call(READ, CLOSED_FD, 0, 0, 0, 101);
		call(WRITE, 16, 0, 0, 0, 103); /* beyond the table */
		call(RECVFROM, 0xffffffff, 0, 0, 0, 107);
		call(SENDFILE, CLOSED_FD, FILE_FD, 0, 0, 109);
		eq(host_cpu(0)->unknown_bytes, 101 + 103 + 107 + 109);
		eq(sum_of_bytes(), 109);
		books_balance();
	}
}

Test(bpf_traffic, the_preemptible_program_counts_the_same)
{
	struct mmsghdr messages[1] = { { .msg_len = 101 } };

	host_task_set_arguments(task, FILE_FD, 0, 0);
	host_sys_exit_tracepoint(SENDFILE, UDP_FD, 103);
	host_sys_exit_tracepoint(READ, UNIX_FD, 107);
	host_task_set_arguments(task, (uintptr_t)messages, 1, 0);
	host_sys_exit_tracepoint(SENDMMSG, UDP_FD, 1);
	host_sys_exit_tracepoint(READ, CLOSED_FD, 109);
	eq(record->value[V_FILE_READ], 103);
	eq(record->value[TX(UDP)], 103 + 101);
	eq(record->value[RX(UNIX)], 107);
	eq(host_cpu(0)->unknown_bytes, 109);
	books_balance();
}

/* ---- profile full ------------------------------------------------------------------------------------------------- */

Test(bpf_traffic, where_the_hooks_are_the_end_of_a_call_counts_no_socket_again)
{
	struct mmsghdr messages[1] = { { .msg_len = 101 } };

	restart(true, true);
	call(READ, TCP_FD, 0, 0, 0, 11);
	call(SENDTO, UDP_FD, 0, 0, 0, 17);
	call(SENDMMSG, UDP_FD, (uintptr_t)messages, 1, 0, 1);
	call(SPLICE, PIPE_FD, 0, TCP_FD, 0, 19);
	call(SPLICE, UDP_FD, 0, PIPE_FD, 0, 23); /* read by the file system layer, past the hook */
	eq(sum_of_bytes(), 0);
	call(SENDFILE, TCP_FD, FILE_FD, 0, 0, 29);
	eq(sum_of_bytes(), 29);
	call(SPLICE, TCP_FD, 0, PIPE_FD, 0, 31); /* by the protocol itself, which no hook sees */
	eq(record->value[RX(TCP)], 31);
	eq(record->value[CALL(NETWORK)], 3);
	books_balance();
}

Test(bpf_traffic, the_hooks_count_each_message_by_protocol)
{
	uint32_t seq = record->seq;

	host_sock_length(true, AF_INET, SOCK_STREAM, 6, 11, 0);
	host_sock_length(true, AF_INET, SOCK_STREAM, 262, 13, 0); /* MPTCP */
	host_sock_length(false, AF_INET6, SOCK_DGRAM, 17, 17, 0);
	host_sock_length(false, AF_UNIX, SOCK_DGRAM, 0, 19, 0);
	host_sock_length(true, AF_NETLINK, SOCK_RAW, 6, 23, 0);
	host_sock_length_tracepoint(true, AF_INET, SOCK_STREAM, 6, 29, 0);
	host_sock_length_tracepoint(false, AF_INET, SOCK_RAW, 17, 31, 0);
	eq(record->value[TX(TCP)], 11 + 13 + 29);
	eq(record->value[RX(UDP)], 17);
	eq(record->value[RX(UNIX)], 19);
	eq(record->value[TX(OTHER)], 23);
	eq(record->value[RX(OTHER)], 31);
	/* the reader finds what is new without a call or a switch */
	eq(record->seq - seq, 7 * 2);
	eq(record->calls, 0);
	books_balance();
}

Test(bpf_traffic, a_hook_counts_no_failure_and_no_peek)
{
	host_sock_length(true, AF_INET, SOCK_STREAM, 6, -11, 0);
	host_sock_length(false, AF_INET, SOCK_STREAM, 6, 0, 0);
	host_sock_length(false, AF_INET, SOCK_STREAM, 6, 11, MSG_PEEK);
	host_sock_length_tracepoint(false, AF_INET, SOCK_STREAM, 6, 11, MSG_ERRQUEUE);
	eq(sum_of_bytes(), 0);
	books_balance();
}

Test(bpf_traffic, a_hook_does_not_count_for_a_stale_slot)
{
	struct host_task *other = host_task_new(NULL, 103, AFTER, CGROUP_A, "other");
	struct record *mine = record;

	host_leave(task, false, HOST_RUNNING, other);
	record = host_record(host_cpu(0)->slot);
	host_switch_unseen(task);
	host_sock_length(true, AF_UNIX, SOCK_STREAM, 0, 11, 0);
	eq(sum_of_bytes(), 0);
	eq(mine->value[TX(UNIX)], 11);
	host_task_free(other);
}

/* ---- io_uring ----------------------------------------------------------------------------------------------------- */

#define OP_WRITEV 2
#define OP_SENDMSG 9
#define OP_OPENAT 18
#define OP_CLOSE 19
#define OP_READ 22
#define OP_WRITE 23
#define OP_RECV 27
#define OP_SPLICE 30

Test(bpf_traffic, requests_of_io_uring_are_counted_by_their_file)
{
	for (unsigned int told = URING_REQUEST; told <= URING_ENTRY; told++) {
		config.uring = told;
		restart(false, true);
		host_uring_complete(OP_READ, FILE_FD, 0, 101);
		host_uring_complete(OP_WRITEV, FILE_FD, 0, 103);
		host_uring_complete(OP_WRITE, PIPE_FD, 0, 107);
		host_uring_complete(OP_SENDMSG, UDP_FD, 0, 109);
		host_uring_complete(OP_READ, TCP_FD, 0, 113);
		host_uring_complete(OP_RECV, TCP_FD, MSG_PEEK, 127);
		host_uring_complete(OP_RECV, TCP_FD, MSG_WAITALL, 131);
		host_uring_complete(OP_OPENAT, CLOSED_FD, 0, 5);
		host_uring_complete(OP_OPENAT, CLOSED_FD, 0, -2);
		host_uring_complete(OP_OPENAT, CLOSED_FD, 0, 0); /* a descriptor too */
		host_uring_complete(OP_CLOSE, CLOSED_FD, 0, 0);
		host_uring_complete(OP_CLOSE, CLOSED_FD, 0, -9);
		host_uring_complete(OP_READ, FILE_FD, 0, -11);
		eq(record->value[V_FILE_READ], 101);
		eq(record->value[V_FILE_WRITTEN], 103);
		eq(NARROW(FILE_READS), 1);
		eq(NARROW(FILE_WRITES), 1);
		eq(NARROW(FILE_OPENS), 2);
		eq(NARROW(FILE_OPEN_FAILURES), 1);
		eq(NARROW(FILE_CLOSES), 1);
		eq(record->value[TX(UDP)], 109);
		eq(record->value[RX(TCP)], 113 + 131);
		eq(host_cpu(0)->unknown_uring, 0);
		books_balance();
	}
}

Test(bpf_traffic, sockets_of_io_uring_are_the_hooks_where_they_are)
{
	restart(true, true);
	host_uring_complete(OP_SENDMSG, UDP_FD, 0, 109);
	host_uring_complete(OP_READ, TCP_FD, 0, 113);
	host_uring_complete(HOST_URING_UNTOLD, TCP_FD, HOST_URING_BUFFER,
			    113); /* of a receive that goes on */
	eq(sum_of_bytes(), 0);
	eq(host_cpu(0)->unknown_uring, 0);
	host_uring_complete(OP_WRITE, FILE_FD, 0, 127);
	eq(sum_of_bytes(), 127);
	books_balance();
}

Test(bpf_traffic, requests_that_do_not_tell_are_counted_as_unknown)
{
	host_uring_complete(OP_SPLICE, FILE_FD, 0, 101);
	host_uring_complete(HOST_URING_UNTOLD, TCP_FD, HOST_URING_BUFFER, 103);
	host_uring_complete(HOST_URING_UNTOLD, TCP_FD, 0, 7); /* of accept or poll */
	eq(host_cpu(0)->unknown_uring, 2);
	host_uring_overflow(107);
	host_uring_overflow(-11);
	host_uring_overflow(0);
	eq(host_cpu(0)->unknown_uring, 3);
	config.uring = URING_RESULT;
	restart(false, false);
	host_uring_complete(OP_READ, FILE_FD, 0, 101);
	host_uring_complete(OP_READ, FILE_FD, 0, 0);
	host_uring_complete(OP_READ, FILE_FD, 0, -11);
	eq(host_cpu(0)->unknown_uring, 1);
	eq(sum_of_bytes(), 0);
	books_balance();
}

Test(bpf_traffic, what_a_kernel_thread_ends_for_a_ring_is_not_its_own)
{
	struct host_task *worker = host_task_new(NULL, 103, AFTER, CGROUP_A, "kworker/0:1");

	host_task_set_kernel_thread(worker);
	host_task_set_descriptor(worker, FILE_FD, HOST_FILE);
	host_leave(task, false, HOST_RUNNING, worker);
	record = host_record(host_cpu(0)->slot);
	host_uring_complete(OP_READ, FILE_FD, 0, 101);
	eq(sum_of_bytes(), 0);
	eq(host_cpu(0)->unknown_uring, 1);
	host_task_free(worker);
}
