/* SPDX-License-Identifier: Apache-2.0 */
#include "top/keys.h"

#include <string.h>

enum where { ANY, LIVE, REPLAY };

static const struct binding {
	int key;
	const char *label;
	enum keys_action action;
	enum where where;
	const char *help;
} bindings[] = {
#define BIND(key, label, action, where, help) { key, label, ACTION_##action, where, help },
#include "keys.def"
#undef BIND
};

#define BINDINGS (sizeof(bindings) / sizeof(bindings[0]))

static bool holds(const struct binding *binding, bool replay)
{
	return binding->where == ANY || (binding->where == REPLAY) == replay;
}

enum keys_action keys_action(int key, bool replay)
{
	for (size_t i = 0; i < BINDINGS; i++)
		if (bindings[i].key == key && holds(&bindings[i], replay))
			return bindings[i].action;
	return ACTION_NONE;
}

bool keys_line(size_t n, bool replay, struct keys_line *ret_line)
{
	const struct binding *first = NULL;

	for (size_t i = 0; !first && i < BINDINGS; i++)
		if (bindings[i].help[0] && holds(&bindings[i], replay) && n-- == 0)
			first = &bindings[i];
	if (!first)
		return false;
	*ret_line = (struct keys_line){ .help = first->help };
	for (size_t i = 0; i < BINDINGS; i++) {
		size_t length = strlen(ret_line->keys);

		if (bindings[i].action != first->action || !bindings[i].label[0] ||
		    !holds(&bindings[i], replay))
			continue;
		if (length)
			strncat(ret_line->keys, " ", sizeof(ret_line->keys) - length - 1);
		strncat(ret_line->keys, bindings[i].label,
			sizeof(ret_line->keys) - strlen(ret_line->keys) - 1);
	}
	return true;
}
