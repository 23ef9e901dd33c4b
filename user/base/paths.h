/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where the kernel's file systems are: options, so that a container can mount the host's elsewhere and tests can
 * bring their own. None ends with a slash. */
struct paths {
	const char *procfs;   /* /proc */
	const char *sysfs;    /* /sys */
	const char *cgroupfs; /* /sys/fs/cgroup */
};
