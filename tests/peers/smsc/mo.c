#include "smsc.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 255, TEXT_MAX = 64 * 1024 };
enum split { SPLIT_UDH8, SPLIT_UDH16, SPLIT_SAR, SPLIT_PAYLOAD, SPLITS };

/* How long text becomes several deliver_sm; most: octets of text a part in GSM (an octet each septet), Latin-1, UCS-2.
 */
static const struct {
	const char *name;
	size_t most[3];
} splits[SPLITS] = {
	[SPLIT_UDH8] = { "udh8", { 153, 134, 134 } },
	[SPLIT_UDH16] = { "udh16", { 152, 133, 132 } },
	[SPLIT_SAR] = { "sar", { 153, 134, 134 } },
	[SPLIT_PAYLOAD] = { "payload", { TEXT_MAX, TEXT_MAX, TEXT_MAX } },
};

struct order {
	enum split split;
	long coding, reference, missing, twice;
	bool reversed;
	struct address from, to;
};

static int column_of(long coding)
{
	return coding == CODING_GSM ? 0 : coding == CODING_LATIN1 ? 1 : 2;
}

static void send_part(const struct order *o, const uint8_t *at, size_t n, unsigned number, unsigned total)
{
	struct buffer text = { 0 }, body = { 0 };
	bool parts = total > 1, udh = parts && (o->split == SPLIT_UDH8 || o->split == SPLIT_UDH16);
	if (udh) {
		bool wide = o->split == SPLIT_UDH16;
		put_u8(&text, wide ? 6 : 5);
		put_u8(&text, wide ? 8 : 0);
		put_u8(&text, wide ? 4 : 3);
		if (wide)
			put_u8(&text, (unsigned)o->reference >> 8);
		put_u8(&text, (unsigned)o->reference);
		put_u8(&text, total);
		put_u8(&text, number);
	}
	put_bytes(&text, at, n);
	deliver_body(&body, &o->from, &o->to, udh ? ESM_UDH : 0, (unsigned)o->coding, text.at, text.end - text.start);
	if (parts && o->split == SPLIT_SAR) {
		put_tlv(&body, TLV_SAR_REFERENCE, (uint8_t[]){ (uint8_t)(o->reference >> 8), (uint8_t)o->reference },
			2);
		put_tlv(&body, TLV_SAR_TOTAL, &(uint8_t){ (uint8_t)total }, 1);
		put_tlv(&body, TLV_SAR_NUMBER, &(uint8_t){ (uint8_t)number }, 1);
	}
	deliver(NULL, NULL, false, &body);
	buffer_free(&text);
	buffer_free(&body);
}

static int send_all(const struct order *o, const uint8_t *at, size_t n)
{
	static const size_t whole[] = { 160, 140, 140 };
	size_t starts[PARTS_MAX + 1];
	unsigned total = 0;
	size_t most = n <= whole[column_of(o->coding)] ? n : splits[o->split].most[column_of(o->coding)];
	for (size_t done = 0; done < n || !total; done += text_part(at + done, n - done, most, (unsigned)o->coding)) {
		if (total == PARTS_MAX)
			return -1;
		starts[total++] = done;
	}
	starts[total] = n;
	int sent = 0;
	for (unsigned i = 0; i < total; i++) {
		unsigned part = o->reversed ? total - 1 - i : i;
		if (part + 1 == o->missing)
			continue;
		for (int copy = 0; copy <= (part + 1 == o->twice); copy++, sent++)
			send_part(o, at + starts[part], starts[part + 1] - starts[part], part + 1, total);
	}
	return sent;
}

static bool order_word(struct order *o, const char *word)
{
	static const struct {
		const char *name;
		size_t offset;
	} numbers[] = {
		{ "coding=", offsetof(struct order, coding) },
		{ "ref=", offsetof(struct order, reference) },
		{ "missing=", offsetof(struct order, missing) },
		{ "twice=", offsetof(struct order, twice) },
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		size_t n = strlen(numbers[i].name);
		if (strncmp(word, numbers[i].name, n) == 0) {
			long v = strtol(word + n, NULL, 0);
			memcpy((char *)o + numbers[i].offset, &v, sizeof v);
			return true;
		}
	}
	for (int i = 0; strncmp(word, "split=", 6) == 0 && i < SPLITS; i++) {
		if (strcmp(word + 6, splits[i].name) == 0) {
			o->split = (enum split)i;
			return true;
		}
	}
	if (strcmp(word, "order=reversed") == 0)
		return (o->reversed = true);
	return false;
}

/* \n and \\ of the command line. */
static void unescape(char *text)
{
	char *to = text;
	for (; *text; text++) {
		if (*text == '\\' && (text[1] == 'n' || text[1] == '\\' || text[1] == 'r'))
			*to++ = *++text == 'n' ? '\n' : *text == 'r' ? '\r' : '\\';
		else
			*to++ = *text;
	}
	*to = 0;
}

static bool addresses(struct order *o, char **words)
{
	char *from = strsep(words, " "), *to = strsep(words, " ");
	if (!from || !to)
		return false;
	o->from = address_of(from);
	o->to = address_of(to);
	return true;
}

int mo_text(char *words, const char **why)
{
	static long reference;
	struct order o = { .coding = -1, .reference = ++reference & 0xFF };
	*why = "mot FROM TO [split=udh8|udh16|sar|payload] [coding=0|3|8] [ref=N] [missing=N] [twice=N] "
	       "[order=reversed] TEXT";
	if (!addresses(&o, &words))
		return -1;
	for (char *space; words && (space = strchr(words, ' ')); words = space + 1) {
		*space = 0;
		if (order_word(&o, words))
			continue;
		*space = ' ';
		break;
	}
	if (!words)
		return -1;
	unescape(words);
	struct buffer text = { 0 };
	*why = "the text has characters that this coding has not";
	bool fits = o.coding >= 0 && text_encode(&text, words, (unsigned)o.coding);
	for (int i = 0; o.coding < 0 && !fits && i < 2; i++)
		if ((fits = text_encode(&text, words, i ? CODING_UCS2 : CODING_GSM)))
			o.coding = i ? CODING_UCS2 : CODING_GSM;
	int sent = fits ? send_all(&o, text.at + text.start, text.end - text.start) : -1;
	buffer_free(&text);
	return sent;
}

static bool put_hex(struct buffer *b, const char *hex)
{
	for (; hex[0]; hex += 2) {
		unsigned v;
		if (!hex[1] || sscanf(hex, "%2x", &v) != 1)
			return false;
		put_u8(b, v);
	}
	return true;
}

int mo_raw(char *words, const char **why)
{
	struct order o = { 0 };
	struct buffer text = { 0 }, body = { 0 };
	*why = "mo FROM TO data_coding esm_class HEX|- [TLVHEX]";
	if (!addresses(&o, &words))
		return -1;
	const char *coding = strsep(&words, " "), *esm_class = strsep(&words, " "), *hex = strsep(&words, " ");
	if (!hex || (*hex != '-' && !put_hex(&text, hex)))
		return -1;
	deliver_body(&body, &o.from, &o.to, (unsigned)strtoul(esm_class, NULL, 0), (unsigned)strtoul(coding, NULL, 0),
		     text.at, text.end - text.start);
	bool sent = (!words || put_hex(&body, words)) && deliver(NULL, NULL, false, &body);
	buffer_free(&text);
	buffer_free(&body);
	return sent ? 1 : -1;
}
