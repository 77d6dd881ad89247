// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program with a static probe, as <sys/sdt.h> would make it: a nop, and a note that tells where
 * it is and where its arguments are. It is attached to and never executed. Source: the format of
 * .note.stapsdt, which SystemTap's wiki documents (UserSpaceProbeImplementation).
 */
#ifdef __aarch64__
#define ARGUMENTS "8@5 -4@x1"
#define NOP       "nop"
#else
#define ARGUMENTS "8@$5 -4@%esi"
#define NOP       "nop"
#endif

int probed(int number);

__attribute__((noinline)) int probed(int number)
{
	__asm__ volatile("990: " NOP "\n"
			 ".pushsection .note.stapsdt,\"\",\"note\"\n"
			 ".balign 4\n"
			 ".4byte 992f-991f, 994f-993f, 3\n"
			 "991: .asciz \"stapsdt\"\n"
			 "992: .balign 4\n"
			 "993: .8byte 990b\n"
			 ".8byte _.stapsdt.base\n"
			 ".8byte bpfunit_semaphore\n"
			 ".asciz \"bpfunit_provider\"\n"
			 ".asciz \"probe\"\n"
			 ".asciz \"" ARGUMENTS "\"\n"
			 "994: .balign 4\n"
			 ".popsection\n");
	return number + 1;
}

/* What prelinking moves, so that readers see by how much. */
__asm__(".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"
	".weak _.stapsdt.base\n"
	".hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n"
	".popsection\n");

unsigned short bpfunit_semaphore __attribute__((section(".probes"), used)) = 0;

int main(int argc, char **argv)
{
	__builtin_trap();
	return probed(argc);
}
