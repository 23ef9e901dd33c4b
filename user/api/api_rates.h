/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Rates of what series.h does not keep: system calls by number, disks, the machine's network interfaces. Over the last tick, like
 * those of series; NAN where they are not known. */
#include "api/json.h"
#include "model/disk_device.h"
#include "model/network.h"

struct api_rates;

int api_rates_new(struct api_rates **ret_rates);
/* NULL is allowed. */
void api_rates_free(struct api_rates *rates);
/* After each tick, which lasted `interval_ns` (0: it was the first). `has_devices`: somebody looks at disks and interfaces. */
void api_rates_tick(struct api_rates *rates, const struct model *model, uint64_t interval_ns,
		    bool has_devices);

/* Writes the member "..._per_second" of a row of metrics.def about network devices: "network_receive" in bytes is
 * "receive_bytes_per_second". */
void api_rates_add_device(struct json *json, const struct metric *metric, double per_second);

/* `rates` may be NULL in all of these. */
double api_rates_call(const struct api_rates *rates, unsigned int number);
double api_rates_error(const struct api_rates *rates, unsigned int number);

struct api_disk_rates {
	double read_bytes, written_bytes, operations; /* per second */
	double p50_seconds, p99_seconds;              /* of the operations of the last tick */
};
struct api_disk_rates api_rates_disk(const struct api_rates *rates, const struct disk_device *device);
/* `value`: index from V_NETDEV_RECEIVE on. */
double api_rates_interface(const struct api_rates *rates, const struct network_device *device,
			   unsigned int value);
