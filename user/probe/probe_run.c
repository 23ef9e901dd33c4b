/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are no hooks: run when the reader asks. */
#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "probe/probe_state.h"

int probe_iterate(const struct probe *probe, enum probe_program iterator)
{
	int fd;

	if (!probe->link[iterator])
		return -ENOENT;
	fd = bpf_iter_create(bpf_link__fd(probe->link[iterator]));
	return fd < 0 ? -errno : fd;
}

int probe_survey(struct probe *probe, enum probe_program iterator)
{
	int fd = probe_iterate(probe, iterator);
	char nothing[64];
	ssize_t size;

	if (fd < 0)
		return fd;
	do
		size = read(fd, nothing, sizeof(nothing));
	while (size > 0 || (size < 0 && errno == EAGAIN));
	close(fd);
	return size < 0 ? -errno : 0;
}

int probe_give(struct probe *probe)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	int fd = probe_program_fd(probe, PROBE_give);

	return fd < 0 ? fd : bpf_prog_test_run_opts(fd, &options);
}

int probe_poke(struct probe *probe, uint32_t cpu)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
	int fd = probe_program_fd(probe, PROBE_poke);

	return fd < 0 ? fd : bpf_prog_test_run_opts(fd, &options);
}
