#include <stdlib.h>

#include "net/courier/transfer.h"

static struct sw_transfer *transfer_new(const struct sw_fetch *fetch, struct sw_arena *arena)
{
	static const struct sw_courier_config config;
	struct sw_transfer *transfer = SW_ARENA_NEW(arena, struct sw_transfer);
	sw_transfer_global();
	*transfer = (struct sw_transfer){ .fetch = fetch, .config = &config, .arena = arena };
	transfer->easy = curl_easy_init();
	SW_BUG_ON(!transfer->easy);
	sw_transfer_prepare(transfer->easy, &config);
	sw_transfer_compose(transfer);
	return transfer;
}

static int finish(struct sw_transfer *transfer, struct sw_fetched *ret)
{
	curl_easy_cleanup(transfer->easy);
	*ret = transfer->fetched;
	return sw_transfer_result(ret->error);
}

int sw_http_call_now(const struct sw_fetch *request, struct sw_arena *arena, struct sw_fetched *ret)
{
	struct sw_fetch fetch = *request;
	sw_transfer_defaults(&fetch);
	fetch.trusted = true;
	struct sw_transfer *transfer = transfer_new(&fetch, arena);
	enum sw_fetch_error error = sw_transfer_begin(transfer);
	if (error)
		sw_transfer_fail(transfer, error);
	else
		sw_transfer_end(transfer, curl_easy_perform(transfer->easy));
	return finish(transfer, ret);
}

/* ---- replies that go on ---- */

struct follow {
	struct sw_transfer *transfer;
	bool (*on_bytes)(void *owner, struct sw_str bytes);
	void *owner;
	bool enough;
};

static size_t on_piece(char *bytes, size_t size, size_t n, void *data)
{
	struct follow *follow = data;
	struct sw_buf *body = &follow->transfer->body;
	struct sw_str piece = { bytes, size * n };
	long status = 0;
	curl_easy_getinfo(follow->transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200)
		follow->enough = !follow->on_bytes(follow->owner, piece);
	else if (body->n + piece.n <= follow->transfer->fetch->response_max_bytes)
		sw_buf_add_str(body, piece);
	return follow->enough ? 0 : piece.n;
}

int sw_http_follow_now(const struct sw_fetch *request, struct sw_arena *arena, int quiet_s,
		       bool (*on_bytes)(void *owner, struct sw_str bytes), void *owner, struct sw_fetched *ret)
{
	struct sw_fetch fetch = *request;
	sw_transfer_defaults(&fetch);
	fetch.trusted = true;
	struct sw_transfer *transfer = transfer_new(&fetch, arena);
	struct follow follow = { transfer, on_bytes, owner, false };
	enum sw_fetch_error error = sw_transfer_begin(transfer);
	if (error) {
		sw_transfer_fail(transfer, error);
		return finish(transfer, ret);
	}
	curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, 0L);
	curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_TIME, (long)quiet_s);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_piece);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, &follow);
	sw_transfer_end(transfer, curl_easy_perform(transfer->easy));
	int err = finish(transfer, ret);
	return follow.enough ? SW_ECANCELED : err;
}
