// SPDX-License-Identifier: BSD-2-Clause
/*
 * An application as libbpf-bootstrap's: its own main(), no test framework, nothing of bpfunit.
 * It attaches a program to a tracepoint, has packets seen by another, and prints what arrives in
 * the ring buffer.
 */
#include "app.h"
#include "app.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void stop(int number)
{
	stopping = 1;
}

static int print_event(void *ctx, void *data, size_t size)
{
	const struct event *event = data;

	printf("kind %u length %u %s\n", event->kind, event->length,
	       event->pid == (unsigned int)getpid() ? "mine" : "other");
	return 0;
}

static int send_packet(struct app_bpf *app, unsigned int length)
{
	char packet[256] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = length);

	return bpf_prog_test_run_opts(bpf_program__fd(app->progs.packet), &opts);
}

static int poll_events(struct app_bpf *app)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(app->maps.events), print_event, NULL, NULL);
	int err = ring ? 0 : -1;

	for (unsigned int i = 0; !err && !stopping && i < 4; i++) {
		err = send_packet(app, 20 * i + 14);
		if (!err)
			err = ring_buffer__poll(ring, 10);
		err = err < 0 ? err : 0;
	}
	ring_buffer__free(ring);
	return err;
}

int main(void)
{
	struct app_bpf *app = app_bpf__open();
	int err;

	if (!app)
		return 1;
	signal(SIGINT, stop);
	app->rodata->least_length = 30;
	err = app_bpf__load(app);
	if (!err) {
		app->links.exec = bpf_program__attach(app->progs.exec);
		err = app->links.exec ? 0 : -1;
	}
	if (!err)
		err = poll_events(app);
	if (!err)
		printf("dropped %llu\n", (unsigned long long)app->bss->dropped);
	app_bpf__destroy(app);
	return err ? 1 : 0;
}
