/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Load generators for tests that expect exact counts. Counted work is done by direct system calls; a subcommand
 * gathers its report in memory and workload.c writes it with one write(2) after the work. So the difference
 * between a run with N and a run with 0 is exactly N times the work. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The path of this program, for those who execute it again. */
extern char self_path[4096];

/* Adds "key=value\n" to the report. */
void report(const char *key, uint64_t value);

/* Writes what the report holds so far. */
void report_flush(void);

/* Ends the program with a message and status 1, or with status 2 for wrong arguments. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void fail_usage(const char *format, ...);

uint64_t parse_number(const char *text);
uint64_t now_ns(void);
uint64_t own_cpu_ns(void); /* of the calling thread */
void sleep_ns(uint64_t duration_ns);

/* User and system time of getrusage(). */
uint64_t usage_cpu_ns(const struct rusage *usage);

/* fork() and wait() by direct system calls. child_wait() returns the wait status. */
pid_t child_fork(void);
__attribute__((noreturn)) void child_exit(int status);
int child_wait(pid_t pid);

/* Uses `cpu_ns` of the calling thread's CPU time, without a clock call per turn. */
void burn_cpu(uint64_t cpu_ns);

/* Subcommands: `args` are the words after the subcommand's name, ended by NULL. */
typedef void command_function(char **args);

/* calls.c */
command_function command_calls, command_errors, command_faults, command_hold, command_files;
command_function command_spin, command_spin_forever;
/* processes.c */
command_function command_forks, command_exits, command_execs, command_threads;
command_function command_short, command_processes, command_storm;
/* waits.c */
command_function command_sleep, command_poll, command_futex, command_pipe, command_socket, command_switches;
/* transfers.c */
command_function command_transfer;
/* A new file without a name, opened by one call. */
int temporary_file(void);
/* odd_transfers.c */
command_function command_odd_transfer;
/* races.c */
command_function command_races;
/* sockets.c */
command_function command_source, command_sink, command_proxy;
/* Two connected sockets on loopback: what is sent to the second comes out of the first. Closes nothing. */
void inet_pair(int type, bool v6, int ret_fds[2]);
/* One write or read of a file, or send or receive of a socket, by io_uring; as the call returns it. */
long uring_transfer(bool write, bool socket, int fd, void *memory, size_t bytes);
/* The same of openat to read, and of close. */
long uring_open(const char *path);
long uring_close(int fd);
/* So many writes to a file, of whose completions the ring holds only a part at first. */
void uring_overflow(int fd, void *memory, size_t bytes, unsigned int count);
/* tcp.c */
command_function command_tcp_serve, command_tcp_proxy, command_tcp_connect, command_tcp_ignore;
/* The address and port that the first two words are; its size. */
socklen_t parse_address(char **args, struct sockaddr_storage *ret_address);
/* udp.c */
command_function command_udp_ignore, command_udp_send;
/* place.c */
command_function command_rename, command_move;
