/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The whole model in a format of Prometheus.
 *
 * Stateless: the same input gives the same bytes. Only reads its input, which must not change meanwhile; asks no clock,
 * does no I/O, keeps nothing. Families are contiguous and in the order of metrics.def, level by level; containers and
 * programs in the order of their tables. Absent is absent: a family without samples is left out with its headings.
 * Names in the model may be any bytes; they come out as valid label values of at most limits.label_length bytes (programs:
 * NAME_SIZE). That no two containers (or programs of one) are equal then is up to the model.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "export/sheet.h"
#include "model/model.h"
#include "model/self.h"

struct exposition_input {
	const struct model *model;
	const struct self *
		self; /* NULL: none; values of SELF_SERIES and SELF_SERIES_LEFT_OUT are ignored, they are counted here */
	const struct self_process *process; /* NULL: not known, the families are left out */
	const char *version, *revision;     /* of ktally */
	const char *node;                   /* name of the machine */
	struct sheet_choice choice;         /* which families */
};

/* Appends the exposition to `out`. The caller keeps and reuses `out` (buffer_clear): its memory is as large as the
 * exposition. 0 or -ENOMEM; then what is in `out` is cut and must not be sent. */
int exposition_write(const struct exposition_input *in, enum sheet_body body, struct buffer *out);

/* Whether `rule` is FAMILY:LABEL, where a family that FAMILY (a glob) names has that label for its own, and its values can be
 * added up to what the family means. */
bool exposition_can_drop(const char *rule);

/* Whether the choice drops the own label of this family (`name`), so that its values are added up. */
bool exposition_sums(const struct sheet_choice *choice, const struct metric *metric, const char *name);

/* The most series that a row of each table can have; `missing` as in struct model. Without `_created` samples. */
struct series_costs exposition_costs(const struct sheet_choice *choice, uint32_t missing);

/* What a client is answered. Several rows have the same body: a cache of bodies is keyed by that. */
struct exposition_format {
	enum sheet_body body;
	const char *content_type;
};

/* The format to answer the value of an `Accept` header with (NULL: there was none). Never NULL: when nothing else is
 * acceptable, text 0.0.4. */
const struct exposition_format *exposition_select(const char *accept);
