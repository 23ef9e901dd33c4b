/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/address_reader.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "model/network.h"
#include "read/address_files.h"
#include "read/network_id.h"

#define WANTED_NS (60 * NS_PER_S)
#define INTERVAL_NS (10 * NS_PER_S)
#define PER_TURN 32 /* 1,280 in 10 s; some 80 us each */
#define AT_ONCE 128 /* some 10 ms */

struct address_reader {
	const struct paths *paths;
	struct model *model;
	uint64_t host_inode;
	bool is_inside; /* ktally itself is in the host's namespace */
	uint64_t wanted_until_ns;
	char *buffer;              /* NETWORK_FILES_CAPACITY */
	struct address_list *list; /* for the one that is read */
};

int address_reader_new(const struct paths *paths, struct model *model, uint64_t host_inode,
		       struct address_reader **ret_reader)
{
	struct address_reader *reader = calloc(1, sizeof(*reader));
	uint64_t inode;

	if (!reader)
		return -ENOMEM;
	reader->paths = paths;
	reader->model = model;
	reader->host_inode = host_inode;
	reader->is_inside = host_inode && network_files_own_inode(paths->procfs, &inode) == 0 &&
			    inode == host_inode;
	reader->buffer = malloc(NETWORK_FILES_CAPACITY);
	reader->list = malloc(sizeof(*reader->list));
	if (!reader->buffer || !reader->list) {
		address_reader_free(reader);
		return -ENOMEM;
	}
	*ret_reader = reader;
	return 0;
}

void address_reader_free(struct address_reader *reader)
{
	if (!reader)
		return;
	free(reader->list);
	free(reader->buffer);
	free(reader);
}

static bool is_due(const struct addresses *addresses, uint64_t now_ns)
{
	return !addresses->read_ns || now_ns - addresses->read_ns >= INTERVAL_NS;
}

/* Those of the namespace with this inode, by a process that should be in it. One that moved, or whose pid is another's by now, tells
 * nothing: they stay as they were. */
static void read_one(struct address_reader *reader, int socket_fd, uint32_t pid, uint64_t inode,
		     struct addresses *addresses, uint64_t now_ns)
{
	const char *procfs = reader->paths->procfs;
	bool is_host = inode == reader->host_inode;
	int is_known = reader->is_inside && !is_host ? network_id_is_known(socket_fd, procfs, pid, inode) :
						       is_host;
	uint64_t inode_then;

	addresses->read_ns = now_ns;
	if (address_files_read(procfs, pid, is_host, reader->buffer, reader->list) ||
	    network_files_inode(procfs, pid, &inode_then) || inode_then != inode)
		return;
	addresses->is_attached = is_known > 0;
	addresses_set(reader->model, addresses, reader->list);
}

static void read_due(struct address_reader *reader, uint32_t host_pid, unsigned int most, uint64_t now_ns)
{
	_cleanup_(cleanup_close) int socket_fd = -1;
	struct model *model = reader->model;

	/* of its own each time: no answer is taken for that to another question */
	if (reader->is_inside)
		socket_fd = network_id_open();
	if (host_pid && reader->host_inode && is_due(&model->host_addresses, now_ns)) {
		read_one(reader, socket_fd, host_pid, reader->host_inode, &model->host_addresses, now_ns);
		most--;
	}
	for (struct network *network = model->networks; network && most; network = network->hh.next) {
		if (!network->users || !network->pid || !is_due(&network->addresses, now_ns))
			continue;
		read_one(reader, socket_fd, network->pid, network->inode, &network->addresses, now_ns);
		most--;
	}
}

void address_reader_want(struct address_reader *reader, uint32_t host_pid, uint64_t now_ns)
{
	bool is_first = now_ns >= reader->wanted_until_ns;

	reader->wanted_until_ns = now_ns + WANTED_NS;
	if (is_first)
		read_due(reader, host_pid, AT_ONCE, now_ns);
}

void address_reader_turn(struct address_reader *reader, uint32_t host_pid, uint64_t now_ns)
{
	if (now_ns < reader->wanted_until_ns)
		read_due(reader, host_pid, PER_TURN, now_ns);
}
