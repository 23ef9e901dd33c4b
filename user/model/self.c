/* SPDX-License-Identifier: Apache-2.0 */
/* What ktally says about itself, as a list of values. A value set twice is one value: the last one. */
#include "model/self.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

const struct self_metric self_metrics[SELF_METRICS] = {
#define SELF(id, kind, unit, name, labels, help) \
	[SELF_##id] = { name, labels, help, METRIC_##kind, UNIT_##unit },
#include "metrics.def"
#undef SELF
};

void self_done(struct self *self)
{
	free(self->values);
	*self = (struct self){};
}

void self_clear(struct self *self)
{
	self->count = 0;
}

static void copy_label(char *label, size_t capacity, const char *text)
{
	size_t size = strnlen(text ?: "", capacity);

	if (size == capacity) {
		size--;
		/* Between characters: what follows must not be the rest of one. */
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	memset(label, 0, capacity);
	if (size > 0)
		memcpy(label, text, size);
}

static struct self_value *find(const struct self *self, const struct self_value *wanted)
{
	for (size_t i = 0; i < self->count; i++) {
		struct self_value *value = &self->values[i];

		if (value->id == wanted->id && strcmp(value->label[0], wanted->label[0]) == 0 &&
		    strcmp(value->label[1], wanted->label[1]) == 0)
			return value;
	}
	return NULL;
}

static struct self_value *append(struct self *self)
{
	if (self->count == self->capacity) {
		size_t capacity = self->capacity ? self->capacity * 2 : FIRST_CAPACITY;
		struct self_value *values = reallocarray(self->values, capacity, sizeof(*values));

		if (!values)
			return NULL;
		self->values = values;
		self->capacity = capacity;
	}
	return &self->values[self->count++];
}

void self_set(struct self *self, enum self_id id, const char *label_a, const char *label_b, uint64_t value)
{
	struct self_value new = { .id = id, .value = value };
	struct self_value *place;

	copy_label(new.label[0], sizeof(new.label[0]), label_a);
	copy_label(new.label[1], sizeof(new.label[1]), label_b);
	place = find(self, &new) ?: append(self);
	if (place)
		*place = new;
	else
		self->lost++;
}

int self_family_name(enum self_id id, char *name, size_t capacity)
{
	return metric_compose_name("self", self_metrics[id].name, self_metrics[id].unit,
				   self_metrics[id].kind, name, capacity);
}
