/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Network namespaces by procfs: which one a process is in, and the devices in it.
 *
 * PROC/<pid>/net/dev is opened, read and closed each time. An open descriptor of it would keep the namespace alive after its
 * last process (seq_open_net() takes a reference), and with it the pod's addresses and devices.
 */
#include <stdint.h>

#include "model/network.h"

/* Bytes of net/dev that are read: NETWORK_DEVICES_MAX lines of any length. What is behind counts as one device left out. */
#define NETWORK_FILES_CAPACITY (192 * 1024)

/* Inode of the namespace that process `pid` of <procfs> is in. 0, -ESRCH when it is gone, -EACCES, or other negative errno. */
int network_files_inode(const char *procfs, uint32_t pid, uint64_t *ret_inode);

/* The same of ktally itself. */
int network_files_own_inode(const char *procfs, uint64_t *ret_inode);

/*
 * Inode of the host's namespace: that of kthreadd, for kernel threads live in init_net; else that of process 1; else our own.
 * 0 when it is the host's for sure; 1 when it is only likely, for we are not in the host's pid namespace or may not look at process 1;
 * or negative errno.
 */
int network_files_host_inode(const char *procfs, uint64_t *ret_inode);

/*
 * Reads the devices of the namespace that `pid` is in, `lo` left out; at most NETWORK_DEVICES_MAX of them into `devices`, the number
 * of others into *ret_left_out. `buffer` of NETWORK_FILES_CAPACITY is for the text.
 * The number of devices; -ESRCH when the process is gone; -EINVAL when the file is not as expected, then nothing of it is taken.
 */
int network_files_read(const char *procfs, uint32_t pid, char *buffer, struct network_device *devices,
		       uint32_t *ret_left_out);

/* The same for the NUL-terminated text of the file. */
int network_files_parse(const char *text, struct network_device *devices, uint32_t *ret_left_out);

/* The lowest pid, which is most likely the first, in the text of a cgroup.procs file: a pid a line. 0 when there is none that can
 * be seen from here (pids of other pid namespaces are 0). */
uint32_t network_files_first_pid(const char *text);
