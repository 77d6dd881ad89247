/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `bpfunit exec`: runs a program with this library preloaded, waits for it, passes its end on, and
 * says afterwards what it asked of the kernel that is not emulated. All else happens in the
 * program's process: ebpf/boundary/leave.c and ebpf/state.c.
 */
#include "runner/exec.h"

#include <bpfunit/btf.h>
#include <bpfunit/runner.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_NOTES 64

enum { /* as of env(1) and the shells */
       EXIT_OURS = 125,
       EXIT_CANNOT = 126,
       EXIT_MISSING = 127,
};

struct exec_options {
	bool notes; /* show them whatever the program's exit status */
	char notes_path[PATH_MAX];
};

static pid_t child; /* of which signals are passed on */

static void put_help(FILE *out)
{
	fputs("Usage: bpfunit exec [OPTION]... [--] PROGRAM [ARGUMENT]...\n\n"
	      "Run a dynamically linked program whose bpf(2) is answered by a fresh emulated "
	      "kernel.\n"
	      "Its children get one each.\n\n"
	      "  --btf WHAT       the kernel's BTF: a file (raw, or ELF), 'host' or 'none'\n"
	      "                   (without it: made of the objects that the program opens)\n"
	      "  --netdev NAMES   its network devices besides lo, separated by commas\n"
	      "  --state DIR      begin with what was pinned when the last program with the same\n"
	      "                   DIR ended, and save it there; programs that use DIR take turns\n"
	      "  --notes          say at the end what was asked for that is not emulated, also\n"
	      "                   when the program succeeds\n"
	      "  -h, --help       show this\n\n"
	      "The exit status is the program's; 125: bpfunit failed, 126: the program cannot be "
	      "run\n"
	      "so (linked statically, set-uid, ...), 127: there is none.\n",
	      out);
}

static int fail(int status, const char *subject, const char *why)
{
	fprintf(stderr, "bpfunit exec: %s: %s\n", subject, why);
	return status;
}

/* Made when it is missing; the program may change its current directory. */
static int set_state(const char *dir)
{
	char absolute[PATH_MAX];
	struct stat info;

	if ((mkdir(dir, 0777) && errno != EEXIST) || !realpath(dir, absolute) ||
	    stat(absolute, &info))
		return fail(EXIT_OURS, dir, strerror(errno));
	if (!S_ISDIR(info.st_mode))
		return fail(EXIT_OURS, dir, strerror(ENOTDIR));
	return setenv("BPFUNIT_STATE", absolute, 1) ? EXIT_OURS : 0;
}

/* What cannot be used is refused now; the program would just find a kernel without BTF. */
static int set_btf(const char *what)
{
	char absolute[PATH_MAX], message[512];

	if (strcmp(what, "host") && strcmp(what, "none")) {
		if (!realpath(what, absolute))
			return fail(EXIT_OURS, what, strerror(errno));
		what = absolute;
	}
	if (bpfunit_btf_check(what, message, sizeof(message)))
		return fail(EXIT_OURS, "--btf", message);
	return setenv("BPFUNIT_BTF", what, 1) ? EXIT_OURS : 0;
}

/* As Linux names them; the kernel of a program passes over others, which nobody would notice. */
static bool is_device(const char *name, size_t size)
{
	if (!size || size >= IFNAMSIZ ||
	    (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'))))
		return false;
	return strcspn(name, "/: \t\n\v\f\r") >= size;
}

static int set_devices(const char *names)
{
	for (const char *at = names;; at++) {
		size_t size = strcspn(at, ",");

		if (!is_device(at, size))
			return fail(EXIT_OURS, names,
				    "no names of network devices, separated by commas");
		at += size;
		if (!*at)
			break;
	}
	return setenv("BPFUNIT_NETDEVS", names, 1) ? EXIT_OURS : 0;
}

static int set_option(struct exec_options *options, int option)
{
	switch (option) {
	case 'b':
		return set_btf(optarg);
	case 'd':
		return set_devices(optarg);
	case 's':
		return set_state(optarg);
	case 'n':
		options->notes = true;
		return 0;
	case 'h':
		put_help(stdout);
		return -1;
	default:
		put_help(stderr);
		return EXIT_OURS;
	}
}

/* 0, an exit status, or -1: done. */
static int parse(struct exec_options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{ "btf", required_argument, NULL, 'b' },
		{ "netdev", required_argument, NULL, 'd' },
		{ "state", required_argument, NULL, 's' },
		{ "notes", no_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, err = 0;

	unsetenv("BPFUNIT_STATE");
	optind = 1;
	while (!err && (option = getopt_long(argc, argv, "+h", names, NULL)) != -1)
		err = set_option(options, option);
	if (!err && optind >= argc) {
		put_help(stderr);
		err = EXIT_OURS;
	}
	return err;
}

/* This library, in front of what else is to be preloaded. */
static int preload(void)
{
	const char *others = getenv("LD_PRELOAD");
	char *value, library[PATH_MAX];
	Dl_info info;
	int err;

	if (!dladdr((void *)bpfunit_command, &info) || !realpath(info.dli_fname, library) ||
	    !strstr(library, ".so"))
		return fail(EXIT_OURS, "libbpfunit.so",
			    "this command was linked without the shared library");
	if (asprintf(&value, "%s%s%s", library, others && *others ? ":" : "",
		     others ? others : "") < 0)
		return EXIT_OURS;
	err = setenv("LD_PRELOAD", value, 1);
	free(value);
	return err ? EXIT_OURS : 0;
}

static int open_notes(struct exec_options *options)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (!dir || *dir != '/')
		dir = "/tmp";
	if (snprintf(options->notes_path, sizeof(options->notes_path), "%s/bpfunit-notes.XXXXXX",
		     dir) >= (int)sizeof(options->notes_path))
		return fail(EXIT_OURS, dir, strerror(ENAMETOOLONG));
	fd = mkostemp(options->notes_path, O_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_OURS, options->notes_path, strerror(errno));
	close(fd);
	return setenv("BPFUNIT_EXEC_NOTES", options->notes_path, 1) ? EXIT_OURS : 0;
}

/* Each line once: children of one program ask for the same. */
static void print_lines(FILE *in)
{
	char *lines[MAX_NOTES] = { NULL };
	size_t room, count = 0, i;

	while (count < MAX_NOTES) {
		room = 0;
		if (getline(&lines[count], &room, in) <= 0)
			break;
		for (i = 0; strcmp(lines[i], lines[count]); i++)
			;
		if (i == count)
			fprintf(stderr, "bpfunit: %s", lines[count++]);
		else
			free(lines[count]);
		lines[count] = NULL;
	}
	for (i = 0; i < MAX_NOTES; i++)
		free(lines[i]);
}

static void show_notes(const struct exec_options *options, bool shown)
{
	FILE *in = shown ? fopen(options->notes_path, "r") : NULL;

	if (in) {
		print_lines(in);
		fclose(in);
	}
	unlink(options->notes_path);
}

static void pass_on(int signal)
{
	if (child > 0)
		kill(child, signal);
}

/* The terminal sends these to both of us, kill(2) to us alone. */
static void pass_on_sent(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (info->si_code <= 0)
		pass_on(signal);
}

/* The signals of others are meant for the program. */
static void handle_signals(void)
{
	static const int passed[] = { SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT };
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sigaction(passed[i], &action, NULL);
	action = (struct sigaction){ .sa_sigaction = pass_on_sent,
				     .sa_flags = SA_RESTART | SA_SIGINFO };
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
}

static int run_child(const char *path, char **argv, int *status)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		execv(path, argv);
		fprintf(stderr, "bpfunit exec: %s: %s\n", path, strerror(errno));
		_exit(EXIT_CANNOT);
	}
	if (child > 0)
		handle_signals();
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (child < 0)
		return fail(EXIT_OURS, "fork", strerror(errno));
	while (waitpid(child, status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* End as the program did. */
static int pass_status(int status)
{
	struct rlimit none = { 0, 0 };
	int number;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	number = WTERMSIG(status);
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	raise(number);
	return 128 + number;
}

static int check_program(const char *program, char path[PATH_MAX])
{
	char why[PATH_MAX + 256];
	int err = bu_exec_find(program, path, PATH_MAX);

	if (err)
		return fail(err == -ENOENT ? EXIT_MISSING : EXIT_CANNOT, program, strerror(-err));
	if (!bu_exec_check(path, why, sizeof(why)))
		return 0;
	fprintf(stderr, "bpfunit exec: %s\n", why);
	return EXIT_CANNOT;
}

int bu_exec_command(int argc, char **argv)
{
	struct exec_options options = { 0 };
	char path[PATH_MAX];
	int status = 0, err = parse(&options, argc, argv);

	if (!err)
		err = check_program(argv[optind], path);
	if (!err)
		err = preload();
	if (!err)
		err = open_notes(&options);
	if (err)
		return err < 0 ? 0 : err;
	err = run_child(path, argv + optind, &status);
	show_notes(&options, options.notes || status);
	return err ? err : pass_status(status);
}
