/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Which network namespaces are joined to our own. A namespace gives another one a number (nsid) once a device went from one to the other,
 * or is a pair with one there (peernet2id_alloc() in net/core/net_namespace.c): a veth, a macvlan, a device that was moved. One
 * that has none, as that of a rootless container with a tun device, can have addresses that our machine does not reach.
 */
#include <stdint.h>

/* A socket for network_id_is_known(), or negative errno. */
int network_id_open(void);
/* Does our namespace have a number for that with this inode, which process `pid` of <procfs> is in? The kernel takes no lock for that and
 * asks for no privilege. 0 or 1; -ESRCH when the process is gone or in another one; or other negative errno. */
int network_id_is_known(int socket_fd, const char *procfs, uint32_t pid, uint64_t inode);
