/*
 * product/listen/listen.h - an account's webhooks as a stream, for a developer's machine (docs/webhooks-local.md).
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "api/api.h"

extern const struct sw_module listen_module;

#endif
