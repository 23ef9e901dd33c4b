/* SPDX-License-Identifier: Apache-2.0 */
#include "read/network_id.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define PATH_SIZE 4096

struct question {
	struct nlmsghdr header;
	struct rtgenmsg family;
	struct rtattr attribute __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t fd;
};

int network_id_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

static int parse(struct nlmsghdr *header, unsigned int size)
{
	const struct rtattr *attribute;
	int left;

	if (!NLMSG_OK(header, size))
		return -EPROTO;
	if (header->nlmsg_type == NLMSG_ERROR && NLMSG_PAYLOAD(header, 0) >= sizeof(struct nlmsgerr))
		return ((const struct nlmsgerr *)NLMSG_DATA(header))->error ?: -EPROTO;
	left = (int)NLMSG_PAYLOAD(header, NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	attribute = (const struct rtattr *)((const char *)NLMSG_DATA(header) +
					    NLMSG_ALIGN(sizeof(struct rtgenmsg)));
	for (; header->nlmsg_type == RTM_NEWNSID && RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == NETNSA_NSID && RTA_PAYLOAD(attribute) == sizeof(int32_t))
			return *(const int32_t *)RTA_DATA(attribute) != NETNSA_NSID_NOT_ASSIGNED;
	return -EPROTO;
}

static int ask(int socket_fd, int network_fd)
{
	const struct question question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = RTM_GETNSID,
			    .nlmsg_flags = NLM_F_REQUEST },
		.family.rtgen_family = AF_UNSPEC,
		.attribute = { RTA_LENGTH(sizeof(question.fd)), NETNSA_FD },
		.fd = (uint32_t)network_fd,
	};
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} answer;
	ssize_t size;

	if (send(socket_fd, &question, sizeof(question), 0) < 0)
		return -errno;
	/* it is there when send() returns */
	size = recv(socket_fd, &answer, sizeof(answer), 0);
	return size < 0 ? -errno : parse(&answer.header, (unsigned int)size);
}

int network_id_is_known(int socket_fd, const char *procfs, uint32_t pid, uint64_t inode)
{
	_cleanup_(cleanup_close) int network_fd = -1;
	char path[PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%u/ns/net", procfs, pid);
	network_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (network_fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	if (fstat(network_fd, &status) < 0)
		return -errno;
	return status.st_ino == inode ? ask(socket_fd, network_fd) : -ESRCH;
}
