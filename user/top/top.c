/* SPDX-License-Identifier: Apache-2.0 */
/* `ktally top`: wires the source, the browser and the screen in one loop. */
#include "top/top.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "top/once.h"
#include "top/screen.h"
#include "top/session.h"
#include "top/settings.h"
#include "top/picture.h"

#define WIDTH_OF_PIPES 160 /* where no terminal says how wide it is */

struct top {
	struct settings settings;
	struct loop *loop;
	struct source *source;
	struct browser browser;
	struct session session;
	struct page page;
	int alarm;
	bool is_dirty;
	unsigned int readings;
	int status;
};

static bool has_screen(const struct top *top)
{
	return !top->settings.once && !top->settings.json;
}

static void set_alarm(struct top *top)
{
	bool rests = top->browser.paused || (top->browser.replay && has_screen(top));

	loop_set_alarm(top->loop, top->alarm, rests ? LOOP_NEVER : top->browser.interval_ns);
}

static void on_alarm(void *context)
{
	struct top *top = context;

	set_alarm(top);
	session_ask(&top->session);
}

/* ---- once ---- */

static unsigned int width_of_output(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return columns && atoi(columns) > 0 ? (unsigned int)atoi(columns) : WIDTH_OF_PIPES;
}

/* Two readings, so that there are rates of what the daemon only sums; of a file, the last two. */
static void print_once(struct top *top)
{
	const char *problem = session_problem(&top->session);

	if (!problem && ++top->readings < 2) {
		if (!source_is_file(top->source) || session_step(&top->session, 1)) {
			loop_set_alarm(top->loop, top->alarm,
				       source_is_file(top->source) ? 0 : top->browser.interval_ns);
			return;
		}
	}
	loop_stop(top->loop);
	if (problem)
		fprintf(stderr, "ktally top: %s\n", problem);
	else if (top->settings.json)
		top->status = once_print_json(stdout, &top->browser) || fflush(stdout) ? EXIT_FAILURE :
											 EXIT_SUCCESS;
	else
		top->status = once_print_text(stdout, &top->browser, &top->session.header,
					      width_of_output()) ||
					      fflush(stdout) ?
				      EXIT_FAILURE :
				      EXIT_SUCCESS;
}

/* ---- the screen ---- */

/* Before each wait: whatever came in this turn is one picture. */
static int on_prepare(void *context)
{
	struct top *top = context;

	if (top->is_dirty) {
		top->session.header.paused = top->browser.paused;
		picture_draw(&top->page, &top->browser, &top->session.header, true);
		screen_show(&top->page);
		top->is_dirty = false;
	}
	return -1;
}

static void apply(struct top *top, unsigned int effects)
{
	struct browser *browser = &top->browser;
	bool moved = false;

	if (effects & BROWSER_QUIT) {
		top->status = EXIT_SUCCESS;
		loop_stop(top->loop);
		return;
	}
	if (effects & BROWSER_STEP)
		moved = session_step(&top->session, browser->step);
	if (effects & BROWSER_JUMP)
		moved = session_jump(&top->session, browser->input);
	if (effects & (BROWSER_INTERVAL | BROWSER_PAUSE))
		set_alarm(top);
	if (effects & BROWSER_ASK)
		session_ask_anew(&top->session);
	else if (moved || (effects & BROWSER_INTERVAL) || (effects & BROWSER_PAUSE && !browser->paused))
		session_ask(&top->session);
	if (effects & BROWSER_REDRAW)
		screen_forget();
}

static void on_round(struct session *session, void *context)
{
	struct top *top = context;

	(void)session;
	top->is_dirty = true;
	if (!has_screen(top))
		print_once(top);
	else
		apply(top, browser_resume(&top->browser));
}

static void on_terminal(void *context)
{
	struct top *top = context;
	struct screen_input input;
	bool any = false;

	while (screen_read(&input)) {
		any = true;
		if (input.is_mouse)
			apply(top, browser_mouse(&top->browser, input.button, input.x, input.y));
		else if (input.key)
			apply(top, browser_key(&top->browser, input.key));
	}
	if (!any && screen_is_gone())
		loop_stop(top->loop);
	top->is_dirty = true;
}

static void resize(struct top *top)
{
	unsigned int width, height;

	screen_size(&width, &height);
	if (width != top->page.width || height != top->page.height)
		page_resize(&top->page, width, height);
	top->browser.width = width;
	top->is_dirty = true;
}

static void on_signal(void *context, int number)
{
	struct top *top = context;

	switch (number) {
	case SIGTSTP:
		screen_suspend();
		resize(top);
		break;
	case SIGCONT:
	case SIGWINCH:
		resize(top);
		break;
	default: /* as the shell says of one that a signal ended */
		top->status = number == SIGHUP ? EXIT_SUCCESS : 128 + number;
		loop_stop(top->loop);
	}
}

/* NO_COLOR counts when it is not empty. */
static bool wants_color(const struct settings *settings)
{
	const char *no_color = getenv("NO_COLOR");

	return !settings->no_color && !(no_color && no_color[0]);
}

static int start_screen(struct top *top, const struct message *message)
{
	static const int signals[] = { SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGCONT };
	int error = screen_open(wants_color(&top->settings), !top->settings.no_mouse, message);

	if (!error)
		error = loop_add_signals(top->loop, signals, sizeof(signals) / sizeof(signals[0]), on_signal,
					 top);
	if (!error)
		error = loop_add_fd(top->loop, STDIN_FILENO, on_terminal, top);
	if (error)
		return error;
	loop_set_prepare(top->loop, on_prepare, top);
	resize(top);
	return 0;
}

/* ---- start ---- */

static int open_source(struct top *top, const struct message *message)
{
	const struct settings *settings = &top->settings;
	struct source_settings where = {
		.url = settings->connect,
		.user = settings->user,
		.password_file = settings->password_file,
		.ca_file = settings->ca_file,
		.insecure = settings->insecure,
	};

	if (settings->replay)
		return source_open_file(top->loop, settings->replay, &top->source, message);
	return source_open_daemon(top->loop, &where, &top->source, message);
}

/* What the options say about where to begin. */
static int place_browser(struct top *top, const struct message *message)
{
	const struct settings *settings = &top->settings;
	struct browser *browser = &top->browser;
	struct browser_place *place;
	json_t *scope = json_object();
	int error = 0;

	browser_init(browser);
	place = browser_place(browser);
	if (settings->interval_ns)
		browser->interval_ns = settings->interval_ns;
	if (settings->view)
		place->view = view_by_name(settings->view);
	else if (settings->pid)
		place->view = VIEW_THREADS;
	if (settings->namespace)
		json_object_set_new(scope, "namespace", json_string(settings->namespace));
	if (settings->pod)
		json_object_set_new(scope, "pod", json_string(settings->pod));
	if (settings->container)
		json_object_set_new(scope, "container", json_string(settings->container));
	if (settings->pid)
		json_object_set_new(scope, "pid", json_integer(atoi(settings->pid)));
	place->scope = json_object_size(scope) > 0 ? json_incref(scope) : NULL;
	json_decref(scope);
	snprintf(place->filter, sizeof(place->filter), "%s", settings->filter ?: "");
	if (settings->sort)
		error = browser_set_sort(browser, settings->sort, message);
	if (!error && settings->columns)
		error = browser_set_columns(browser, settings->columns, message);
	return error;
}

static int run(struct top *top, const struct message *message)
{
	int error = loop_add_alarm(top->loop, on_alarm, top, &top->alarm);

	session_init(&top->session, top->source, &top->browser, on_round, top);
	if (!error && has_screen(top))
		error = start_screen(top, message);
	if (error)
		return error;
	if (!has_screen(top)) {
		struct source_span span;

		top->browser.width = top->settings.json ? 0 : width_of_output();
		if (source_is_file(top->source)) {
			source_span(top->source, &span);
			source_seek(top->source, span.count > 1 ? span.count - 2 : 0);
		}
		memset(top->session.all_fields, top->settings.json, sizeof(top->session.all_fields));
	} else {
		set_alarm(top);
	}
	top->is_dirty = true;
	session_ask(&top->session);
	return loop_run(top->loop);
}

int top_main(int argc, char **argv)
{
	char text[512] = "";
	const struct message message = { text, sizeof(text) };
	struct top top = { .alarm = -1, .status = EXIT_FAILURE };
	int error;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	error = settings_parse(&top.settings, argc, argv, &message);
	if (!error && !top.settings.help)
		error = place_browser(&top, &message);
	if (error) {
		fprintf(stderr, "ktally top: %s\n", text);
		browser_done(&top.browser);
		return 2;
	}
	if (top.settings.help) {
		settings_print_help(stdout);
		return EXIT_SUCCESS;
	}
	error = loop_new(&top.loop);
	if (!error)
		error = open_source(&top, &message);
	if (!error) {
		error = run(&top, &message);
		screen_close();
		session_done(&top.session);
	}
	source_free(top.source);
	loop_free(top.loop);
	browser_done(&top.browser);
	page_done(&top.page);
	if (error)
		fprintf(stderr, "ktally top: %s\n", text[0] ? text : strerror(-error));
	return error ? EXIT_FAILURE : top.status;
}
