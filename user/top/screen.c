/* SPDX-License-Identifier: Apache-2.0 */
#include "top/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/time.h"
#include "top/keys.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>

#define DOUBLE_CLICK_NS (400 * NS_PER_MS)
#define ESCAPE_MS 50 /* after which an Esc is no beginning of a key; a slow line can raise it by ESCDELAY */

static SCREEN *terminal;
static bool has_color, uses_mouse;
static attr_t attributes[STYLES];
static short pairs[STYLES];

/* ---- restoring, also when the process crashes: only async-signal-safe calls ---- */

static struct termios before;
static char restore[256];

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };

static void on_crash(int number)
{
	if (write(STDOUT_FILENO, restore, strlen(restore)) < 0)
		restore[0] = '\0';
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raise(number); /* SA_RESETHAND: now it ends the process */
}

static void add_restore(const char *capability)
{
	const char *text = tigetstr((char *)capability);

	if (text && text != (char *)-1 && strlen(restore) + strlen(text) < sizeof(restore))
		strcat(restore, text);
}

static void prepare_restore(void)
{
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };

	restore[0] = '\0';
	if (uses_mouse)
		strcpy(restore, "\033[?1006;1000l");
	add_restore("sgr0");
	add_restore("cnorm");
	add_restore("rmkx");
	add_restore("rmcup");
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
}

/* ---- opening ---- */

static const struct {
	short text, ground;
	attr_t with_color, without;
} looks[STYLES] = {
	[STYLE_PLAIN] = { -1, -1, A_NORMAL, A_NORMAL },
	[STYLE_BOLD] = { -1, -1, A_BOLD, A_BOLD },
	[STYLE_DIM] = { -1, -1, A_DIM, A_DIM },
	[STYLE_HEADING] = { COLOR_BLACK, COLOR_GREEN, A_NORMAL, A_REVERSE },
	[STYLE_SORTED] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_BOLD | A_UNDERLINE },
	[STYLE_CURSOR] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	[STYLE_KEY] = { -1, -1, A_BOLD, A_BOLD },
	[STYLE_LABEL] = { COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	[STYLE_BAR] = { COLOR_GREEN, -1, A_NORMAL, A_BOLD },
	[STYLE_BAR_HOT] = { COLOR_RED, -1, A_BOLD, A_BOLD | A_REVERSE },
	[STYLE_WARNING] = { COLOR_YELLOW, -1, A_BOLD, A_BOLD },
	[STYLE_BAD] = { COLOR_WHITE, COLOR_RED, A_BOLD, A_BOLD | A_REVERSE },
};

static void prepare_looks(bool with_color)
{
	has_color = with_color && has_colors() && start_color() == OK;
	if (has_color)
		use_default_colors();
	for (short i = 0; i < STYLES; i++) {
		bool is_pair = has_color && (looks[i].text >= 0 || looks[i].ground >= 0) &&
			       init_pair((short)(i + 1), looks[i].text, looks[i].ground) == OK;

		pairs[i] = is_pair ? (short)(i + 1) : 0;
		attributes[i] = has_color ? looks[i].with_color : looks[i].without;
	}
}

static int check_terminal(const struct message *message)
{
	const char *term = getenv("TERM");
	int known = 0;
	bool can_move;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return message_fail(message, -ENOTTY,
				    "this is no terminal; --once prints one screen, --json the rows");
	if (!term || !term[0] || setupterm(NULL, STDOUT_FILENO, &known) != OK)
		return message_fail(message, -ENOTTY,
				    "nothing is known of the terminal '%s' (TERM); --once prints one screen",
				    term ?: "");
	can_move = tigetstr("cup") && tigetstr("cup") != (char *)-1;
	del_curterm(cur_term);
	if (!can_move)
		return message_fail(
			message, -ENOTTY,
			"the terminal '%s' (TERM) cannot move its cursor; --once prints one screen", term);
	return 0;
}

int screen_open(bool with_color, bool with_mouse, const struct message *message)
{
	int error = check_terminal(message);

	if (error)
		return error;
	if (tcgetattr(STDIN_FILENO, &before))
		return message_fail(message, -errno, "the terminal does not answer");
	set_escdelay(getenv("ESCDELAY") ? atoi(getenv("ESCDELAY")) : ESCAPE_MS);
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return message_fail(message, -ENOTTY, "the terminal '%s' (TERM) cannot be used",
				    getenv("TERM"));
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	typeahead(-1); /* no look for keys in the middle of a picture */
	uses_mouse = with_mouse;
	if (with_mouse) {
		mouseinterval(0);
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	}
	prepare_looks(with_color);
	prepare_restore();
	return 0;
}

void screen_close(void)
{
	if (!terminal)
		return;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		signal(crashes[i], SIG_DFL);
	endwin();
	delscreen(terminal);
	terminal = NULL;
}

void screen_size(unsigned int *ret_width, unsigned int *ret_height)
{
	struct winsize size = {};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row)
		resizeterm(size.ws_row, size.ws_col);
	*ret_width = (unsigned int)COLS;
	*ret_height = (unsigned int)LINES;
}

void screen_show(const struct page *page)
{
	for (unsigned int y = 0; y < page->height && (int)y < LINES; y++) {
		for (unsigned int x = 0; x < page->width && (int)x < COLS; x++) {
			const struct page_cell *at = page_at(page, x, y);
			cchar_t cell;

			/* the second half of a wide one is written with the first */
			if (at->text[0] &&
			    setcchar(&cell, at->text, attributes[at->style], pairs[at->style], NULL) == OK)
				mvadd_wch((int)y, (int)x, &cell);
		}
	}
	refresh();
}

/* ---- input ---- */

static int key_of(wint_t code)
{
	static const struct {
		int from, to;
	} names[] = {
		{ KEY_UP, KEYS_UP },       { KEY_DOWN, KEYS_DOWN },     { KEY_LEFT, KEYS_LEFT },
		{ KEY_RIGHT, KEYS_RIGHT }, { KEY_PPAGE, KEYS_PAGE_UP }, { KEY_NPAGE, KEYS_PAGE_DOWN },
		{ KEY_HOME, KEYS_HOME },   { KEY_END, KEYS_END },       { KEY_BACKSPACE, KEYS_BACKSPACE },
		{ KEY_DC, KEYS_DELETE },   { KEY_BTAB, KEYS_BACK_TAB }, { KEY_ENTER, KEYS_ENTER },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((int)code == names[i].from)
			return names[i].to;
	if (code >= KEY_F(1) && code <= KEY_F(10))
		return KEYS_F1 + (int)code - KEY_F(1);
	return 0;
}

static void read_mouse(struct screen_input *input)
{
	static uint64_t last_ns;
	static int last_x, last_y;
	uint64_t now_ns = time_monotonic_ns();
	MEVENT event;

	if (getmouse(&event) != OK || event.x < 0 || event.y < 0)
		return;
	input->is_mouse = true;
	input->x = (unsigned int)event.x;
	input->y = (unsigned int)event.y;
	if (event.bstate & BUTTON4_PRESSED) {
		input->button = BUTTON_WHEEL_UP;
	} else if (event.bstate & BUTTON5_PRESSED) {
		input->button = BUTTON_WHEEL_DOWN;
	} else {
		bool again = last_x == event.x && last_y == event.y && now_ns - last_ns < DOUBLE_CLICK_NS;

		input->button = again ? BUTTON_DOUBLE : BUTTON_CLICK;
		last_ns = again ? 0 : now_ns;
		last_x = event.x;
		last_y = event.y;
	}
}

bool screen_read(struct screen_input *ret_input)
{
	wint_t code;
	int status = get_wch(&code);

	*ret_input = (struct screen_input){};
	if (status == ERR)
		return false;
	if (status == KEY_CODE_YES && code == KEY_MOUSE)
		read_mouse(ret_input);
	else if (status == KEY_CODE_YES)
		ret_input->key = key_of(code);
	else
		ret_input->key = code == 127 || code == 8 ? KEYS_BACKSPACE :
				 code == '\n'             ? KEYS_ENTER :
							    (int)code;
	return true;
}

bool screen_is_gone(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int waiting = 0;

	if (poll(&input, 1, 0) <= 0)
		return false;
	if (input.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	return ioctl(STDIN_FILENO, FIONREAD, &waiting) || waiting == 0;
}

void screen_suspend(void)
{
	endwin();
	kill(getpid(), SIGSTOP);
	screen_forget();
}

void screen_forget(void)
{
	clearok(curscr, TRUE);
}
