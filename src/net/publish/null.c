/* null: - everything is taken and forgotten. */
#include "net/publish/publish_impl.h"

static void null_open(struct sw_outlet *outlet)
{
	outlet->state = outlet;
	sw_outlet_connected(outlet);
}

static bool null_ready(struct sw_outlet *outlet)
{
	(void)outlet;
	return true;
}

static void null_send(struct sw_outlet *outlet, struct sw_entry *entry)
{
	sw_entry_end(outlet, entry, SW_PUBLISH_OK, NULL);
}

static void null_close(struct sw_outlet *outlet)
{
	(void)outlet;
}

const struct sw_publish_kind sw_publish_null = {
	.scheme = "null",
	.operator_only = true,
	.open = null_open,
	.ready = null_ready,
	.send = null_send,
	.close = null_close,
};
