/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_rates.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATIONS DIMENSION_WIDTH(operation)

struct disk_rates {
	UT_hash_handle hh; /* by name, as the next */
	char name[DISK_NAME_SIZE];
	bool has_rates;
	uint64_t bytes[OPERATIONS], bytes_growth[OPERATIONS];
	uint64_t bucket[HISTOGRAM_BUCKETS], growth[HISTOGRAM_BUCKETS]; /* of all operations */
};

struct interface_rates {
	UT_hash_handle hh;
	char name[NETWORK_NAME_SIZE];
	bool has_rates;
	uint64_t value[NETDEV_VALUES], growth[NETDEV_VALUES];
};

struct api_rates {
	uint64_t interval_ns;
	bool had_devices;
	uint64_t calls[SYSCALL_NUMBERS], call_growth[SYSCALL_NUMBERS];
	uint64_t errors[ERRNO_NUMBERS], error_growth[ERRNO_NUMBERS];
	struct disk_rates *disks;
	struct interface_rates *interfaces;
};

int api_rates_new(struct api_rates **ret_rates)
{
	*ret_rates = calloc(1, sizeof(**ret_rates));
	return *ret_rates ? 0 : -ENOMEM;
}

static void forget_devices(struct api_rates *rates)
{
	struct disk_rates *disk, *next_disk;
	struct interface_rates *interface, *next_interface;

	HASH_ITER(hh, rates->disks, disk, next_disk) {
		HASH_DEL(rates->disks, disk);
		free(disk);
	}
	HASH_ITER(hh, rates->interfaces, interface, next_interface) {
		HASH_DEL(rates->interfaces, interface);
		free(interface);
	}
}

void api_rates_free(struct api_rates *rates)
{
	if (rates)
		forget_devices(rates);
	free(rates);
}

/* What the counters grew by since they were last here; those that fell are others of the same name. */
static void take_growth(const uint64_t *now, uint64_t *last, uint64_t *growth, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		growth[i] = now[i] > last[i] ? now[i] - last[i] : 0;
		last[i] = now[i];
	}
}

static void take_disk(struct api_rates *rates, const struct disk_device *device)
{
	uint64_t bucket[HISTOGRAM_BUCKETS] = {};
	struct disk_rates *disk;

	HASH_FIND_STR(rates->disks, device->name, disk);
	if (disk) {
		disk->has_rates = rates->had_devices;
	} else {
		disk = calloc(1, sizeof(*disk));
		if (!disk)
			return;
		strcpy(disk->name, device->name);
		HASH_ADD_STR(rates->disks, name, disk);
		if (!HASH_HAS(disk)) {
			free(disk);
			return;
		}
	}
	for (unsigned int i = 0; i < OPERATIONS; i++)
		for (unsigned int b = 0; b < HISTOGRAM_BUCKETS; b++)
			bucket[b] += device->latency[i].bucket[b];
	take_growth(device->bytes, disk->bytes, disk->bytes_growth, OPERATIONS);
	take_growth(bucket, disk->bucket, disk->growth, HISTOGRAM_BUCKETS);
}

static void take_interface(struct api_rates *rates, const struct network_device *device)
{
	struct interface_rates *interface;

	HASH_FIND_STR(rates->interfaces, device->name, interface);
	if (interface) {
		interface->has_rates = rates->had_devices;
	} else {
		interface = calloc(1, sizeof(*interface));
		if (!interface)
			return;
		strcpy(interface->name, device->name);
		HASH_ADD_STR(rates->interfaces, name, interface);
		if (!HASH_HAS(interface)) {
			free(interface);
			return;
		}
	}
	take_growth(device->value, interface->value, interface->growth, NETDEV_VALUES);
}

void api_rates_tick(struct api_rates *rates, const struct model *model, uint64_t interval_ns,
		    bool has_devices)
{
	rates->interval_ns = interval_ns;
	take_growth(model->calls_by_number, rates->calls, rates->call_growth, SYSCALL_NUMBERS);
	take_growth(model->errors_by_number, rates->errors, rates->error_growth, ERRNO_NUMBERS);
	/* Names come and go: what nobody looked at is made anew. */
	if (!has_devices || HASH_COUNT(rates->interfaces) > 2 * model->host_device_count)
		forget_devices(rates);
	if (has_devices) {
		for (const struct disk_device *device = model->devices; device; device = device->hh.next)
			take_disk(rates, device);
		for (size_t i = 0; i < model->host_device_count; i++)
			take_interface(rates, &model->host_devices[i]);
	}
	rates->had_devices = has_devices;
}

static double per_second(const struct api_rates *rates, uint64_t growth)
{
	return rates->interval_ns ? (double)growth * 1e9 / (double)rates->interval_ns : NAN;
}

double api_rates_call(const struct api_rates *rates, unsigned int number)
{
	return rates ? per_second(rates, rates->call_growth[number]) : NAN;
}

double api_rates_error(const struct api_rates *rates, unsigned int number)
{
	return rates ? per_second(rates, rates->error_growth[number]) : NAN;
}

/* The upper bound of a bucket's quarter octave, and in it the place on a logarithmic scale. */
static double quantile(const uint64_t growth[HISTOGRAM_BUCKETS], double fraction)
{
	uint64_t sum = 0, below = 0;
	double wanted;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum += growth[i];
	if (sum == 0)
		return NAN;
	wanted = fraction * (double)sum;
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		double inside = growth[i] ? (wanted - (double)below) / (double)growth[i] : 2;

		if (inside <= 1)
			return exp2(HISTOGRAM_MIN_EXPONENT + (i - 1 + inside) / (1 << HISTOGRAM_SCHEMA));
		below += growth[i];
	}
	return exp2(HISTOGRAM_MAX_EXPONENT);
}

struct api_disk_rates api_rates_disk(const struct api_rates *rates, const struct disk_device *device)
{
	struct api_disk_rates result = { NAN, NAN, NAN, NAN, NAN };
	struct disk_rates *disk = NULL;
	uint64_t operations = 0;

	if (rates)
		HASH_FIND_STR(rates->disks, device->name, disk);
	if (!disk || !disk->has_rates)
		return result;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		operations += disk->growth[i];
	result.read_bytes = per_second(rates, disk->bytes_growth[VALUE_INDEX(operation, READ)]);
	result.written_bytes = per_second(rates, disk->bytes_growth[VALUE_INDEX(operation, WRITE)]);
	result.operations = per_second(rates, operations);
	result.p50_seconds = quantile(disk->growth, 0.5);
	result.p99_seconds = quantile(disk->growth, 0.99);
	return result;
}

double api_rates_interface(const struct api_rates *rates, const struct network_device *device,
			   unsigned int value)
{
	struct interface_rates *interface = NULL;

	if (rates)
		HASH_FIND_STR(rates->interfaces, device->name, interface);
	return interface && interface->has_rates ? per_second(rates, interface->growth[value]) : NAN;
}

void api_rates_add_device(struct json *json, const struct metric *metric, double value)
{
	const char *what = metric->name + strlen("network_"), *packets = strstr(what, "packets_");
	char name[96];

	/* "receive_packets_dropped" is what is dropped */
	if (packets)
		snprintf(name, sizeof(name), "%.*s%s_per_second", (int)(packets - what), what,
			 packets + strlen("packets_"));
	else
		snprintf(name, sizeof(name), "%s%s_per_second", what,
			 metric->unit == UNIT_BYTES ? "_bytes" : "");
	json_number(json, name, value);
}
