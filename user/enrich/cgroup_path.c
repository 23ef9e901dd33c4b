/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroup path -> identity. The path comes from the kernel, but its parts are chosen by whoever may make cgroups: nothing about
 * lengths or characters is taken for granted, and no memory is allocated. */
#include "enrich/cgroup_path.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ID_SIZE 64
#define SHORT_ID_SIZE 12
#define UUID_SIZE 36
#define STATIC_POD_UID_SIZE 32 /* of pods from a file: a hash instead of a UUID */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A part of the path; never owns its bytes. */
struct text {
	const char *data;
	size_t size;
};

enum form { FORM_HEX, FORM_NAME, FORM_ESCAPED, FORM_TASK, FORM_NONE };

static const struct layout {
	const char *parent;
	const char *prefix;
	enum form form;
	const char *suffix;
	const char *runtime;
	const char *name;
} layouts[] = {
#define LAYOUT(parent, prefix, form, suffix, runtime, name) \
	{ parent, prefix, FORM_##form, suffix, runtime, name },
#include "cgroup_path.def"
#undef LAYOUT
};

/* ---- text -------------------------------------------------------------------------------------------------------- */

static bool is_text(struct text text, const char *string)
{
	return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

static bool cut_prefix(struct text *text, const char *prefix)
{
	size_t size = strlen(prefix);

	if (text->size < size || memcmp(text->data, prefix, size) != 0)
		return false;
	text->data += size;
	text->size -= size;
	return true;
}

static bool cut_suffix(struct text *text, const char *suffix)
{
	size_t size = strlen(suffix);

	if (text->size < size || memcmp(text->data + text->size - size, suffix, size) != 0)
		return false;
	text->size -= size;
	return true;
}

static bool has_suffix(struct text text, const char *suffix)
{
	return text.size > strlen(suffix) && cut_suffix(&text, suffix);
}

static bool contains(struct text text, const char *string)
{
	return memmem(text.data, text.size, string, strlen(string));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool is_hex(struct text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (hex_digit(text.data[i]) < 0)
			return false;
	return true;
}

/* 8-4-4-4-12 hexadecimal digits with `dash` between */
static bool is_uuid(struct text text, char dash)
{
	if (text.size != UUID_SIZE)
		return false;
	for (size_t i = 0; i < UUID_SIZE; i++) {
		bool between = i == 8 || i == 13 || i == 18 || i == 23;

		if (between ? text.data[i] != dash : hex_digit(text.data[i]) < 0)
			return false;
	}
	return true;
}

/* Copies what fits and ends it with a NUL. */
static void copy(char *to, size_t capacity, struct text text)
{
	size_t size = text.size < capacity ? text.size : capacity - 1;

	memcpy(to, text.data, size);
	to[size] = '\0';
}

/* Copies the end that fits: the parts of a path near its leaf tell more. */
static void copy_end(char *to, size_t capacity, struct text text)
{
	if (text.size >= capacity) {
		text.data += text.size - (capacity - 1);
		text.size = capacity - 1;
	}
	copy(to, capacity, text);
}

/* Decodes \xNN; \x00 stays as it is written. */
static void copy_unescaped(char *to, size_t capacity, struct text text)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size && used < capacity - 1; i++) {
		char c = text.data[i];

		if (c == '\\' && i + 3 < text.size && text.data[i + 1] == 'x' &&
		    hex_digit(text.data[i + 2]) >= 0 && hex_digit(text.data[i + 3]) >= 0) {
			int code = hex_digit(text.data[i + 2]) * 16 + hex_digit(text.data[i + 3]);

			if (code) {
				c = (char)code;
				i += 3;
			}
		}
		to[used++] = c;
	}
	to[used] = '\0';
}

/* ---- components --------------------------------------------------------------------------------------------------- */

/* Nothing, "." and ".." name no cgroup. */
static bool is_void(struct text component)
{
	return component.size == 0 || is_text(component, ".") || is_text(component, "..");
}

/* The last component that ends at or before `*end`; `*end` moves to its begin. False when there is none. */
static bool component_before(const char *path, size_t *end, struct text *ret_component)
{
	while (*end > 0) {
		size_t begin;

		while (*end > 0 && path[*end - 1] == '/')
			(*end)--;
		for (begin = *end; begin > 0 && path[begin - 1] != '/'; begin--)
			;
		*ret_component = (struct text){ path + begin, *end - begin };
		*end = begin;
		if (!is_void(*ret_component))
			return true;
	}
	return false;
}

/* The first component that begins at or after `*begin`; `*begin` moves to its end. */
static bool component_after(struct text path, size_t *begin, struct text *ret_component)
{
	while (*begin < path.size) {
		size_t end;

		while (*begin < path.size && path.data[*begin] == '/')
			(*begin)++;
		for (end = *begin; end < path.size && path.data[end] != '/'; end++)
			;
		*ret_component = (struct text){ path.data + *begin, end - *begin };
		*begin = end;
		if (!is_void(*ret_component))
			return true;
	}
	return false;
}

/* ---- layouts ------------------------------------------------------------------------------------------------------ */

/* Do the components that end at `end` fit `pattern`, as "ecs" or "ecs/ *" do? */
static bool is_below(const char *path, size_t end, const char *pattern)
{
	size_t left = strlen(pattern);
	struct text want, have;

	while (left > 0) {
		if (!component_before(pattern, &left, &want))
			return true;
		if (!component_before(path, &end, &have))
			return false;
		if (!is_text(want, "*") &&
		    (want.size != have.size || memcmp(want.data, have.data, want.size) != 0))
			return false;
		while (left > 0 && pattern[left - 1] == '/')
			left--;
	}
	return true;
}

static bool fits_hex(const struct layout *layout, struct text text, struct text *ret_id)
{
	struct text id;

	if (text.size < ID_SIZE)
		return false;
	id = (struct text){ text.data + text.size - ID_SIZE, ID_SIZE };
	text.size -= ID_SIZE;
	if (!is_hex(id))
		return false;
	*ret_id = id;
	if (layout->prefix[0] == '*')
		return cut_suffix(&text, layout->prefix + 1);
	return is_text(text, layout->prefix);
}

/* Does the component fit the row, its parent apart? */
static bool fits(const struct layout *layout, struct text text, struct text *ret_id)
{
	if (!cut_suffix(&text, layout->suffix))
		return false;
	if (layout->form == FORM_HEX)
		return fits_hex(layout, text, ret_id);
	if (!cut_prefix(&text, layout->prefix))
		return false;
	*ret_id = text;
	switch (layout->form) {
	case FORM_NONE:
		return text.size == 0;
	case FORM_TASK:
		return text.size > UUID_SIZE + 1 && text.data[UUID_SIZE] == '.' &&
		       is_uuid((struct text){ text.data, UUID_SIZE }, '-');
	default:
		return text.size > 0;
	}
}

static void name_container(const struct layout *layout, struct text id, struct text own_path,
			   struct identity *ret)
{
	if (layout->name[0] != '\0') {
		ret->kind = IDENTITY_UNIT;
		snprintf(ret->name, sizeof(ret->name), "%s", layout->name);
		copy_end(ret->id, sizeof(ret->id), own_path);
		return;
	}
	copy(ret->id, sizeof(ret->id), id);
	switch (layout->form) {
	case FORM_HEX:
		copy(ret->name, sizeof(ret->name), (struct text){ id.data, SHORT_ID_SIZE });
		break;
	case FORM_TASK:
		snprintf(ret->name, sizeof(ret->name), "%.*s-%.8s",
			 (int)(id.size < 1024 ? id.size - UUID_SIZE - 1 : 1024), id.data + UUID_SIZE + 1,
			 id.data);
		break;
	case FORM_ESCAPED:
		copy_unescaped(ret->id, sizeof(ret->id), id);
		memcpy(ret->name, ret->id, sizeof(ret->name));
		break;
	default:
		copy(ret->name, sizeof(ret->name), id);
	}
}

/* Size of the path of the innermost component that is a container, 0 when there is none. */
static size_t identify_container(struct text path, struct identity *ret)
{
	struct text component, id;
	size_t end = path.size;

	while (component_before(path.data, &end, &component)) {
		size_t own_size = end + component.size;

		for (size_t i = 0; i < COUNT_OF(layouts); i++) {
			if (!fits(&layouts[i], component, &id) ||
			    !is_below(path.data, end, layouts[i].parent))
				continue;
			name_container(&layouts[i], id, (struct text){ path.data, own_size }, ret);
			snprintf(ret->runtime, sizeof(ret->runtime), "%s", layouts[i].runtime);
			return own_size;
		}
	}
	return 0;
}

/* ---- units and pods ----------------------------------------------------------------------------------------------- */

static bool is_unit_with_processes(struct text component)
{
	static const char *const suffixes[] = { ".service", ".scope", ".mount", ".socket", ".swap" };

	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (has_suffix(component, suffixes[i]))
			return true;
	return false;
}

static bool is_user_slice(struct text component, struct text parent)
{
	if (!is_text(parent, "user.slice") || !cut_prefix(&component, "user-") ||
	    !cut_suffix(&component, ".slice"))
		return false;
	for (size_t i = 0; i < component.size; i++)
		if (component.data[i] < '0' || component.data[i] > '9')
			return false;
	return component.size > 0;
}

static size_t identify_unit(struct text path, struct identity *ret)
{
	struct text component, unit = { "", 0 };
	size_t end = 0, own_size = 0;

	while (component_after(path, &end, &component)) {
		bool has_processes = is_unit_with_processes(component);
		bool last = has_processes || is_user_slice(component, unit);

		ret->kind = has_processes ? IDENTITY_UNIT : IDENTITY_SLICE;
		if (!last && !has_suffix(component, ".slice"))
			return 0;
		unit = component;
		own_size = end;
		if (last)
			break;
	}
	copy(ret->name, sizeof(ret->name), unit);
	snprintf(ret->runtime, sizeof(ret->runtime), "systemd");
	return own_size;
}

/* "pod<uid>", also as the end of a slice's name, where the dashes of the uid are underscores */
static bool find_pod_uid(struct text component, char *uid, size_t capacity)
{
	const char *colon = memchr(component.data, ':', component.size);
	size_t begin;

	if (colon)
		component.size = (size_t)(colon - component.data);
	cut_suffix(&component, ".slice");
	for (size_t size = UUID_SIZE; size >= STATIC_POD_UID_SIZE; size -= UUID_SIZE - STATIC_POD_UID_SIZE) {
		struct text text;

		if (component.size < size + 3)
			continue;
		begin = component.size - size;
		text = (struct text){ component.data + begin, size };
		if (memcmp(component.data + begin - 3, "pod", 3) != 0 ||
		    (begin > 3 && component.data[begin - 4] != '-'))
			continue;
		if (!is_uuid(text, '-') && !is_uuid(text, '_') &&
		    !(size == STATIC_POD_UID_SIZE && is_hex(text)))
			continue;
		copy(uid, capacity, text);
		for (; *uid; uid++)
			if (*uid == '_')
				*uid = '-';
		return true;
	}
	return false;
}

/* The class of service of a pod whose component (already found) ends at `end` of the path: it is in the pod's name with the
 * systemd driver and the folder around it with the other; a guaranteed pod has none. */
static enum identity_qos find_qos(const char *path, size_t end, struct text pod)
{
	struct text around = { "", 0 };

	component_before(path, &end, &around);
	if (contains(pod, "-burstable-pod") || is_text(around, "burstable"))
		return IDENTITY_QOS_BURSTABLE;
	if (contains(pod, "-besteffort-pod") || is_text(around, "besteffort"))
		return IDENTITY_QOS_BESTEFFORT;
	if (contains(pod, "kubepods-pod") || is_text(around, "kubepods"))
		return IDENTITY_QOS_GUARANTEED;
	return IDENTITY_QOS_NONE;
}

static void identify_pod(const char *path, size_t own_size, struct identity *ret)
{
	struct text component;
	size_t end = own_size;
	bool is_last = true;

	for (; component_before(path, &end, &component); is_last = false) {
		if (!find_pod_uid(component, ret->pod_uid, sizeof(ret->pod_uid)))
			continue;
		if (is_last && ret->kind != IDENTITY_CONTAINER)
			ret->kind = IDENTITY_POD;
		ret->qos = find_qos(path, end, component);
		return;
	}
}

enum cgroup_position cgroup_path_identify(const char *path, struct identity *ret_identity,
					  size_t *ret_own_path_size)
{
	struct text whole = { path, strlen(path) }, component;
	size_t own_size, end;

	memset(ret_identity, 0, sizeof(*ret_identity));
	cut_suffix(&whole, " (deleted)"); /* as /proc/PID/cgroup has it */
	while (whole.size > 1 && path[whole.size - 1] == '/')
		whole.size--;
	end = whole.size;
	if (!component_before(path, &end, &component)) {
		ret_identity->kind = IDENTITY_SLICE;
		snprintf(ret_identity->id, sizeof(ret_identity->id), "/");
		snprintf(ret_identity->runtime, sizeof(ret_identity->runtime), "cgroup");
		own_size = whole.size;
	} else if ((own_size = identify_container(whole, ret_identity)) == 0) {
		own_size = identify_unit(whole, ret_identity);
		if (own_size == 0) {
			own_size = whole.size;
			ret_identity->kind = IDENTITY_PATH;
			copy(ret_identity->name, sizeof(ret_identity->name), component);
			snprintf(ret_identity->runtime, sizeof(ret_identity->runtime), "cgroup");
		}
		copy_end(ret_identity->id, sizeof(ret_identity->id), (struct text){ path, own_size });
	}
	identify_pod(path, own_size, ret_identity);
	if (ret_own_path_size)
		*ret_own_path_size = own_size;
	return own_size == whole.size ? CGROUP_PATH_OWN : CGROUP_PATH_BELOW;
}
