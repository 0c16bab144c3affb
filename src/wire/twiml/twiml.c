#include "wire/twiml/twiml.h"

#include <expat.h>

#include "base/arena.h"
#include "base/buf.h"

struct reading {
	XML_Parser parser;
	struct sw_arena *arena;
	struct sw_twiml **tail[SW_TWIML_DEPTH]; /* where the next child goes */
	struct sw_twiml *root;
	unsigned depth, elements;
	struct sw_buf text; /* what was read since the last tag */
	unsigned text_line, text_column;
	struct sw_twiml_fault *fault;
	bool failed;
};

static void fail(struct reading *r, enum sw_twiml_fault_kind kind, const char *why)
{
	if (r->failed)
		return;
	r->failed = true;
	*r->fault = (struct sw_twiml_fault){ kind, (unsigned)XML_GetCurrentLineNumber(r->parser),
					     (unsigned)XML_GetCurrentColumnNumber(r->parser) + 1, why };
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static struct sw_twiml *add_node(struct reading *r, unsigned line, unsigned column)
{
	struct sw_twiml *node = SW_ARENA_NEW(r->arena, struct sw_twiml);
	node->line = line;
	node->column = column;
	if (r->depth) {
		*r->tail[r->depth - 1] = node;
		r->tail[r->depth - 1] = &node->next;
	}
	return node;
}

static void end_text(struct reading *r)
{
	if (!r->text.n)
		return;
	struct sw_twiml *node = add_node(r, r->text_line, r->text_column);
	node->text = sw_str_dup(r->arena, sw_buf_str(&r->text));
	r->text.n = 0;
}

static void read_attributes(struct reading *r, struct sw_twiml *node, const XML_Char **pairs)
{
	unsigned n = 0;
	while (pairs[2 * n])
		n++;
	if (n > SW_TWIML_ATTRIBUTES) {
		fail(r, SW_TWIML_TOO_MUCH, "an element has too many attributes");
		return;
	}
	struct sw_twiml_attribute *attributes = SW_ARENA_ARRAY(r->arena, struct sw_twiml_attribute, n);
	for (unsigned i = 0; i < n; i++) {
		attributes[i].name = sw_str_dup(r->arena, sw_str_of(pairs[2 * i]));
		attributes[i].value = sw_str_dup(r->arena, sw_str_of(pairs[2 * i + 1]));
	}
	node->attributes = attributes;
	node->attributes_n = n;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **pairs)
{
	struct reading *r = data;
	if (r->failed)
		return;
	if (r->depth == 0 && strcmp(name, "Response") != 0) {
		fail(r, SW_TWIML_ROOT, "the root element is not <Response>");
		return;
	}
	if (r->depth == SW_TWIML_DEPTH || ++r->elements > SW_TWIML_ELEMENTS) {
		fail(r, SW_TWIML_TOO_MUCH,
		     r->depth == SW_TWIML_DEPTH ? "elements are nested too deeply" : "there are too many elements");
		return;
	}
	end_text(r);
	struct sw_twiml *node = add_node(r, (unsigned)XML_GetCurrentLineNumber(r->parser),
					 (unsigned)XML_GetCurrentColumnNumber(r->parser) + 1);
	node->name = sw_str_dup(r->arena, sw_str_of(name));
	read_attributes(r, node, pairs);
	if (!r->depth)
		r->root = node;
	r->tail[r->depth++] = &node->child;
}

static void on_end(void *data, const XML_Char *name)
{
	struct reading *r = data;
	(void)name;
	if (r->failed)
		return;
	end_text(r);
	r->depth--;
}

static void on_text(void *data, const XML_Char *text, int n)
{
	struct reading *r = data;
	if (r->failed || !r->depth)
		return;
	if (!r->text.n) {
		r->text_line = (unsigned)XML_GetCurrentLineNumber(r->parser);
		r->text_column = (unsigned)XML_GetCurrentColumnNumber(r->parser) + 1;
	}
	sw_buf_add(&r->text, text, (size_t)n);
}

/* Refused before it could define an entity. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(data, SW_TWIML_DOCTYPE, "a document type is not allowed");
}

int sw_twiml_parse(struct sw_arena *arena, struct sw_str document, const struct sw_twiml **ret,
		   struct sw_twiml_fault *ret_fault)
{
	struct reading r = { .arena = arena, .text = { .arena = arena }, .fault = ret_fault };
	if (document.n > SW_TWIML_BYTES) {
		*ret_fault = (struct sw_twiml_fault){ SW_TWIML_TOO_MUCH, 1, 1, "the document is too large" };
		return SW_EINVAL;
	}
	r.parser = XML_ParserCreate(NULL);
	SW_BUG_ON(!r.parser);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	enum XML_Status status = XML_Parse(r.parser, document.n ? document.p : "", (int)document.n, 1);
	if (status != XML_STATUS_OK && !r.failed)
		fail(&r, SW_TWIML_MALFORMED, XML_ErrorString(XML_GetErrorCode(r.parser)));
	XML_ParserFree(r.parser);
	*ret = r.root;
	return r.failed ? SW_EINVAL : 0;
}

struct sw_str sw_twiml_get(const struct sw_twiml *element, const char *name)
{
	for (unsigned i = 0; i < element->attributes_n; i++)
		if (sw_str_is(element->attributes[i].name, name))
			return element->attributes[i].value;
	return SW_STR_NULL;
}

struct sw_str sw_twiml_text(struct sw_arena *arena, const struct sw_twiml *element)
{
	struct sw_buf text = { .arena = arena };
	for (const struct sw_twiml *node = element->child; node; node = node->next)
		if (!node->name.p)
			sw_buf_add_str(&text, node->text);
	return sw_buf_str(&text);
}
