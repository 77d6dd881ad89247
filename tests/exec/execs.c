// SPDX-License-Identifier: BSD-2-Clause
/* execs CALL PATH: pins a map at PATH and becomes `sh -c 'echo "$0 $1 $KIND"' one two` by this call
 * of the exec family. */
#include <bpf/bpf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT "echo \"$0 $1 $KIND\""

static char *argv_[] = { "sh", "-c", SCRIPT, "one", "two", NULL };
static char *env_[] = { "KIND=given", NULL };

static void with_list(const char *call)
{
	if (!strcmp(call, "execl"))
		execl("/bin/sh", "sh", "-c", SCRIPT, "one", "two", NULL);
	if (!strcmp(call, "execlp"))
		execlp("sh", "sh", "-c", SCRIPT, "one", "two", NULL);
	if (!strcmp(call, "execle"))
		execle("/bin/sh", "sh", "-c", SCRIPT, "one", "two", NULL, env_);
}

static void with_array(const char *call)
{
	if (!strcmp(call, "execv"))
		execv("/bin/sh", argv_);
	if (!strcmp(call, "execve"))
		execve("/bin/sh", argv_, env_);
	if (!strcmp(call, "execvp"))
		execvp("sh", argv_);
	if (!strcmp(call, "execvpe"))
		execvpe("sh", argv_, env_);
	if (!strcmp(call, "fexecve"))
		fexecve(open("/bin/sh", O_RDONLY), argv_, env_);
	if (!strcmp(call, "execveat"))
		execveat(AT_FDCWD, "/bin/sh", argv_, env_, 0);
}

int main(int argc, char **argv)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, argc == 3 ? argv[1] : "", 4, 4, 1, NULL);

	if (fd < 0 || argc != 3 || bpf_obj_pin(fd, argv[2]))
		return 1;
	setenv("KIND", "inherited", 1);
	with_list(argv[1]);
	with_array(argv[1]);
	return 2;
}
