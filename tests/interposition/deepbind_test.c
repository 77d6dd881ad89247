/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens a library in a way that takes it out of bpfunit's reach; see lost.sh. */
#include <bpfunit/bpfunit.h>
#include <dlfcn.h>

BPF_TEST(deepbind, plugin)
{
	void *plugin = dlopen(PLUGIN, RTLD_NOW | RTLD_DEEPBIND);
	int (*make_map)(void);

	ASSERT_NOT_NULL(plugin);
	make_map = (int (*)(void))dlsym(plugin, "make_map");
	ASSERT_NOT_NULL(make_map);
	EXPECT_GE(make_map(), 0);
}
