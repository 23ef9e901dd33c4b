/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/networks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "collect/address_reader.h"
#include "read/network_files.h"
#include "read/protocol_files.h"

#define PROCS_CAPACITY 4096 /* the oldest processes of a cgroup come first, or nearly so */
#define DEPTH_MAX 4 /* below a container's cgroup: where one with systemd inside keeps its processes */
#define FOLDERS_MAX 64

struct networks {
	struct networks_settings settings;
	uint64_t host_inode;
	const char *host_reason;
	bool hidden, denied, malformed; /* met since the start */
	struct address_reader *address_reader;
	char *buffer; /* NETWORK_FILES_CAPACITY */
	struct network_device devices[NETWORK_DEVICES_MAX];
};

int networks_new(const struct networks_settings *settings, struct networks **ret_networks)
{
	struct networks *networks = calloc(1, sizeof(*networks));
	int host, error;

	if (!networks)
		return -ENOMEM;
	networks->settings = *settings;
	networks->buffer = malloc(NETWORK_FILES_CAPACITY);
	if (!networks->buffer) {
		networks_free(networks);
		return -ENOMEM;
	}
	host = network_files_host_inode(settings->paths->procfs, &networks->host_inode);
	if (host > 0)
		networks->host_reason = "not in the host's pid namespace, or may not look at its processes";
	else if (host < 0)
		networks->host_reason = strerrordesc_np(-host);
	error = address_reader_new(settings->paths, settings->model, host == 0 ? networks->host_inode : 0,
				   &networks->address_reader);
	if (error) {
		networks_free(networks);
		return error;
	}
	*ret_networks = networks;
	return 0;
}

void networks_free(struct networks *networks)
{
	if (!networks)
		return;
	address_reader_free(networks->address_reader);
	free(networks->buffer);
	free(networks);
}

const char *networks_reason(const struct networks *networks)
{
	if (networks->host_reason)
		return networks->host_reason;
	if (networks->hidden)
		return "processes of containers cannot be seen from this pid namespace";
	if (networks->denied)
		return "may not look at processes of containers: no CAP_SYS_PTRACE";
	if (networks->malformed)
		return "net/dev is not as expected";
	return "";
}

static uint32_t find_pid(struct networks *networks, int dir_fd, unsigned int depth, unsigned int *folders)
{
	_cleanup_(cleanup_close) int fd = -1;
	char text[PROCS_CAPACITY];
	struct dirent *entry;
	uint32_t pid = 0;
	DIR *directory;

	if (file_read_at(dir_fd, "cgroup.procs", text, sizeof(text)) > 0) {
		pid = network_files_first_pid(text);
		networks->hidden |= !pid;
		return pid;
	}
	if (depth == DEPTH_MAX)
		return 0;
	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return 0;
	fd = -1;
	while (!pid && *folders < FOLDERS_MAX && (entry = readdir(directory))) {
		_cleanup_(cleanup_close) int below = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		(*folders)++;
		below = openat(dirfd(directory), entry->d_name,
			       O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (below >= 0)
			pid = find_pid(networks, below, depth + 1, folders);
	}
	closedir(directory);
	return pid;
}

/* A process of the container by its cgroup (what a runtime said may be another's pid by now). Only containers may keep all of theirs
 * further below. */
static uint32_t choose_pid(struct networks *networks, const struct cgroup *cgroup)
{
	const struct cgroupfs *cgroupfs = networks->settings.cgroupfs;
	int root_fd = cgroup->id & CGROUP_V1 ? cgroupfs->v1_fd[CONTROLLER_CPU] : cgroupfs->v2_fd;
	_cleanup_(cleanup_close) int dir_fd = cgroupfs_open_directory(root_fd, cgroup->path);
	unsigned int folders = 0;

	if (dir_fd < 0)
		return 0;
	return find_pid(networks, dir_fd, cgroup->identity->kind == IDENTITY_CONTAINER ? 0 : DEPTH_MAX,
			&folders);
}

/* The namespace of the process that was asked last, or of another when that one ended. */
static int find_inode(struct networks *networks, struct networks_link *link, const struct cgroup *cgroup,
		      uint64_t *ret_inode)
{
	const char *procfs = networks->settings.paths->procfs;
	uint64_t inode;

	if (link->pid && network_files_inode(procfs, link->pid, &inode) == 0 &&
	    inode == (link->network ? link->network->inode : networks->host_inode)) {
		*ret_inode = inode;
		return 0;
	}
	link->pid = choose_pid(networks, cgroup);
	return link->pid ? network_files_inode(procfs, link->pid, ret_inode) : -ESRCH;
}

static int read_protocols(struct networks *networks, const struct networks_link *link, bool born,
			  uint64_t realtime_ns)
{
	const char *procfs = networks->settings.paths->procfs;
	uint64_t total[PROTOCOL_TOTALS], inode;
	int error = protocol_files_read(procfs, link->pid, networks->buffer, total);

	if (error)
		return error;
	/* the process may have moved, or its pid may be another's by now */
	if (network_files_inode(procfs, link->pid, &inode) || inode != link->network->inode)
		return -ESRCH;
	network_count_protocols(networks->settings.model, link->network, born, total, realtime_ns);
	return 0;
}

static int read_devices(struct networks *networks, const struct networks_link *link,
			const struct cgroup *cgroup, bool born, uint64_t now_ns, uint64_t realtime_ns)
{
	const char *procfs = networks->settings.paths->procfs;
	uint32_t left_out = 0;
	uint64_t inode;
	int count = network_files_read(procfs, link->pid, networks->buffer, networks->devices, &left_out);

	if (count < 0)
		return count;
	/* the process may have moved, or its pid may be another's by now */
	if (network_files_inode(procfs, link->pid, &inode) || inode != link->network->inode)
		return -ESRCH;
	count = network_count(networks->settings.model, link->network, cgroup->container, born,
			      networks->devices, (size_t)count, left_out, now_ns, realtime_ns);
	return count ?: read_protocols(networks, link, born, realtime_ns);
}

void networks_leave(struct networks_link *link, const struct cgroup *cgroup, uint64_t now_ns)
{
	network_release(link->network, cgroup, now_ns);
	*link = (struct networks_link){};
}

bool networks_read(struct networks *networks, struct networks_link *link, struct cgroup *cgroup, bool born,
		   uint64_t now_ns, uint64_t realtime_ns)
{
	bool first = !link->looked;
	uint64_t inode;
	int error;

	if (!cgroup->identity || cgroup->identity->kind == IDENTITY_POD ||
	    cgroup->identity->kind == IDENTITY_SLICE)
		return false;
	error = find_inode(networks, link, cgroup, &inode);
	networks->denied |= error == -EACCES || error == -EPERM;
	if (error)
		return false;
	link->looked = true;
	if (link->network && link->network->inode != inode) {
		network_release(link->network, cgroup, now_ns);
		link->network = NULL;
	}
	if (inode == networks->host_inode) {
		if (first && born)
			return true;
		cgroup->container->network = CONTAINER_NETWORK_HOST;
		return false;
	}
	cgroup->container->network = CONTAINER_NETWORK_OWN;
	link->network = link->network ?: network_use(networks->settings.model, inode, cgroup);
	if (!link->network)
		return false;
	link->network->pid = link->pid;
	if (link->network->read_ns && now_ns - link->network->read_ns < networks->settings.interval_ns / 2)
		return false;
	if (!link->network->read_ns && link->network->users == 1 && born)
		link->network->since_ns = now_ns;
	error = read_devices(networks, link, cgroup, born, now_ns, realtime_ns);
	networks->malformed |= error == -EINVAL;
	return false;
}

static const uint32_t host_pids[] = { 1, 2 }; /* the latter is kthreadd */

/* 0: none can be seen. */
static uint32_t find_host_pid(const struct networks *networks)
{
	uint64_t inode;

	for (size_t i = 0; i < sizeof(host_pids) / sizeof(host_pids[0]); i++)
		if (network_files_inode(networks->settings.paths->procfs, host_pids[i], &inode) == 0 &&
		    inode == networks->host_inode)
			return host_pids[i];
	return 0;
}

void networks_read_host_protocols(struct networks *networks)
{
	uint32_t pid = find_host_pid(networks);
	uint64_t total[PROTOCOL_TOTALS];

	if (pid && protocol_files_read(networks->settings.paths->procfs, pid, networks->buffer, total) == 0)
		network_count_host_protocols(networks->settings.model, total);
}

void networks_read_host(struct networks *networks)
{
	struct model *model = networks->settings.model;
	uint32_t pid = find_host_pid(networks), left_out;
	struct network_device *devices;
	int count = 0;

	if (pid)
		count = network_files_read(networks->settings.paths->procfs, pid, networks->buffer,
					   networks->devices, &left_out);
	model->host_device_count = 0;
	if (count <= 0)
		return;
	devices = reallocarray(model->host_devices, (size_t)count, sizeof(*devices));
	if (!devices)
		return;
	memcpy(devices, networks->devices, (size_t)count * sizeof(*devices));
	model->host_devices = devices;
	model->host_device_count = (size_t)count;
}

void networks_want_addresses(struct networks *networks, uint64_t now_ns)
{
	address_reader_want(networks->address_reader, find_host_pid(networks), now_ns);
}

void networks_read_addresses(struct networks *networks, uint64_t now_ns)
{
	address_reader_turn(networks->address_reader, find_host_pid(networks), now_ns);
}
