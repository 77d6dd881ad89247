// SPDX-License-Identifier: BSD-2-Clause
/* attach OBJECT PATH: attaches its program `count` to the first network device and pins the link.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define FIRST_DEVICE 1

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 3 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *prog =
		object ? bpf_object__find_program_by_name(object, "count") : NULL;
	struct bpf_link *link;
	int err;

	if (!prog || bpf_object__load(object))
		return 1;
	link = bpf_program__attach_xdp(prog, FIRST_DEVICE);
	err = link ? bpf_link__pin(link, argv[2]) : -1;
	bpf_link__destroy(link);
	bpf_object__close(object);
	return err ? 1 : 0;
}
